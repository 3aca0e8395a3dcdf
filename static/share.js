// One connection for all tabs of a browser: one tab leads and tells the others what it hears.

import { Teller } from './teller.js';
import { browser } from './machine.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */

/**
 * The same face as Stream: `message` with what this tab's own choice shows, and `link`. Where Web
 * Locks or BroadcastChannel are missing, or the context is not secure, the tab connects alone.
 * @extends {Teller<{message: Message, link: LinkDetail, role: 'leader' | 'follower' | 'alone'}>}
 */
export class Shared extends Teller {
  /** @type {LinkDetail} the last that was told */
  link = { state: 'closed', reason: 'stopped' };
  /** @type {'leader' | 'follower' | 'alone'} */
  role = 'follower';

  /**
   * @param {object} options as of Stream
   * @param {string | URL} options.base
   * @param {string[]} options.topics
   * @param {string[] | null} [options.namespaces]
   * @param {() => Record<string, string> | Promise<Record<string, string>>} [options.headers]
   * @param {Machine} [options.machine]
   */
  constructor({ base, topics, namespaces = null, headers = () => ({}), machine = browser() }) {
    super();
    void [base, topics, namespaces, headers, machine];
  }

  /** Join the other tabs, or connect. */
  start() {}

  /** Leave them. */
  stop() {}

  /** Try at once, whatever is waited for. */
  retryNow() {}
}
