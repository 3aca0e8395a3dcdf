/* The limit: what the kernel alone costs. One epoll loop that answers subscribers and sends each
 * published body, framed once, to all of them. It has no lag handling, no resume and no HTTP
 * beyond what the benchmark's reader sends: nothing that does more can be faster.
 *
 *   limit PORT
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 65536, REQUEST = 70000 };

static int subscribers[CONNECTIONS], count;
static char request[REQUEST + 1], frame[REQUEST + 64];

static void say(int fd, const char *text) {
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0) perror("answer");
}

static void fan_out(const char *body, int length) {
    int size = length + 8; /* "data: " and the empty line */
    int framed = snprintf(frame, sizeof frame, "%x\r\ndata: %.*s\n\n\r\n", size, length, body);
    for (int i = 0; i < count; i++) {
        if (send(subscribers[i], frame, (size_t)framed, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN) {
            close(subscribers[i]);
            subscribers[i--] = subscribers[--count];
        }
    }
}

/* A publisher writes its request in one piece; what is missing of it follows at once. */
static void serve(int fd) {
    ssize_t got = read(fd, request, REQUEST);
    if (got <= 0) { close(fd); return; }
    request[got] = 0;
    if (!strncmp(request, "GET ", 4)) {
        say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        if (count < CONNECTIONS) subscribers[count++] = fd;
        return;
    }
    char *body = strstr(request, "\r\n\r\n"), *length = strcasestr(request, "\r\ncontent-length:");
    if (!body || !length) { close(fd); return; }
    body += 4;
    int size = atoi(length + 17);
    while (request + got < body + size) {
        ssize_t more = read(fd, request + got, (size_t)(REQUEST - got));
        if (more <= 0) { close(fd); return; }
        got += more;
    }
    fan_out(body, size);
    say(fd, "HTTP/1.1 204 No Content\r\n\r\n");
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1])),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, poll_fd = epoll_create1(0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) { perror("listen"); return 1; }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int n = epoll_wait(poll_fd, ready, 256, -1);
        for (int i = 0; i < n; i++) {
            if (ready[i].data.fd != listener) { serve(ready[i].data.fd); continue; }
            int fd = accept(listener, NULL, NULL);
            if (fd < 0) continue;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            event.data.fd = fd;
            epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
        }
    }
}
