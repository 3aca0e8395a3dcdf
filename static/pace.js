// How long to wait before the next attempt, so that a page comes back soon and a crowd does not come at once;
// and how far behind its server a connection runs.

import { since } from './machine.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./transports.js').End} End */

const FIRST_MS = 1_000; // the most of the first wait; doubled for each further one
const SOON_MS = 5_000; // the most while somebody looks
const SLOW_MS = 30_000; // the most while nobody does, or when it has not helped for long
const LONG_MS = 600_000;
const LIMIT_MS = 15_000; // to wait where there is no room, if nobody says
const STEP_MS = 1_000; // by so much the two clocks of a machine part only when one is set, or it slept
const DRIFT = 1e-4; // two good clocks part by less
const NOTICED_MS = 1_000; // less is told to nobody

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
   * @param {{at: Moment, openAt: Moment | undefined, beaten: boolean}} attempt when it began, when hello came, and whether a heartbeat has
   * @param {number} retryMs what hello asked for
   * @returns {number} ms until the next
   */
  after({ reason, waitMs, hopeMs, problem }, { at, openAt, beaten }, retryMs) {
    // Nothing on the way holds it back.
    if (beaten) this.start();
    const failures = this.#failures;
    this.#failures += 1;
    const chance = this.#machine.random();
    // Who was told the same as everybody else may not come with everybody else.
    if (waitMs !== undefined) return waitMs + (reason === 'busy' ? chance * FIRST_MS : 0);
    if (reason === 'limit') return LIMIT_MS;
    // A choice that is refused as such will hardly be better the next time.
    if (problem?.status === 400) return SLOW_MS * (1 + chance) / 2;
    if (failures === 0 && reason === 'loss') return 0;
    if (failures === 0 && openAt) return chance * Math.min(retryMs, SOON_MS);
    const patient = !this.#machine.visible() || since(this.#machine, this.#downAt) > LONG_MS;
    const bound = patient ? SLOW_MS : SOON_MS;
    if (hopeMs !== undefined) return Math.min(hopeMs, bound - FIRST_MS) + chance * FIRST_MS;
    const most = Math.min(bound, FIRST_MS * 2 ** Math.min(failures, 5));
    // Attempts start so far apart: what one has lasted counts.
    return Math.max(0, chance * most - since(this.#machine, at));
  }
}

/** A stream that is held up comes whole, and late. */
export class Delay {
  #machine;
  /** @type {{offset: number, at: Moment} | undefined} of what came quickest; others are so much slower */
  #least;
  #ms = 0;
  #epoch = '';

  /** @param {Machine} machine */
  constructor(machine) {
    this.#machine = machine;
  }

  /**
   * @param {import('./messages.js').Message} message that has just come
   * @param {number} askedMs since its connection was asked for
   * @returns {number} ms that it is older than it could be, 0 where that is nothing to speak of
   */
  of({ event, data }, askedMs) {
    const first = event === 'hello';
    if (first && data.epoch !== this.#epoch) {
      // Another server, perhaps with another clock.
      this.#epoch = data.epoch;
      this.#least = undefined;
      this.#ms = 0;
    }
    // A hello is no older than the question.
    this.#measure(data?.serverTime, first ? askedMs : Infinity);
    return this.#ms < NOTICED_MS ? 0 : Math.round(this.#ms);
  }

  /** @param {unknown} serverTime when the server wrote it @param {number} most ms that it can be old */
  #measure(serverTime, most) {
    const written = typeof serverTime === 'string' ? Date.parse(serverTime) : NaN;
    if (Number.isNaN(written)) return;
    const at = this.#machine.moment();
    const offset = written - at.wall;
    const least = this.#least;
    const passed = least ? at.steady - least.at.steady : 0;
    // One clock was set: what was measured before says nothing any more.
    const set = least && Math.abs(at.wall - least.at.wall - passed) > STEP_MS;
    const best = least && !set ? least.offset - DRIFT * passed : offset;
    this.#ms = Math.min(Math.max(0, best - offset), most);
    this.#least = { offset: offset + this.#ms, at };
  }
}
