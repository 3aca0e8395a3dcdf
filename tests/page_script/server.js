// A server that speaks watchglass.stream/1 as docs/stream.md has it, and does what a test tells it to.

import http from 'node:http';

const encoder = new TextEncoder();

export function frame(event, data, id) {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}

export class Server {
  seq = 0;
  readers = new Set();
  asked = [];
  retryMs = 1_000;
  heartbeatMs = 10_000;
  /** Answers in place of a stream where it returns something. */
  refuse = () => undefined;
  /** Whether a reader that comes is given anything. */
  mute = false;
  /** Whether there is no room for one more. */
  full = false;

  constructor({ time, epoch = 'aaaaaaaaaa', topics = ['pods', 'cronjobs'] } = {}) {
    this.time = time;
    this.epoch = epoch;
    this.entries = new Map(topics.map((topic) => [topic, new Map()]));
    this.synced = new Map(topics.map((topic) => [topic, true]));
  }

  get id() {
    return `${this.epoch}-${this.seq}`;
  }

  get serverTime() {
    return new Date(this.time ? this.time.wall : Date.now()).toISOString();
  }

  /** What a reader of `topic` should hold. */
  values(topic, namespaces) {
    return Object.fromEntries([...this.entries.get(topic)].filter(([key, { value }]) => value && shown(key, namespaces))
      .map(([key, { value }]) => [key, value]).sort());
  }

  change(...changes) {
    for (const [topic, key, value] of changes) {
      this.seq += 1;
      this.entries.get(topic).set(key, { value, seq: this.seq });
    }
    const since = this.seq - changes.length;
    for (const reader of this.readers) this.#changes(reader, since);
  }

  #changes(reader, since) {
    const changes = [];
    let last = 0;
    for (const topic of reader.topics) {
      for (const [key, { value, seq }] of this.entries.get(topic)) {
        if (seq <= since || !shown(key, reader.namespaces)) continue;
        last = Math.max(last, seq);
        changes.push([seq, value ? { topic, key, op: 'upsert', value } : { topic, key, op: 'remove' }]);
      }
    }
    if (!changes.length) return;
    reader.given = last;
    reader.send('change', { changes: changes.sort(([a], [b]) => a - b).map(([, change]) => change) }, `${this.epoch}-${last}`);
  }

  beat() {
    const { serverTime } = this;
    for (const reader of this.readers) {
      const sources = Object.fromEntries(reader.topics.map((topic) => [`${topic}/a`, { state: 'live', ageMs: 7 }]));
      reader.send('heartbeat', { serverTime, seq: reader.given, sources });
    }
  }

  snapshot(reader, topics = reader.topics, parts = 1) {
    for (const topic of topics) {
      const items = Object.entries(this.values(topic, reader.namespaces)).map(([key, value]) => ({ key, value }));
      const size = Math.ceil(items.length / parts) || 1;
      for (let part = 0; part < parts; part += 1) {
        const last = topic === topics.at(-1) && part === parts - 1;
        const data = { topic, part, parts, synced: this.synced.get(topic), items: items.slice(part * size, (part + 1) * size) };
        reader.send('snapshot', data, last ? this.id : undefined);
      }
    }
  }

  greet(reader, cursor) {
    const [epoch, seq] = (cursor ?? '').split('-');
    const reason = !cursor ? 'fresh' : epoch !== this.epoch ? 'epoch' : Number(seq) > this.seq ? 'ahead' : 'resumed';
    const { serverTime, heartbeatMs, retryMs } = this;
    reader.send('hello', {
      schema: 'watchglass.stream/1', epoch: this.epoch, resumed: reason === 'resumed', reason, serverTime, heartbeatMs,
      staleAfterMs: 30_000, retryMs, topics: reader.topics, build: 'test',
    });
    reader.reason = reason;
    reader.given = this.seq;
    if (reason === 'resumed') this.#changes(reader, Number(seq));
    else this.snapshot(reader);
    this.readers.add(reader);
  }

  sendAway(reader) {
    const { epoch, serverTime, heartbeatMs } = this;
    reader.send('hello', {
      schema: 'watchglass.stream/1', epoch, resumed: false, reason: 'fresh', serverTime, heartbeatMs,
      staleAfterMs: 30_000, retryMs: 15_000, topics: reader.topics, build: 'test',
    });
    reader.send('goodbye', { reason: 'limit', retryMs: 15_000 });
    reader.end();
  }

  goodbye(reason, retryMs) {
    for (const reader of [...this.readers]) {
      reader.send('goodbye', { reason, retryMs });
      reader.end();
    }
  }

  cut() {
    for (const reader of [...this.readers]) reader.end();
  }

  /** Another life of the process, with nothing in it. */
  restart(epoch) {
    this.cut();
    this.epoch = epoch;
    this.seq = 0;
    for (const entries of this.entries.values()) entries.clear();
  }

  #reader(url, headers, sink) {
    const list = (name) => url.searchParams.get(name)?.split(',');
    const reader = {
      topics: list('topics') ?? [...this.entries.keys()],
      namespaces: list('namespace'),
      send: (event, data, id) => sink.write(frame(event, data, id)),
      write: sink.write,
      end: () => {
        this.readers.delete(reader);
        sink.end();
      },
    };
    this.asked.push({ url, headers, reader });
    if (this.full) this.sendAway(reader);
    else if (!this.mute) this.greet(reader, headers.get('last-event-id') ?? url.searchParams.get('since'));
    return reader;
  }

  /** The way to it for a tab, without sockets: a real Response of a stream. */
  toward(tab) {
    return async (url, { headers, signal }) => {
      const refusal = this.refuse(url);
      if (refusal) return refusal;
      let reader;
      const body = new ReadableStream({
        start: (controller) => {
          let open = true;
          const sink = {
            write: (text) => tab.run(() => open && controller.enqueue(encoder.encode(text))),
            end: () => tab.run(() => {
              if (open) controller.close();
              open = false;
            }),
          };
          reader = this.#reader(new URL(url), new Headers(headers), sink);
          signal.addEventListener('abort', () => {
            if (open) controller.error(signal.reason);
            open = false;
            this.readers.delete(reader);
          });
        },
      });
      return new Response(body, { headers: { 'content-type': 'text/event-stream; charset=utf-8' } });
    };
  }

  /** On a socket of 127.0.0.1. */
  async listen(port = 0) {
    this.http = http.createServer((request, response) => {
      const url = new URL(request.url, 'http://127.0.0.1');
      const refusal = this.refuse(url, response);
      if (refusal) return;
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
      response.flushHeaders();
      const sink = { write: (text) => response.write(text), end: () => response.end() };
      const reader = this.#reader(url, new Headers(request.headers), sink);
      request.on('close', () => this.readers.delete(reader));
      response.on('close', () => this.readers.delete(reader));
    });
    await new Promise((done) => this.http.listen(port, '127.0.0.1', done));
    this.port = this.http.address().port;
    return `http://127.0.0.1:${this.port}/`;
  }

  async close() {
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }
}

function shown(key, namespaces) {
  return !namespaces || namespaces.includes(key.split('/')[0]);
}
