// What the page holds: for each topic its keys and their last values.

import { Teller } from './teller.js';
import { browser, earlier, since } from './machine.js';
import { parseId } from './messages.js';

/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').Cursor} Cursor */
/** @typedef {import('./messages.js').Item} Item */
/** @typedef {import('./messages.js').Hello} Hello */
/** @typedef {import('./messages.js').Heartbeat} Heartbeat */
/**
 * @typedef {object} Entry
 * @property {Record<string, any>} value
 * @property {Moment | undefined} at when we saw it change; nobody has told us when the first value came to be
 * @property {boolean} old kept from a server that knew more than the present one does, as yet
 */
/**
 * @typedef {object} Topic
 * @property {boolean} known whether anything has been said of it: an empty one is not one that is not known
 * @property {boolean} synced whether the server knows all of it
 * @property {Map<string, Entry>} entries to read; the store alone writes
 */
/**
 * @typedef {object} Told
 * @property {{topic: string, keys: Set<string>}} change keys that have come, gone, or have another value, `at` or `old`;
 *   also with no key: `known` or `synced` has changed
 * @property {Hello} hello
 * @property {Heartbeat} heartbeat
 * @property {{reason: string, retryMs?: number}} goodbye
 * @property {{reason: 'seq' | 'full'}} loss the server gave us something that we do not have
 */

/** @extends {Teller<Told>} */
export class Store extends Teller {
  /** @type {Cursor | undefined} the position that everything up to has been given to us */
  cursor;
  /** @type {string | undefined} the life of the server that we listen to */
  epoch;

  /**
   * @param {object} [options]
   * @param {readonly string[]} [options.topics] the only ones to keep; left out = all that come
   * @param {number} [options.most] keys of one topic
   * @param {Machine} [options.machine]
   */
  constructor({ topics, most = 50_000, machine = browser() } = {}) {
    super();
    void [topics, most, machine];
  }

  /**
   * Take one message of the stream. A `change` and a snapshot take effect as a whole, then the
   * events are told, one `change` for each topic concerned.
   * @param {Message} message
   */
  apply(message) {
    void [message, parseId, earlier, since];
  }

  /**
   * @param {string} name
   * @returns {Topic} the same object for as long as the store lives
   */
  topic(name) {
    void name;
    return { known: false, synced: false, entries: new Map() };
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
    void [topic, items, id, synced];
  }

  /**
   * @param {string} source `<kind>/<namespace>`
   * @returns {number | undefined} ms since its last proof of life, as the last heartbeat told; undefined before
   */
  ageOf(source) {
    void source;
    return undefined;
  }
}
