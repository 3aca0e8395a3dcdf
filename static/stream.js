// One connection to the server: kept, judged by its events, and made again when it is lost.

import { Teller } from './teller.js';
import { browser } from './machine.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {{status: number, error: string, reason: string}} Problem what a server answers that refuses */
/**
 * Why there is no connection. `network` nothing answered; `silent` no hello in time; `quiet` no event in
 * time; `cut` it ended without goodbye; `refused` a status (see problem); `busy` 429 or 503 and a time
 * to wait; `not_a_stream` an answer of something else; `garbled` not the protocol; `loss` something did
 * not reach us; `drain`, `limit`, `auth_expired`, `revoked` a goodbye; `unauthorized`, `forbidden` 401 and
 * 403; `view` another choice; `woken` the tab was away; `asked` retryNow; `joining` another tab has not
 * answered yet; `stopped`.
 * @typedef {string} Reason
 */
/**
 * @typedef {object} LinkDetail
 * @property {'connecting' | 'open' | 'closed' | 'ended'} state an attempt runs; hello has come; waiting for the
 *   next attempt; no more attempts unless `retryNow`
 * @property {Reason} reason `''` for open and for the first attempt
 * @property {number} [nextTryMs] from the time of the event to the next attempt
 * @property {Problem} [problem]
 * @property {'sse' | 'ws'} [transport]
 */

/**
 * Tells `message` with each Message of the protocol, checked, and `link` with a LinkDetail.
 * @extends {Teller<{message: Message, link: LinkDetail}>}
 */
export class Stream extends Teller {
  /** @type {LinkDetail} the last that was told */
  link = { state: 'closed', reason: 'stopped' };

  /**
   * @param {object} options
   * @param {string | URL} options.base the root of the application, under which `api/stream` is
   * @param {string[]} options.topics
   * @param {string[] | null} [options.namespaces] null or left out: all that are watched
   * @param {() => Record<string, string> | Promise<Record<string, string>>} [options.headers] asked before each attempt
   * @param {Machine} [options.machine]
   */
  constructor({ base, topics, namespaces = null, headers = () => ({}), machine = browser() }) {
    super();
    void [base, topics, namespaces, headers, machine];
  }

  /** Connect, and stay connected. */
  start() {}

  /** Leave, for good or until the next `start`. */
  stop() {}

  /** Try at once, whatever we wait for; also after `ended`. */
  retryNow() {}
}
