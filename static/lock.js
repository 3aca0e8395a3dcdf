// The right to lead: one tab has it at a time, and the others wait in a queue.

/** @typedef {import('./machine.js').Locks} Locks */
/** @typedef {{release: (() => void) | undefined, abort: () => void}} Claim a place in the queue, or the lock */

export class Lock {
  #locks;
  #name;
  #hear;
  /** @type {Claim | undefined} */
  #claim;

  /**
   * @param {Locks} locks
   * @param {string} name
   * @param {{held: () => void, lost: () => void, none: () => void}} hear `lost` when another tab took it from us,
   *   perhaps long ago: we may have been frozen; `none` where locks are not for this page
   */
  constructor(locks, name, hear) {
    this.#locks = locks;
    this.#name = name;
    this.#hear = hear;
  }

  /** Wait for it behind the other tabs. */
  queue() {
    const leaving = new AbortController();
    this.#ask({ signal: leaving.signal }, () => leaving.abort());
  }

  /** Take it from whoever has it. */
  steal() {
    this.#ask({ steal: true }, () => {});
  }

  /** Have it no more, and do not wait. */
  leave() {
    const claim = this.#claim;
    this.#claim = undefined;
    claim?.abort();
    claim?.release?.();
  }

  /** @param {LockOptions} options @param {() => void} abort */
  async #ask(options, abort) {
    this.leave();
    /** @type {Claim} */
    const claim = { abort, release: undefined };
    this.#claim = claim;
    try {
      await this.#locks.request(this.#name, options, () => (claim === this.#claim ? new Promise((release) => {
        claim.release = () => release(undefined);
        this.#hear.held();
      }) : undefined));
    } catch (error) {
      if (claim !== this.#claim) return;
      this.#claim = undefined;
      // Also one that was taken away before we had it: by a tab that stole it in the same moment.
      if (claim.release || (error instanceof DOMException && error.name === 'AbortError')) this.#hear.lost();
      else this.#hear.none();
    }
  }
}
