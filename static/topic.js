// One topic as the page holds it: keys and their last values, and which of them have changed.

/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./messages.js').Item} Item */
/** @typedef {import('./messages.js').Snapshot} Snapshot */
/**
 * @typedef {object} Entry
 * @property {Record<string, any>} value
 * @property {Moment | undefined} at when it changed, if we were told of the change: of what a snapshot brings nobody says since when
 * @property {boolean} old kept from a server that knew more than the present one does, as yet
 */

export class Topic {
  /** whether anything has been said of it: an empty one is not one that is not known */
  known = false;
  /** whether the server knows all of it */
  synced = false;
  /** whether there was more of it than we have room for: what it holds is not all, until a whole snapshot is */
  full = false;
  /** @type {Map<string, Entry>} to read; an entry is never changed, another takes its place */
  entries = new Map();
  /** @type {Set<string> | undefined} what `taken` will tell */
  #touched;
  #most;
  #moment;
  #toldFull = false;

  /** @param {number} most keys @param {() => Moment} moment */
  constructor(most, moment) {
    this.#most = most;
    this.#moment = moment;
  }

  /** @returns {{keys: Set<string> | undefined, full: boolean}} what has changed since the last call, and whether it became full */
  taken() {
    const told = { keys: this.#touched, full: this.full && !this.#toldFull };
    this.#touched = undefined;
    this.#toldFull = this.full;
    return told;
  }

  /**
   * Take a whole snapshot. One that is not synced takes nothing away: a server that has just
   * started knows less than we do.
   * @param {Iterable<Item>} items
   * @param {boolean} synced
   * @param {boolean} [full] whether who remembers it for us had no room for all of it
   */
  replace(items, synced, full = false) {
    const named = new Map(Array.from(items, ({ key, value }) => [key, value]));
    for (const key of this.entries.keys()) {
      if (named.has(key)) continue;
      if (synced) this.remove(key);
      else this.#age(key, true);
    }
    const { full: before } = this;
    this.full = full;
    for (const [key, value] of named) this.#put(key, value, false);
    if (!this.known || this.synced !== synced || this.full !== before) this.#touch();
    this.known = true;
    this.synced = synced;
  }

  /** There is more of it than there is room for. */
  overflow() {
    this.full = true;
  }

  /** @param {string} key @param {Record<string, any>} value that it has as of now */
  upsert(key, value) {
    this.#put(key, value, true);
  }

  /** @param {string} key */
  remove(key) {
    if (this.entries.delete(key)) this.#touch(key);
  }

  /** Keep everything as something that may not be so any more. */
  outlive() {
    if (!this.known) return;
    for (const key of this.entries.keys()) this.#age(key, true);
    this.synced = false;
    this.#touch();
  }

  /** @param {string} key @param {Record<string, any>} value @param {boolean} now whether it changes as we speak */
  #put(key, value, now) {
    const before = this.entries.get(key);
    if (before && (before.value === value || JSON.stringify(before.value) === JSON.stringify(value))) {
      this.#age(key, false);
    } else if (!before && this.entries.size >= this.#most) this.overflow();
    else {
      this.entries.set(key, { value, at: now ? this.#moment() : undefined, old: false });
      this.#touch(key);
    }
  }

  /** @param {string} key @param {boolean} old */
  #age(key, old) {
    const before = this.entries.get(key);
    if (!before || before.old === old) return;
    this.entries.set(key, { ...before, old });
    this.#touch(key);
  }

  /** @param {string} [key] */
  #touch(key) {
    this.#touched ??= new Set();
    if (key !== undefined) this.#touched.add(key);
  }
}

/** Snapshots of which parts are missing. */
export class Parts {
  /** @type {Map<string, {items: Item[], next: number}>} */
  #begun = new Map();
  #most;

  /** @param {number} most items of one topic */
  constructor(most) {
    this.#most = most;
  }

  /** Throw away what is not whole. */
  forget() {
    this.#begun.clear();
  }

  /**
   * @param {Snapshot} snapshot its next part; part 0 begins it anew
   * @returns {Item[] | 'full' | undefined} all items when it is whole
   */
  add({ topic, part, parts, items }) {
    const begun = part === 0 ? { items: [], next: 0 } : this.#begun.get(topic);
    this.#begun.delete(topic);
    // We came in the middle of it, or missed some: another will follow.
    if (begun?.next !== part) return undefined;
    if (begun.items.length + items.length > this.#most) return 'full';
    const all = [...begun.items, ...items];
    if (part + 1 === parts) return all;
    this.#begun.set(topic, { items: all, next: part + 1 });
    return undefined;
  }
}
