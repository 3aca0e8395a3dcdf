// One connection to the server: kept, judged by its events, and made again when it is lost.

import { Teller } from './teller.js';
import { browser, since } from './machine.js';
import { parseId } from './messages.js';
import { Delay, Pace } from './pace.js';
import { lost } from './store.js';
import { overFetch, overSocket } from './transports.js';
import { Vigil } from './vigil.js';
import { covers } from './views.js';
import { Ways } from './ways.js';

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
 * @property {'sse' | 'ws'} [transport] the way that has worked, for another tab say
 */
/**
 * @typedef {object} Attempt
 * @property {() => void} leave
 * @property {Moment} at
 * @property {Moment | undefined} openAt when hello came
 * @property {boolean} beaten whether a heartbeat has come: nothing on the way holds them back
 */

const LONGEST_WAIT_MS = 600_000; // whatever a server says
const AGAIN_MS = 1_000; // between attempts that the tab's coming and going causes

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
  #retryMs = 0;
  /** @type {Attempt | undefined} */
  #attempt;
  #ways;
  #pace;
  #delay;
  #vigil;
  /** @type {{detail: LinkDetail, ms: number, at: Moment} | undefined} the server told us to wait */
  #wait;
  /** @type {Moment | undefined} */
  #begunAt;
  #stopTimer = () => {};
  /** @type {(() => void) | undefined} set while it runs */
  #unwatch;

  /** @param {Options} options */
  constructor({ base, topics, namespaces = null, headers = () => ({}), machine = browser(), since: cursor, transport = 'sse' }) {
    super();
    this.#machine = machine;
    this.#base = new URL(base, globalThis.location?.href);
    if (!this.#base.pathname.endsWith('/')) this.#base.pathname += '/';
    this.#headers = headers;
    this.#wish = this.#got = { topics, namespaces };
    this.#cursor = cursor;
    this.#ways = new Ways(transport);
    this.#pace = new Pace(machine);
    this.#delay = new Delay(machine);
    this.#vigil = new Vigil(machine, (fault) => this.#attempt && this.#fail(this.#attempt, fault));
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
    if (covers(this.#got, view) || !this.#unwatch || this.link.state === 'ended' || this.#waitLeft() > 0) return;
    this.#begin('view');
  }

  /** @param {string} reason */
  #begin(reason) {
    this.#leave();
    // What was not asked for before lies below our position, and would never come.
    if (!covers(this.#got, this.#wish)) this.#cursor = undefined;
    this.#got = this.#wish;
    this.#wait = undefined;
    this.#begunAt = this.#machine.moment();
    /** @type {Attempt} */
    const attempt = { leave: () => {}, at: this.#begunAt, openAt: undefined, beaten: false };
    this.#attempt = attempt;
    this.#vigil.begin();
    this.#learn({ state: 'connecting', reason, transport: this.#ways.now });
    if (this.#attempt !== attempt) return;
    const question = { base: this.#base, view: this.#got, cursor: this.#cursor, headers: this.#headers };
    attempt.leave = (this.#ways.now === 'ws' ? overSocket : overFetch)(this.#machine, question, {
      message: (message) => {
        if (attempt === this.#attempt) this.#take(attempt, message);
      },
      end: (end) => {
        if (attempt === this.#attempt) this.#lose(attempt, end);
      },
    });
  }

  #leave() {
    this.#stopTimer();
    this.#vigil.end();
    this.#attempt?.leave();
    this.#attempt = undefined;
  }

  /** @param {Attempt} attempt @param {import('./vigil.js').Fault} fault */
  #fail(attempt, fault) {
    if (fault === 'woken') this.#begin(fault);
    else this.#lose(attempt, { reason: fault });
  }

  /** @param {Attempt} attempt @param {Message} message */
  #take(attempt, message) {
    const { event, id, data } = message;
    const ageMs = this.#delay.of(message, since(this.#machine, attempt.at));
    const fault = this.#vigil.fault(ageMs);
    if (fault) {
      this.#fail(attempt, fault);
      return;
    }
    if (!attempt.openAt && event !== 'hello') {
      this.#lose(attempt, { reason: 'garbled' });
      return;
    }
    this.#vigil.heard(event === 'hello' ? data.heartbeatMs : undefined);
    if (event === 'hello') {
      attempt.openAt = this.#machine.moment();
      this.#epoch = data.epoch;
      this.#retryMs = data.retryMs;
      // Who has no room for us says so too.
      if (!data.resumed) this.#cursor = undefined;
      this.#learn({ state: 'open', reason: '', transport: this.#ways.now });
      if (attempt !== this.#attempt) return;
    }
    this.tell('message', ageMs ? { ...message, ageMs } : message);
    if (attempt !== this.#attempt) return;
    this.#cursor = id ?? this.#cursor;
    if (event === 'goodbye') {
      this.#lose(attempt, { reason: data.reason, waitMs: data.retryMs });
    } else if (event === 'heartbeat') {
      this.#ways.proven();
      if (lost(parseId(this.#cursor), this.#epoch, data.seq)) this.#lose(attempt, { reason: 'loss' });
      else attempt.beaten = true;
    }
  }

  /** @param {Attempt} attempt @param {End} end */
  #lose(attempt, end) {
    this.#leave();
    const { reason, waitMs, problem } = end;
    if (DISTRUSTED.has(reason)) this.#cursor = undefined;
    const atOnce = this.#ways.turn(attempt, reason);
    if (ENDS.has(reason)) {
      this.#learn({ state: 'ended', reason, ...problem && { problem } });
      return;
    }
    const paced = Math.min(this.#pace.after(end, attempt, this.#retryMs), LONGEST_WAIT_MS);
    const ms = atOnce ? 0 : paced;
    /** @type {LinkDetail} */
    const detail = { state: 'closed', reason, ...problem && { problem } };
    if (waitMs !== undefined || reason === 'limit') this.#wait = { detail, ms, at: this.#machine.moment() };
    this.#await(detail, ms);
  }

  /** @param {LinkDetail} detail why there is none @param {number} nextTryMs */
  #await(detail, nextTryMs) {
    this.#stopTimer();
    this.#stopTimer = this.#machine.later(() => this.#begin(detail.reason), nextTryMs);
    this.#learn({ ...detail, nextTryMs });
  }

  /** @returns {number} ms that the server still wants us to wait */
  #waitLeft() {
    return this.#wait ? this.#wait.ms - since(this.#machine, this.#wait.at) : 0;
  }

  /** @param {Sign} sign */
  #sense(sign) {
    if (sign === 'pagehide' || sign === 'freeze') {
      this.#leave();
      if (this.link.state !== 'ended') this.#learn({ state: 'closed', reason: 'stopped' });
    }
    const doubtful = this.#vigil.doubts(sign);
    const back = sign === 'online' || sign === 'visible' || sign === 'pageshow' || sign === 'resume';
    if (!back || this.link.state === 'ended') return;
    if (this.#attempt?.openAt) {
      if (doubtful) this.#begin('woken');
      return;
    }
    const soon = AGAIN_MS - (this.#begunAt ? since(this.#machine, this.#begunAt) : Infinity);
    // Whoever was put away waits for nothing any more.
    if (this.#wait && this.#waitLeft() > 0) this.#await(this.#wait.detail, this.#waitLeft());
    else if (soon <= 0) this.#begin('woken');
    else if (!this.#attempt) this.#await({ state: 'closed', reason: 'woken' }, soon);
  }

  /** @param {LinkDetail} detail */
  #learn(detail) {
    this.link = detail;
    this.tell('link', detail);
  }
}
