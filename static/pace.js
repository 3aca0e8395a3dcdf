// How long to wait before the next attempt, so that a page comes back soon and a crowd does not come at once.

import { since } from './machine.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./transports.js').End} End */

const FIRST_MS = 1_000; // the most of the first wait; doubled for each further one
const SOON_MS = 5_000; // the most while somebody looks
const SLOW_MS = 30_000; // the most while nobody does, or when it has not helped for long
const LONG_MS = 600_000;
const HEALTHY_MS = 30_000; // a connection that lived so long was a good one

export class Pace {
  #machine;
  #failures = 0;
  /** @type {Moment} since when there has been no good connection */
  #downAt;

  /** @param {Machine} machine */
  constructor(machine) {
    this.#machine = machine;
    this.#downAt = machine.moment();
  }

  /** Somebody has just begun to want a connection. */
  start() {
    this.#failures = 0;
    this.#downAt = this.#machine.moment();
  }

  /**
   * @param {End} end
   * @param {{at: Moment, openAt: Moment | undefined}} attempt when it began, and when hello came
   * @param {number} retryMs what hello asked for
   * @returns {number} ms until the next
   */
  after({ reason, waitMs, problem }, { at, openAt }, retryMs) {
    if (openAt && since(this.#machine, openAt) >= HEALTHY_MS) this.start();
    const failures = this.#failures;
    this.#failures += 1;
    const chance = this.#machine.random();
    // Who was told the same as everybody else may not come with everybody else.
    if (waitMs !== undefined) return waitMs + (reason === 'busy' ? chance * FIRST_MS : 0);
    // A choice that is refused as such will hardly be better the next time.
    if (problem?.status === 400) return SLOW_MS * (1 + chance) / 2;
    if (failures === 0 && reason === 'loss') return 0;
    if (failures === 0 && openAt) return chance * Math.min(retryMs, SOON_MS);
    const patient = !this.#machine.visible() || since(this.#machine, this.#downAt) > LONG_MS;
    const most = Math.min(patient ? SLOW_MS : SOON_MS, FIRST_MS * 2 ** Math.min(failures, 5));
    // Attempts start so far apart: what one has lasted counts.
    return Math.max(0, chance * most - since(this.#machine, at));
  }
}
