/* Many readers of one event stream, and the publisher that feeds it, in one epoll loop.
 *
 * Every published payload carries the moment it was meant to be published (CLOCK_MONOTONIC, ns)
 * behind two at-signs; a reader that finds it again knows what the delivery took. Open-loop runs
 * stamp the intended moment, so a server that makes the publisher wait cannot hide it.
 *
 *   reader PORT SUBSCRIBE_PATH PUBLISH_PATH READERS STALLED PAYLOAD_BYTES KEYS
 *
 * Speaks lines: prints "ready", then answers each command with one line of JSON.
 *   closed SECONDS            publish as soon as every reader has the previous event
 *   open RATE SECONDS DRAIN   publish RATE a second; wait at most DRAIN seconds for the rest
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MARK = 22, BUFFER = 1 << 17, PUBLISHERS = 16, SUB = 128, BUCKETS = SUB * 48, SECOND = 1000000000 };

struct reader { int fd; int carried; bool answered; char carry[MARK]; };
struct publisher { int fd; bool busy; int got; char answer[4096]; };

static struct reader *readers;
static struct publisher publishers[PUBLISHERS];
static int count, stalled, open_readers, answered, payload, keys, port, poll_fd, timer_fd;
static const char *subscribe_path, *publish_path;
static char buffer[MARK + BUFFER];

static uint64_t histogram[BUCKETS], started, current, deliveries, events, bytes, worst;
static int arrived, refused;

static void die(const char *what) { perror(what); exit(1); }

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* Buckets are exact below SUB and then keep seven significant bits: an error below 0.8 %. */
static int bucket_of(uint64_t value) {
    if (value < SUB) return (int)value;
    int shift = 63 - __builtin_clzll(value) - 7;
    int index = (shift + 1) * SUB + (int)((value >> shift) - SUB);
    return index < BUCKETS ? index : BUCKETS - 1;
}

static uint64_t upper_bound_of(int index) {
    if (index < SUB) return (uint64_t)index;
    int shift = index / SUB - 1;
    return (((uint64_t)(SUB + index % SUB) + 1) << shift) - 1;
}

static void forget(void) {
    memset(histogram, 0, sizeof histogram);
    deliveries = events = bytes = worst = current = 0;
    arrived = refused = 0;
    started = now();
}

static void watch(int fd, uint64_t id) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = id};
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static int dial(bool small) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, little = 4096;
    if (fd < 0) die("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (small) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) die("connect");
    return fd;
}

static void subscribe(struct reader *reader, bool small) {
    char request[1024];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n",
                          subscribe_path, port);
    reader->fd = dial(small);
    if (write(reader->fd, request, (size_t)length) != length) die("subscribe");
}

static bool publish(uint64_t stamp) {
    for (int i = 0; i < PUBLISHERS; i++) {
        struct publisher *publisher = &publishers[i];
        if (publisher->busy) continue;
        char body[65536], request[66560];
        int length = snprintf(body, sizeof body, "{\"key\":\"load/pod-%05d\",\"mark\":\"@@%020llu\",\"pad\":\"",
                              (int)(events % (uint64_t)keys), (unsigned long long)stamp);
        memset(body + length, 'x', (size_t)(payload - length - 2));
        memcpy(body + payload - 2, "\"}", 2);
        length = snprintf(request, sizeof request,
                          "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
                          "Content-Length: %d\r\n\r\n%.*s", publish_path, port, payload, payload, body);
        publisher->busy = true;
        publisher->got = 0;
        events++;
        current = stamp;
        arrived = 0;
        if (write(publisher->fd, request, (size_t)length) != length) die("publish");
        return true;
    }
    return false;
}

/* Is the answer whole? A body is measured by Content-Length or ends with the empty chunk. */
static bool complete(struct publisher *publisher) {
    publisher->answer[publisher->got] = 0;
    char *end = strstr(publisher->answer, "\r\n\r\n");
    if (!end) return false;
    char *length = strcasestr(publisher->answer, "\r\ncontent-length:");
    if (length && length < end) return publisher->got >= (end + 4 - publisher->answer) + atoi(length + 17);
    if (strcasestr(publisher->answer, "\r\ntransfer-encoding: chunked")) return strstr(end, "0\r\n\r\n") != NULL;
    return true;
}

static void hear_answer(struct publisher *publisher) {
    ssize_t got = read(publisher->fd, publisher->answer + publisher->got,
                       sizeof publisher->answer - 1 - (size_t)publisher->got);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) { fprintf(stderr, "the server closed the publisher's connection\n"); exit(1); }
    publisher->got += (int)got;
    if (!complete(publisher)) return;
    if (publisher->answer[9] != '2') {
        if (!refused++) fprintf(stderr, "publishing was refused: %.60s\n", publisher->answer);
    }
    publisher->busy = false;
}

static void count_mark(const char *digits, uint64_t moment) {
    uint64_t stamp = 0;
    for (int i = 0; i < 20; i++) {
        if (digits[i] < '0' || digits[i] > '9') return;
        stamp = stamp * 10 + (uint64_t)(digits[i] - '0');
    }
    if (stamp < started) return; /* of an earlier run, or from a snapshot */
    uint64_t took = moment - stamp;
    histogram[bucket_of(took)]++;
    if (took > worst) worst = took;
    deliveries++;
    if (stamp == current) arrived++;
}

static void hear(struct reader *reader) {
    char *text = buffer + MARK - reader->carried;
    memcpy(text, reader->carry, (size_t)reader->carried);
    ssize_t got = read(reader->fd, buffer + MARK, BUFFER);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
        close(reader->fd);
        open_readers--;
        return;
    }
    if (!reader->answered) {
        reader->answered = true;
        answered++;
        if (got < 12 || memcmp(text + 9, "200", 3)) { fprintf(stderr, "subscribing: %.60s\n", text); exit(1); }
    }
    bytes += (uint64_t)got;
    uint64_t moment = now();
    char *end = buffer + MARK + got, *at = text;
    while ((at = memchr(at, '@', (size_t)(end - at)))) {
        if (end - at < MARK) break;
        if (at[1] != '@') { at++; continue; }
        count_mark(at + 2, moment);
        at += MARK;
    }
    reader->carried = at ? (int)(end - at) : 0;
    if (at) memcpy(reader->carry, at, (size_t)reader->carried);
}

static void turn(int timeout_ms) {
    static struct epoll_event ready[512];
    int n = epoll_wait(poll_fd, ready, 512, timeout_ms);
    for (int i = 0; i < n; i++) {
        uint64_t id = ready[i].data.u64, ticks;
        if (id < (uint64_t)count) hear(&readers[id]);
        else if (id < (uint64_t)(count + PUBLISHERS)) hear_answer(&publishers[id - (uint64_t)count]);
        else if (read(timer_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN) die("timer");
    }
}

static void report(uint64_t expected, uint64_t until) {
    printf("{\"events\":%llu,\"deliveries\":%llu,\"expected\":%llu,\"seconds\":%.6f,\"bytes\":%llu,\"worst\":%llu,"
           "\"closed\":%d,\"refused\":%d,\"histogram\":[",
           (unsigned long long)events, (unsigned long long)deliveries, (unsigned long long)expected,
           (double)(until - started) / SECOND, (unsigned long long)bytes, (unsigned long long)worst,
           count - stalled - open_readers, refused);
    const char *comma = "";
    for (int i = 0; i < BUCKETS; i++) {
        if (!histogram[i]) continue;
        printf("%s[%llu,%llu]", comma, (unsigned long long)upper_bound_of(i), (unsigned long long)histogram[i]);
        comma = ",";
    }
    puts("]}");
    fflush(stdout);
}

static void run_closed(double seconds) {
    forget();
    uint64_t end = started + (uint64_t)(seconds * SECOND), patience = 10ULL * SECOND;
    uint64_t expected = 0;
    do {
        while (!publish(now())) turn(10);
        expected += (uint64_t)open_readers;
        while (arrived < open_readers && now() - current < patience) turn(10);
    } while (now() < end && arrived >= open_readers);
    report(expected, now());
}

static void run_open(double rate, double seconds, double drain) {
    forget();
    uint64_t step = (uint64_t)(SECOND / rate), due = started, end = started + (uint64_t)(seconds * SECOND);
    uint64_t given_up = end + (uint64_t)(drain * SECOND), moment;
    struct itimerspec beat = {{(time_t)(step / SECOND), (long)(step % SECOND)},
                              {(time_t)(step / SECOND), (long)(step % SECOND)}};
    if (timerfd_settime(timer_fd, 0, &beat, NULL)) die("timerfd_settime");
    while ((moment = now()) < given_up) {
        while (due <= moment && due < end && publish(due)) due += step;
        if (due >= end && deliveries >= events * (uint64_t)open_readers) break;
        turn(100);
    }
    memset(&beat, 0, sizeof beat);
    timerfd_settime(timer_fd, 0, &beat, NULL);
    uint64_t intended = (end - started + step - 1) / step;
    report(intended * (uint64_t)open_readers, now());
}

int main(int argc, char **argv) {
    if (argc != 8) { fprintf(stderr, "usage: reader PORT SUBSCRIBE PUBLISH READERS STALLED PAYLOAD KEYS\n"); return 2; }
    port = atoi(argv[1]);
    subscribe_path = argv[2];
    publish_path = argv[3];
    count = atoi(argv[4]);
    stalled = atoi(argv[5]);
    payload = atoi(argv[6]);
    keys = atoi(argv[7]);
    if (count < 1 || stalled < 0 || stalled >= count || payload < 100 || payload > 60000 || keys < 1) return 2;
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    readers = calloc((size_t)count, sizeof *readers);
    if (poll_fd < 0 || timer_fd < 0 || !readers) die("start");
    watch(timer_fd, (uint64_t)(count + PUBLISHERS));
    for (int i = 0; i < PUBLISHERS; i++) {
        publishers[i].fd = dial(false);
        watch(publishers[i].fd, (uint64_t)(count + i));
    }
    /* The stalled ones come first, so that they are served by the time the others are ready. */
    for (int i = 0; i < count; i++) {
        subscribe(&readers[i], i < stalled);
        if (i >= stalled) watch(readers[i].fd, (uint64_t)i);
    }
    open_readers = count - stalled;
    uint64_t patience = now() + 30ULL * SECOND;
    while (answered < open_readers && now() < patience) turn(100);
    if (answered < open_readers) { fprintf(stderr, "only %d of %d readers were answered\n", answered, open_readers); return 1; }
    puts("ready");
    fflush(stdout);

    char line[256];
    double rate, seconds, drain;
    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "closed %lf", &seconds) == 1) run_closed(seconds);
        else if (sscanf(line, "open %lf %lf %lf", &rate, &seconds, &drain) == 3) run_open(rate, seconds, drain);
        else break;
    }
    return 0;
}
