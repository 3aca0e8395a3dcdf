// What the page holds: for each topic its keys and their last values.

import { Teller } from './teller.js';
import { browser, earlier, since } from './machine.js';
import { parseId } from './messages.js';
import { Parts, Topic } from './topic.js';

export { Topic };

/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').Cursor} Cursor */
/** @typedef {import('./messages.js').Item} Item */
/** @typedef {import('./messages.js').Hello} Hello */
/** @typedef {import('./messages.js').Heartbeat} Heartbeat */
/** @typedef {import('./messages.js').Snapshot} Snapshot */
/** @typedef {import('./messages.js').Change} Change */
/** @typedef {import('./topic.js').Entry} Entry */
/** @typedef {{topic: string, synced: boolean, items: Item[], full?: boolean}} Whole */
/** @typedef {Whole | {changes: Change[]}} Effect what a message does once it may */
/**
 * @typedef {object} Told
 * @property {{topic: string, keys: Set<string>}} change keys that have come, gone, or have another value, `at` or `old`;
 *   also with no key: `known`, `synced` or that it was `full` has changed
 * @property {Hello} hello
 * @property {Heartbeat} heartbeat
 * @property {{reason: string, retryMs?: number}} goodbye
 * @property {{reason: 'seq'} | {reason: 'full', topic: string}} loss the server gave us something that we do not have, or
 *   more of a topic than there is room for: it is `full` from now on, until it has come whole
 */

/** @extends {Teller<Told>} */
export class Store extends Teller {
  /** @type {Cursor | undefined} the position that everything up to has been given to us */
  cursor;
  /** @type {string | undefined} the life of the server that we listen to */
  epoch;
  #machine;
  #wanted;
  #most;
  /** @type {Map<string, Topic>} */
  #topics = new Map();
  #parts;
  /** @type {Map<string, number>} the seq that what we hold of a topic is not older than, until we are past it */
  #floors = new Map();
  /** @type {Effect[]} waiting for an id that says how new they are */
  #held = [];
  #weight = 0;
  #ageMs = 0;
  /** @type {Heartbeat['sources']} */
  #vitals = {};
  /** @type {Moment} */
  #vitalsAt;

  /**
   * @param {object} [options]
   * @param {readonly string[]} [options.topics] the only ones to keep; left out = all that come
   * @param {number | undefined} [options.most] keys of one topic, and of all that waits to take effect
   * @param {Machine} [options.machine]
   */
  constructor({ topics, most = 50_000, machine = browser() } = {}) {
    super();
    this.#machine = machine;
    this.#wanted = topics && new Set(topics);
    this.#most = most;
    this.#parts = new Parts(most);
    this.#vitalsAt = machine.moment();
  }

  /** @returns {string[]} the topics that anything is known of */
  get topics() {
    return [...this.#topics].filter(([, topic]) => topic.known).map(([name]) => name);
  }

  /**
   * @param {string} name
   * @returns {Topic} the same object for as long as the store lives; the store alone writes to it
   */
  topic(name) {
    const found = this.#topics.get(name) ?? new Topic(this.#most, () => earlier(this.#machine, this.#ageMs));
    this.#topics.set(name, found);
    return found;
  }

  /**
   * Take what the server has painted: the whole topic as it was at `id`. What comes from the same
   * epoch and is older than that changes nothing any more. To be called before the first message.
   * @param {string} topic
   * @param {Iterable<Item>} items
   * @param {string} id `<epoch>-<seq>`, the page's data-seq
   * @param {boolean} [synced]
   */
  adopt(topic, items, id, synced = true) {
    const painted = parseId(id);
    if (painted) {
      this.epoch = painted.epoch;
      this.#floors.set(topic, painted.seq);
    }
    this.#replace({ topic, synced, items: [...items] });
    this.#tell();
  }

  /**
   * @param {string} source `<kind>/<namespace>`
   * @returns {number | undefined} ms since its last proof of life, as the last heartbeat told; undefined before
   */
  ageOf(source) {
    const told = this.#vitals[source];
    return told && told.ageMs + since(this.#machine, this.#vitalsAt);
  }

  /**
   * Take one message of the stream. A `change` and a snapshot take effect as a whole, then the
   * events are told, one `change` for each topic concerned.
   * @param {Message} message
   */
  apply({ event, id, data, ageMs = 0 }) {
    this.#ageMs = ageMs;
    const at = parseId(id);
    const past = at && this.cursor?.epoch === at.epoch && at.seq <= this.cursor.seq;
    if (event === 'hello') this.#greet(data);
    else if (event === 'snapshot') this.#collect(data, at);
    else if (event === 'change' && !past) this.#settle({ changes: data.changes }, at);
    if (at && !past) this.#move(at);
    this.#tell();
    if (event === 'hello' || event === 'goodbye') this.tell(event, data);
    if (event === 'heartbeat') this.#check(data, ageMs);
  }

  /** @param {Hello} hello */
  #greet({ epoch, resumed, reason }) {
    this.#forget();
    if (this.epoch !== undefined && epoch !== this.epoch) {
      // A server that has just started may know less than we do: what we show stays, as old.
      for (const topic of this.#topics.values()) topic.outlive();
      this.#floors.clear();
    }
    if (!resumed) {
      // A snapshot that another tab remembers may be older than what we have.
      if (this.cursor?.epoch === epoch && reason !== 'ahead') {
        for (const topic of this.topics) this.#floors.set(topic, this.cursor.seq);
      }
      if (reason === 'ahead') this.#floors.clear();
      this.cursor = undefined;
    }
    this.epoch = epoch;
  }

  /** Throw away what is not whole. */
  #forget() {
    this.#parts.forget();
    this.#held = [];
    this.#weight = 0;
  }

  /** @param {Snapshot} snapshot @param {Cursor | undefined} at */
  #collect(snapshot, at) {
    const items = this.#parts.add(snapshot);
    const { topic, synced, full } = snapshot;
    if (items === 'full') this.#overflow([topic]);
    else if (items) this.#settle({ topic, synced, items, ...full && { full } }, at);
  }

  /**
   * Changes without an id come before snapshots that belong to them, and wait for the id that ends
   * both. So does a snapshot of what was painted: it may be the older of the two.
   * @param {Effect} effect
   * @param {Cursor | undefined} at
   */
  #settle(effect, at) {
    if (!at && ('changes' in effect || this.#floors.has(effect.topic))) {
      this.#weight += 'changes' in effect ? effect.changes.length : effect.items.length;
      if (this.#weight <= this.#most) this.#held.push(effect);
      else {
        this.#overflow([...this.#held, effect].flatMap(topicsOf));
        this.#forget();
      }
      return;
    }
    if (at) this.#release(at);
    this.#perform(effect, at);
  }

  /** @param {Cursor} at */
  #release(at) {
    const held = this.#held;
    this.#held = [];
    this.#weight = 0;
    for (const effect of held) this.#perform(effect, at);
  }

  /** @param {Cursor} at */
  #move(at) {
    this.#release(at);
    this.cursor = at;
    for (const [topic, seq] of this.#floors) if (seq <= at.seq) this.#floors.delete(topic);
  }

  /** @param {Effect} effect @param {Cursor | undefined} at */
  #perform(effect, at) {
    /** @param {string} topic */
    const older = (topic) => at !== undefined && (this.#floors.get(topic) ?? 0) > at.seq;
    if (!('changes' in effect)) {
      if (!older(effect.topic)) this.#replace(effect);
      return;
    }
    for (const { topic, key, op, value } of effect.changes) {
      if (older(topic) || !this.#keeps(topic)) continue;
      if (op === 'upsert') this.topic(topic).upsert(key, value);
      else if (op === 'remove') this.topic(topic).remove(key);
    }
  }

  /** @param {Whole} whole */
  #replace({ topic, synced, items, full }) {
    if (this.#keeps(topic)) this.topic(topic).replace(items, synced, full);
  }

  /** @param {string[]} topics */
  #overflow(topics) {
    for (const topic of topics) if (this.#keeps(topic)) this.topic(topic).overflow();
  }

  /** @param {string} topic */
  #keeps(topic) {
    return !this.#wanted || this.#wanted.has(topic);
  }

  #tell() {
    for (const [topic, held] of this.#topics) {
      const { keys, full } = held.taken();
      if (keys) this.tell('change', { topic, keys });
      if (full) this.tell('loss', { reason: 'full', topic });
    }
  }

  /** @param {Heartbeat} beat @param {number} ageMs */
  #check(beat, ageMs) {
    this.#vitals = beat.sources;
    this.#vitalsAt = earlier(this.#machine, ageMs);
    this.tell('heartbeat', beat);
    if (this.epoch !== undefined && lost(this.cursor, this.epoch, beat.seq)) this.tell('loss', { reason: 'seq' });
  }
}

/** @param {Effect} effect @returns {string[]} */
function topicsOf(effect) {
  return 'changes' in effect ? effect.changes.map(({ topic }) => topic) : [effect.topic];
}

/**
 * @param {Cursor | undefined} cursor what we have
 * @param {string} epoch of the last hello
 * @param {number} seq of a heartbeat after it
 * @returns {boolean} whether something was given that has not come
 */
export function lost(cursor, epoch, seq) {
  return cursor?.epoch !== epoch || seq > cursor.seq;
}
