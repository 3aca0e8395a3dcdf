// What the page says of its link to the server, and how old what it shows may be.

import { Teller } from './teller.js';
import { browser, earlier, since } from './machine.js';

/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */
/** @typedef {'live' | 'late' | 'stale' | 'disconnected'} Freshness by time without an event, alone */
/** @typedef {Freshness | 'connecting' | 'resync' | 'draining' | 'ended'} LinkState */
/**
 * @typedef {object} LinkNow
 * @property {LinkState} state
 * @property {Freshness} freshness
 * @property {number} sinceMs since the last event, or since we began to wait for the first
 * @property {boolean} heard whether there has been an event at all
 * @property {string} reason why the connection is not there, `''` while it is
 * @property {number | undefined} nextTryMs until the next attempt
 * @property {import('./stream.js').Problem | undefined} problem what the server said when it refused
 * @property {number | undefined} skewMs how far this machine's clock is behind the server's (ahead: below 0)
 *   where that is more than 5 s; times shown are the server's
 */

const LATE_MS = 15_000;
const STALE_MS = 30_000;
const DISCONNECTED_MS = 120_000;
const GRACE_MS = 30_000; // for a server that said it would restart
const SKEW_MS = 5_000;
const SAMPLES = 5;
const STEP_MS = 1_000; // by so much the two clocks of a machine part only when one is set, or it slept

/**
 * @param {number} sinceMs
 * @returns {Freshness}
 */
export function freshness(sinceMs) {
  if (sinceMs >= DISCONNECTED_MS) return 'disconnected';
  if (sinceMs >= STALE_MS) return 'stale';
  return sinceMs >= LATE_MS ? 'late' : 'live';
}

/**
 * Connect it to a Stream or a Shared by `follow`; it tells `change` with a LinkNow when `state`,
 * `freshness`, `reason` or whether there is a skew has changed, and `tick` once a second.
 * @extends {Teller<{change: LinkNow, tick: LinkNow}>}
 */
export class Link extends Teller {
  #machine;
  /** @type {Moment} */
  #heardAt;
  #heard = false;
  /** @type {{heardAt: Moment, heard: boolean} | undefined} what was so before a hello whose snapshot has not begun */
  #before;
  /** @type {LinkDetail} */
  #detail = { state: 'connecting', reason: '' };
  /** @type {Moment | undefined} */
  #toldAt;
  #resync = false;
  /** @type {Moment | undefined} */
  #drainAt;
  /** @type {number[]} */
  #offsets = [];
  #apart = 0;
  #told = '';
  /** @type {(() => void)[]} */
  #leave = [];

  /** @param {{machine?: Machine}} [options] */
  constructor({ machine = browser() } = {}) {
    super();
    this.#machine = machine;
    this.#heardAt = machine.moment();
  }

  /**
   * Judge by what this source tells, from now on.
   * @param {Teller<{message: Message, link: LinkDetail}>} source
   */
  follow(source) {
    this.stop();
    this.#leave.push(
      source.on('message', (message) => this.hear(message)),
      source.on('link', (detail) => this.learn(detail)),
      this.#machine.watch(() => this.check()),
    );
    const beat = () => {
      this.#leave[3] = this.#machine.later(beat, 1_000);
      this.check();
      this.tell('tick', this.now);
    };
    this.#leave.push(this.#machine.later(beat, 1_000));
  }

  /** Follow nothing any more. */
  stop() {
    for (const leave of this.#leave) leave();
    this.#leave = [];
  }

  /** @param {Message} message an event of the stream: the only proof of life */
  hear({ event, id, data, ageMs = 0 }) {
    if (event === 'hello' && !data.resumed) this.#before ??= { heardAt: this.#heardAt, heard: this.#heard };
    else if (event !== 'goodbye') this.#before = undefined;
    if (!this.#heard || ageMs < since(this.#machine, this.#heardAt)) {
      this.#heardAt = earlier(this.#machine, ageMs);
    }
    if (event === 'hello') {
      this.#resync = this.#heard && !data.resumed;
      this.#drainAt = undefined;
    } else if (event === 'goodbye' && data.reason === 'drain') this.#drainAt = this.#machine.moment();
    if (id !== undefined) this.#resync = false;
    this.#heard = true;
    if (typeof data?.serverTime === 'string' && ageMs === 0) this.#sample(Date.parse(data.serverTime));
    this.check();
  }

  /** @param {LinkDetail} detail what the connection says of itself */
  learn(detail) {
    this.#detail = detail;
    this.#toldAt = this.#machine.moment();
    if (detail.state !== 'open') {
      this.#resync = false;
      // Who was greeted and sent away again was told nothing of what is so.
      if (this.#before) ({ heardAt: this.#heardAt, heard: this.#heard } = this.#before);
      this.#before = undefined;
    }
    this.check();
  }

  /** Judge anew: time has passed. */
  check() {
    const { now } = this;
    const told = [now.state, now.freshness, now.reason, now.skewMs !== undefined].join();
    if (told === this.#told) return;
    this.#told = told;
    this.tell('change', now);
  }

  /** @returns {LinkNow} */
  get now() {
    const { state, reason, nextTryMs, problem } = this.#detail;
    const sinceMs = since(this.#machine, this.#heardAt);
    const passed = this.#toldAt ? since(this.#machine, this.#toldAt) : 0;
    return {
      state: this.#state(sinceMs),
      freshness: freshness(sinceMs),
      sinceMs,
      heard: this.#heard,
      reason: state === 'open' ? '' : reason,
      nextTryMs: nextTryMs === undefined ? undefined : Math.max(0, nextTryMs - passed),
      problem,
      skewMs: Math.abs(this.offsetMs) > SKEW_MS ? this.offsetMs : undefined,
    };
  }

  /** @returns {number} what to add to this machine's clock to have the server's: the median of five */
  get offsetMs() {
    const sorted = [...this.#offsets].sort((a, b) => a - b);
    return sorted[sorted.length >> 1] ?? 0;
  }

  /** @returns {number} ms since 1970 by the server's clock */
  serverNow() {
    return this.#machine.moment().wall + this.offsetMs;
  }

  /** @param {number} sinceMs @returns {LinkState} */
  #state(sinceMs) {
    const open = this.#detail.state === 'open';
    const fresh = freshness(sinceMs);
    if (this.#detail.state === 'ended') return 'ended';
    if (fresh === 'disconnected' || fresh === 'stale') return fresh;
    if (this.#drainAt && since(this.#machine, this.#drainAt) < GRACE_MS) return 'draining';
    if (fresh === 'late') return fresh;
    if (!open || !this.#heard) return 'connecting';
    return this.#resync ? 'resync' : 'live';
  }

  /** @param {number} serverTime */
  #sample(serverTime) {
    if (Number.isNaN(serverTime)) return;
    const { wall, steady } = this.#machine.moment();
    // Samples from before our clock was set would outvote those from after it.
    if (Math.abs(wall - steady - this.#apart) > STEP_MS) this.#offsets = [];
    this.#apart = wall - steady;
    this.#offsets = [...this.#offsets, serverTime - wall].slice(-SAMPLES);
  }
}
