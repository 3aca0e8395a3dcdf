// Which of the two ways a connection takes: server-sent events, or WebSocket where something holds those back.

/** @typedef {'sse' | 'ws'} Way */

const MISSES = 2; // in a row, then the other way has its turn
const UNHEARD = new Set(['silent', 'cut', 'not_a_stream']); // instead of hello

export class Ways {
  /** @type {Way} */
  now;
  /** @type {Way} the last by which a heartbeat has come */
  #works;
  #misses = 0;

  /** @param {Way} first */
  constructor(first) {
    this.now = this.#works = first;
  }

  /** A heartbeat has come: nothing on this way holds it back. */
  proven() {
    this.#works = this.now;
    this.#misses = 0;
  }

  /**
   * Choose the way of the next attempt. Where WebSocket works and fetch does not, a handshake that fails means most often
   * that the server is away: fetch is asked in the same breath, and the server waited for by the way that works.
   * @param {{openAt: unknown, beaten: boolean}} attempt that has failed: whether hello had come, and a heartbeat
   * @param {string} reason
   * @returns {boolean} whether it is to begin at once
   */
  turn(attempt, reason) {
    const before = this.now;
    const doubtful = this.#works === 'ws';
    if (heldBack(attempt, reason, before)) {
      this.#misses += 1;
      if (this.#misses < MISSES && !doubtful) return false;
      this.now = before === 'sse' ? 'ws' : 'sse';
    } else if (doubtful && !attempt.openAt) this.now = 'ws';
    else return false;
    this.#misses = 0;
    return doubtful && before === 'ws' && reason === 'network';
  }
}

/**
 * @param {{openAt: unknown, beaten: boolean}} attempt
 * @param {string} reason
 * @param {Way} way
 * @returns {boolean} whether something on the way may be what keeps the stream from us
 */
function heldBack({ openAt, beaten }, reason, way) {
  if (openAt) return reason === 'quiet' && !beaten;
  // Of a refused handshake a page is told no more than of a server that is not there.
  return UNHEARD.has(reason) || (reason === 'network' && way === 'ws');
}
