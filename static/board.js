// What a tab remembers for the others: everything that the shared connection has said.

import { earlier, since } from './machine.js';
import { idOf } from './messages.js';
import { Store, lost } from './store.js';
import { covers } from './views.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */

export class Board {
  /** @type {View | undefined} what the connection was asked for */
  view;
  #machine;
  #store;
  #whole = false;
  /** @type {any} */
  #hello;
  /** @type {{data: any, at: Moment} | undefined} */
  #beat;
  /** @type {Moment | undefined} when the newest of it was heard */
  #at;

  /** @param {Machine} machine @param {number} [most] keys of one topic */
  constructor(machine, most) {
    this.#machine = machine;
    this.#store = new Store({ machine, most });
  }

  /** @param {Message} message @param {View} view of the connection that it came by */
  take(message, view) {
    const { event, id, data, ageMs = 0 } = message;
    this.view = view;
    if (event === 'hello') this.#hello = data;
    else if (id !== undefined) this.#whole = true;
    // Parts of something that will only be whole with the next id.
    else if (event === 'snapshot' || event === 'change') this.#whole = false;
    // What another tab remembered is as old here as it was there.
    const at = earlier(this.#machine, ageMs);
    if (event === 'heartbeat') this.#beat = { data, at };
    if (!this.#at || ageMs < since(this.#machine, this.#at)) this.#at = at;
    this.#store.apply(message);
  }

  /** @returns {import('./messages.js').Cursor | undefined} where it stands, while it is whole */
  get cursor() {
    return this.#whole ? this.#store.cursor : undefined;
  }

  /** @param {number} seq of a heartbeat @returns {boolean} whether something before it has not come */
  lacks(seq) {
    return lost(this.#store.cursor, this.#store.epoch ?? '', seq);
  }

  /**
   * @param {View} view
   * @returns {string | undefined} the id to come back with, where it is good for this choice
   */
  idFor(view) {
    return this.cursor && covers(this.view, view) ? idOf(this.cursor) : undefined;
  }

  /** @returns {Message[]} what a new connection would have said of it, `ageMs` ago; none while it is not whole */
  remembered() {
    const { cursor } = this;
    if (!cursor || !this.#hello || !this.#at) return [];
    const ageMs = Math.max(1, Math.round(since(this.#machine, this.#at)));
    const hello = { ...this.#hello, resumed: false, reason: 'fresh' };
    /** @type {Message[]} */
    const messages = [{ event: 'hello', data: hello, ageMs }];
    for (const topic of hello.topics) {
      const { synced, full, entries } = this.#store.topic(topic);
      const items = [...entries].filter(([, { old }]) => !old).map(([key, { value }]) => ({ key, value }));
      // What there was no room for here is not gone: it takes nothing away there.
      const whole = full ? { synced: false, full } : { synced };
      messages.push({ event: 'snapshot', data: { topic, part: 0, parts: 1, ...whole, items }, ageMs });
    }
    messages.push({ event: 'change', id: idOf(cursor), data: { changes: [] }, ageMs });
    if (this.#beat && this.#beat.data.seq <= cursor.seq) {
      messages.push({ event: 'heartbeat', data: this.#beat.data, ageMs: Math.max(1, Math.round(since(this.#machine, this.#beat.at))) });
    }
    return messages;
  }
}
