// One connection to the server: kept, judged by its events, and made again when it is lost.

import { Teller } from './teller.js';
import { browser, since, stood } from './machine.js';
import { parseId } from './messages.js';
import { Delay, Pace } from './pace.js';
import { lost } from './store.js';
import { heldBack, overFetch, overSocket } from './transports.js';
import { covers } from './views.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Sign} Sign */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./transports.js').End} End */
/** @typedef {{status: number, error: string, reason: string}} Problem what a server answers that refuses */
/**
 * Why there is no connection. `network` nothing answered; `silent` no hello in time; `quiet` no event in
 * time; `cut` it ended without goodbye; `refused` a status (see problem); `busy` 429 or 503 and a time; `not_a_stream` an answer of something else; `garbled` not the protocol; `loss` something did
 * not reach us; `drain`, `limit`, `auth_expired`, `revoked` a goodbye; `unauthorized`, `forbidden` 401 and
 * 403; `view` another choice; `woken` the tab was away, or its machine slept; `asked` retryNow; `joining` another tab has not
 * answered yet; `stopped`.
 * @typedef {string} Reason
 */
/**
 * @typedef {object} LinkDetail
 * @property {'connecting' | 'open' | 'closed' | 'ended'} state an attempt runs; hello has come; waiting for the
 *   next attempt; no more attempts unless `retryNow`
 * @property {Reason} reason `''` for open and for the first attempt
 * @property {number} [nextTryMs] from the time of the event to the next attempt
 * @property {Problem} [problem]
 * @property {'sse' | 'ws'} [transport]
 */
/**
 * @typedef {object} Options
 * @property {string | URL} base the root of the application, under which `api/stream` is
 * @property {string[]} topics none = all that we may read
 * @property {string[] | null} [namespaces] null or left out: all that are watched
 * @property {() => Record<string, string> | Promise<Record<string, string>>} [headers] asked before each attempt
 * @property {Machine} [machine]
 * @property {string} [since] the id of the last event of the same choice that we have
 */
/**
 * @typedef {object} Attempt
 * @property {() => void} leave
 * @property {Moment} at
 * @property {Moment | undefined} openAt when hello came
 * @property {boolean} beaten whether a heartbeat has come: nothing on the way holds them back
 */

// An attempt without hello is given up. So much may also be held up the first time without our knowing: it is all that we
// have to measure by. No state hangs on it (late is 15 s), and to suspect each slow handshake would make good streams look late.
const HELLO_MS = 4_000;
const BEATS = 2.5; // without an event a connection is given up
const WOKEN_BEATS = 1.5; // the same when the tab comes back from wherever it was
const PULSE_MS = 1_000; // by so much we know that we run
const STOOD_MS = 5_000; // who did not run for longer cannot tell new from old: a third of what is late
const LIMIT_MS = 15_000; // to wait where there is no room, if nobody says
const LONGEST_WAIT_MS = 600_000; // whatever a server says
const AGAIN_MS = 1_000; // between attempts that the tab's coming and going causes
const MISSES = 2; // in a row, then the other transport has its turn

const ENDS = new Set(['auth_expired', 'revoked', 'unauthorized', 'forbidden']);
const DISTRUSTED = new Set(['loss', 'garbled']);

/**
 * Tells `message` with each Message of the protocol, checked, and `link` with a LinkDetail.
 * @extends {Teller<{message: Message, link: LinkDetail}>}
 */
export class Stream extends Teller {
  /** @type {LinkDetail} the last that was told */
  link = { state: 'closed', reason: 'stopped' };
  #machine;
  #base;
  #headers;
  /** @type {View} */
  #wish;
  /** @type {View} what the cursor was got with */
  #got;
  /** @type {string | undefined} */
  #cursor;
  #epoch = '';
  #beatMs = 10_000;
  #retryMs = 0;
  /** @type {Attempt | undefined} */
  #attempt;
  /** @type {'sse' | 'ws'} */
  #transport = 'sse';
  #misses = 0;
  #pace;
  #delay;
  /** @type {Moment} the last event, or the beginning of the attempt */
  #quietAt;
  /** @type {Moment} when we last knew that we run */
  #ranAt;
  #offline = false;
  /** @type {{ms: number, at: Moment} | undefined} the server told us to wait */
  #wait;
  /** @type {Moment | undefined} */
  #begunAt;
  #stopTimer = () => {};
  /** @type {(() => void) | undefined} set while it runs */
  #unwatch;

  /** @param {Options} options */
  constructor({ base, topics, namespaces = null, headers = () => ({}), machine = browser(), since: cursor }) {
    super();
    this.#machine = machine;
    this.#base = new URL(base, globalThis.location?.href);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    this.#headers = headers;
    this.#wish = this.#got = { topics, namespaces };
    this.#cursor = cursor;
    this.#pace = new Pace(machine);
    this.#delay = new Delay(machine);
    this.#quietAt = this.#ranAt = machine.moment();
  }

  /** @returns {View} what the server was last asked for */
  get view() {
    return this.#got;
  }

  /** Connect, and stay connected. */
  start() {
    if (this.#unwatch) return;
    this.#unwatch = this.#machine.watch((sign) => this.#sense(sign));
    this.#pace.start();
    this.#begin('');
  }

  /** Leave, for good or until the next `start`. */
  stop() {
    if (!this.#unwatch) return;
    this.#unwatch();
    this.#unwatch = undefined;
    this.#leave();
    this.#learn({ state: 'closed', reason: 'stopped' });
  }

  /** Try at once, whatever we wait for; also after `ended`. */
  retryNow() {
    if (this.#unwatch) this.#begin('asked');
    else this.start();
  }

  /**
   * Follow another choice: at once where it shows more, with the next connection where it shows less.
   * @param {View} view
   */
  choose(view) {
    this.#wish = view;
    if (covers(this.#got, view) || !this.#unwatch || this.link.state === 'ended') return;
    this.#begin('view');
  }

  /** @param {string} reason */
  #begin(reason) {
    this.#leave();
    // What was not asked for before lies below our position, and would never come.
    if (!covers(this.#got, this.#wish)) this.#cursor = undefined;
    this.#got = this.#wish;
    this.#wait = undefined;
    this.#quietAt = this.#begunAt = this.#ranAt = this.#machine.moment();
    /** @type {Attempt} */
    const attempt = { leave: () => {}, at: this.#quietAt, openAt: undefined, beaten: false };
    this.#attempt = attempt;
    this.#learn({ state: 'connecting', reason, transport: this.#transport });
    if (this.#attempt !== attempt) return;
    const question = { base: this.#base, view: this.#got, cursor: this.#cursor, headers: this.#headers };
    attempt.leave = (this.#transport === 'ws' ? overSocket : overFetch)(this.#machine, question, {
      message: (message) => {
        if (attempt === this.#attempt) this.#take(attempt, message);
      },
      end: (end) => {
        if (attempt === this.#attempt) this.#lose(attempt, end);
      },
    });
    this.#guard(attempt);
  }

  #leave() {
    this.#stopTimer();
    this.#attempt?.leave();
    this.#attempt = undefined;
  }

  /** Give up a connection that nothing comes from. @param {Attempt} attempt */
  #guard(attempt) {
    if (this.#rose()) return;
    this.#ranAt = this.#machine.moment();
    const left = this.#left(attempt);
    if (left <= 0) this.#lose(attempt, { reason: attempt.openAt ? 'quiet' : 'silent' });
    else this.#stopTimer = this.#machine.later(() => this.#guard(attempt), Math.min(left, PULSE_MS));
  }

  /**
   * Whoever did not run for a while reads what lay there as if it were new, and only heartbeats say when they were
   * written. What a connection says that is made now was written now.
   * @returns {boolean} whether it was made anew
   */
  #rose() {
    if (!stood(this.#machine, this.#ranAt, STOOD_MS)) return false;
    this.#begin('woken');
    return true;
  }

  /** @param {Attempt} attempt @returns {number} ms that it may still say nothing */
  #left(attempt) {
    return (attempt.openAt ? BEATS * this.#beatMs : HELLO_MS) - since(this.#machine, this.#quietAt);
  }

  /** @param {Attempt} attempt @param {Message} message */
  #take(attempt, message) {
    // It may be read before the timer can run.
    if (this.#rose()) return;
    const { event, id, data } = message;
    const ageMs = this.#delay.of(message, since(this.#machine, attempt.at));
    if (this.#left(attempt) < 0 || ageMs > BEATS * this.#beatMs) {
      this.#lose(attempt, { reason: attempt.openAt ? 'quiet' : 'silent' });
      return;
    }
    if (!attempt.openAt && event !== 'hello') {
      this.#lose(attempt, { reason: 'garbled' });
      return;
    }
    this.#quietAt = this.#machine.moment();
    this.#offline = false;
    if (event === 'hello') {
      attempt.openAt = this.#quietAt;
      this.#epoch = data.epoch;
      this.#beatMs = data.heartbeatMs;
      this.#retryMs = data.retryMs;
      this.#stopTimer();
      this.#guard(attempt);
      this.#learn({ state: 'open', reason: '', transport: this.#transport });
    }
    this.tell('message', ageMs ? { ...message, ageMs } : message);
    if (attempt !== this.#attempt) return;
    this.#cursor = id ?? this.#cursor;
    if (event === 'goodbye') {
      this.#lose(attempt, { reason: data.reason, waitMs: data.retryMs ?? (data.reason === 'limit' ? LIMIT_MS : undefined) });
    } else if (event === 'heartbeat') {
      this.#misses = 0;
      if (lost(parseId(this.#cursor), this.#epoch, data.seq)) this.#lose(attempt, { reason: 'loss' });
      else attempt.beaten = true;
    }
  }

  /** @param {Attempt} attempt @param {End} end */
  #lose(attempt, end) {
    this.#leave();
    const { reason, waitMs, problem } = end;
    if (DISTRUSTED.has(reason)) this.#cursor = undefined;
    if (heldBack(attempt, reason, this.#transport)) this.#misses += 1;
    if (this.#misses >= MISSES) {
      this.#misses = 0;
      this.#transport = this.#transport === 'sse' ? 'ws' : 'sse';
    }
    if (ENDS.has(reason)) {
      this.#learn({ state: 'ended', reason, ...problem && { problem } });
      return;
    }
    const ms = Math.min(this.#pace.after(end, attempt, this.#retryMs), LONGEST_WAIT_MS);
    if (waitMs !== undefined) this.#wait = { ms, at: this.#machine.moment() };
    this.#stopTimer = this.#machine.later(() => this.#begin(reason), ms);
    this.#learn({ state: 'closed', reason, nextTryMs: ms, ...problem && { problem } });
  }

  /** @param {Sign} sign */
  #sense(sign) {
    if (sign === 'offline') this.#offline = true;
    if (sign === 'pagehide' || sign === 'freeze') {
      this.#leave();
      if (this.link.state !== 'ended') this.#learn({ state: 'closed', reason: 'stopped' });
    }
    const back = sign === 'online' || sign === 'visible' || sign === 'pageshow' || sign === 'resume';
    if (!back || this.link.state === 'ended') return;
    if (this.#wait && since(this.#machine, this.#wait.at) < this.#wait.ms) return;
    const silence = since(this.#machine, this.#quietAt);
    if (this.#attempt?.openAt) {
      const slept = stood(this.#machine, this.#ranAt, STOOD_MS, sign !== 'visible');
      if (slept || silence > WOKEN_BEATS * this.#beatMs || (this.#offline && sign === 'online')) this.#begin('woken');
      else this.#ranAt = this.#machine.moment();
    } else if (!this.#begunAt || since(this.#machine, this.#begunAt) >= AGAIN_MS) this.#begin('woken');
    else if (!this.#attempt) {
      this.#stopTimer();
      this.#stopTimer = this.#machine.later(() => this.#begin('woken'), AGAIN_MS - since(this.#machine, this.#begunAt));
    }
  }

  /** @param {LinkDetail} detail */
  #learn(detail) {
    this.link = detail;
    this.tell('link', detail);
  }
}
