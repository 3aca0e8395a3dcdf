// A machine whose time passes when a test says so, and tabs that live in one process.

/** Let everything that is ready happen: promises, streams, messages. */
export async function settle(turns = 12) {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((done) => setImmediate(done));
}

/** Wait for something that real sockets bring; the bound is generous and only ends a test that has failed. */
export async function until(condition, what = String(condition)) {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 2));
  }
}

export class Time {
  wall = Date.UTC(2026, 0, 31, 9, 0, 0);
  steady = 1_000;
  #timers = new Set();
  #count = 0;

  moment = () => ({ wall: this.wall, steady: this.steady });

  later = (call, ms) => {
    const timer = { call, due: this.steady + Math.max(0, ms), number: (this.#count += 1) };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  get waiting() {
    return this.#timers.size;
  }

  /** Let time pass, timer by timer. */
  async pass(ms) {
    const end = this.steady + ms;
    await settle();
    for (;;) {
      const [next] = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due || a.number - b.number);
      if (!next) break;
      this.#timers.delete(next);
      this.#move(Math.max(0, next.due - this.steady));
      next.call();
      await settle();
    }
    this.#move(end - this.steady);
  }

  /** The machine sleeps: the wall's clock goes on, the other and its timers do not. */
  sleep(ms) {
    this.wall += ms;
  }

  /** Nothing runs, on a machine both clocks of which go on: what is due comes late. */
  stand(ms) {
    this.#move(ms);
  }

  #move(ms) {
    this.steady += ms;
    this.wall += ms;
  }
}

/** One tab; several may share time, locks and channels. */
export class Tab {
  hidden = false;
  frozen = false;
  chance = 0.5;
  fetches = [];
  #watchers = new Set();

  constructor({ time = new Time(), fetch = () => Promise.reject(new TypeError('no network')), socket, locks, channels } = {}) {
    this.time = time;
    this.moment = time.moment;
    this.locks = locks && { request: (...all) => this.#ask(locks, ...all) };
    this.answer = fetch;
    this.connect = socket;
    this.channels = channels;
  }

  // A tab that is frozen runs nothing: what is due comes when it thaws.
  #backlog = [];

  run = (call) => {
    if (this.frozen) this.#backlog.push(call);
    else call();
  };

  #ask(locks, name, options, callback) {
    return new Promise((resolve, reject) => {
      locks.request(name, options, (lock) => new Promise((end) => this.run(() => end(callback(lock)))))
        .then((value) => this.run(() => resolve(value)), (error) => this.run(() => reject(error)));
    });
  }

  // One that is due in a frozen tab can still be stopped.
  later = (call, ms) => {
    let stopped = false;
    const stop = this.time.later(() => this.run(() => stopped || call()), ms);
    return () => {
      stopped = true;
      stop();
    };
  };

  random = () => (typeof this.chance === 'function' ? this.chance() : this.chance);

  visible = () => !this.hidden;

  watch = (hear) => {
    this.#watchers.add(hear);
    return () => this.#watchers.delete(hear);
  };

  fetch = (url, init) => {
    this.fetches.push({ url: new URL(url), headers: new Headers(init.headers), signal: init.signal, at: this.time.steady });
    return this.answer(url, init);
  };

  socket = (url) => {
    if (!this.connect) throw new Error('no WebSocket');
    return this.connect(url);
  };

  channel = (name) => this.channels?.open(name, this.run);

  /** Something happens to the tab. */
  sign(sign) {
    if (sign === 'visible') this.hidden = false;
    if (sign === 'hidden') this.hidden = true;
    for (const hear of [...this.#watchers]) hear(sign);
  }

  thaw() {
    this.frozen = false;
    for (const call of this.#backlog.splice(0)) call();
  }
}

/** Web Locks as their standard has them, for exclusive locks. */
export class Locks {
  #held = new Map();
  #queues = new Map();

  request = (name, options, callback) => new Promise((resolve, reject) => {
    const { steal = false, signal } = options;
    if (steal && signal) {
      reject(new DOMException('steal and signal', 'NotSupportedError'));
      return;
    }
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const wish = { callback, resolve, reject };
    const queue = this.#queue(name);
    if (steal) {
      const holder = this.#held.get(name);
      this.#held.delete(name);
      holder?.reject(new DOMException('stolen', 'AbortError'));
      queue.unshift(wish);
    } else queue.push(wish);
    signal?.addEventListener('abort', () => {
      const place = queue.indexOf(wish);
      if (place < 0) return;
      queue.splice(place, 1);
      reject(signal.reason);
    });
    this.#next(name);
  });

  #queue(name) {
    if (!this.#queues.has(name)) this.#queues.set(name, []);
    return this.#queues.get(name);
  }

  #next(name) {
    setImmediate(() => {
      if (this.#held.has(name)) return;
      const wish = this.#queue(name).shift();
      if (!wish) return;
      this.#held.set(name, wish);
      const release = () => {
        if (this.#held.get(name) === wish) this.#held.delete(name);
        this.#next(name);
      };
      Promise.resolve().then(() => wish.callback({ name, mode: 'exclusive' }))
        .then(wish.resolve, wish.reject).finally(release);
    });
  }
}

/** BroadcastChannels of one origin: what is posted is copied, and comes to all others in order. */
export class Channels {
  /** Whether a message is lost on its way to a tab, known by its `run`. */
  lose = (message, run) => void [message, run];
  #open = new Set();

  open(name, run = (call) => call()) {
    const channel = {
      name,
      onmessage: null,
      postMessage: (message) => {
        if (!this.#open.has(channel)) throw new DOMException('closed', 'InvalidStateError');
        for (const other of this.#open) {
          if (other === channel || other.name !== name || this.lose(message, other.run)) continue;
          const data = structuredClone(message);
          setImmediate(() => other.run(() => this.#open.has(other) && other.onmessage?.({ data })));
        }
      },
      close: () => this.#open.delete(channel),
      run,
    };
    this.#open.add(channel);
    return channel;
  }
}
