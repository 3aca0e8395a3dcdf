// Whether a connection lives: how long it may say nothing, and whether we would have heard it.

import { since, stood } from './machine.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Sign} Sign */
/** @typedef {'silent' | 'quiet' | 'woken'} Fault no hello in time; no event in time; we have not run, and cannot tell new from old */

// An attempt without hello is given up. So much may also be held up the first time without our knowing: it is all that we
// have to measure by. No state hangs on it (late is 15 s), and to suspect each slow handshake would make good streams look late.
const HELLO_MS = 4_000;
const BEATS = 2.5; // without an event a connection is given up
const WOKEN_BEATS = 1.5; // the same when the tab comes back from wherever it was
const PULSE_MS = 1_000; // by so much we know that we run
const STOOD_MS = 5_000; // who slept for longer, or did not run for twice as long: less than what is late

export class Vigil {
  #machine;
  #fail;
  /** @type {number | undefined} between heartbeats, once hello has come */
  #beatMs;
  /** @type {Moment} the last event, or the beginning of the attempt */
  #quietAt;
  /** @type {Moment} when we last knew that we run */
  #ranAt;
  #offline = false;
  #stop = () => {};

  /** @param {Machine} machine @param {(fault: Fault) => void} fail told of a fault that time brings */
  constructor(machine, fail) {
    this.#machine = machine;
    this.#fail = fail;
    this.#quietAt = this.#ranAt = machine.moment();
  }

  /** Watch over an attempt that begins. */
  begin() {
    this.end();
    this.#beatMs = undefined;
    this.#quietAt = this.#ranAt = this.#machine.moment();
    this.#watch();
  }

  end() {
    this.#stop();
  }

  /** An event has come. @param {number} [beatMs] what hello says */
  heard(beatMs = this.#beatMs) {
    this.#beatMs = beatMs;
    this.#quietAt = this.#machine.moment();
    this.#offline = false;
  }

  /**
   * Whoever did not run for a while reads what lay there as if it were new, and only hello and heartbeats say when they
   * were written: a connection that is made now says what is so now.
   * @param {number} [ageMs] of what has just come: it may be read before the timer can run
   * @returns {Fault | undefined}
   */
  fault(ageMs = 0) {
    if (stood(this.#machine, this.#ranAt, STOOD_MS)) return 'woken';
    if (this.#left() > 0 && ageMs <= BEATS * (this.#beatMs ?? Infinity)) return undefined;
    return this.#beatMs === undefined ? 'silent' : 'quiet';
  }

  /** @param {Sign} sign @returns {boolean} whether an open connection is better made anew than waited for */
  doubts(sign) {
    if (sign === 'offline') this.#offline = true;
    const slept = stood(this.#machine, this.#ranAt, STOOD_MS, this.#machine.visible() && sign !== 'visible');
    const silence = since(this.#machine, this.#quietAt);
    if (slept || silence > WOKEN_BEATS * (this.#beatMs ?? Infinity) || (this.#offline && sign === 'online')) return true;
    this.#ranAt = this.#machine.moment();
    return false;
  }

  #watch() {
    const fault = this.fault();
    if (fault) {
      this.#fail(fault);
      return;
    }
    this.#ranAt = this.#machine.moment();
    this.#stop = this.#machine.later(() => this.#watch(), Math.min(this.#left(), PULSE_MS));
  }

  /** @returns {number} ms that it may still say nothing */
  #left() {
    return (this.#beatMs === undefined ? HELLO_MS : BEATS * this.#beatMs) - since(this.#machine, this.#quietAt);
  }
}
