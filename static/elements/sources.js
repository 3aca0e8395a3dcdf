// What the page knows of the server's sources: from the stream, and until that comes from the paint.

import { since } from '../machine.js';

/** @typedef {import('../machine.js').Machine} Machine */
/** @typedef {import('../store.js').Store} Store */
/** @typedef {import('../topic.js').Entry} Entry */
/** @typedef {{key: string, kind: string, namespace: string, state: string, ageMs: number | undefined}} Source without an age: never proved, or nobody has told us */

export const DOUBTFUL = new Set(['stale', 'forbidden', 'absent', 'error']);
const SILENT = new Set(['late', 'stale']);

export class Sources {
  #store;
  #kinds;
  #paintAge;
  #machine;
  /** @type {Source[]} */
  #painted;

  /**
   * @param {Store} store
   * @param {HTMLElement} section
   * @param {ReadonlySet<string>} kinds heartbeats tell the ages of these; a source of something else would have none
   * @param {() => number} paintAge ms since the server painted
   * @param {Machine} machine
   */
  constructor(store, section, kinds, paintAge, machine) {
    this.#store = store;
    this.#kinds = kinds;
    this.#paintAge = paintAge;
    this.#machine = machine;
    this.#painted = [...section.querySelectorAll('tr[data-key]')].map((row) => {
      const [kind = '', namespace = ''] = (row.getAttribute('data-key') ?? '').split('/');
      const told = row.querySelector('[data-ms]')?.getAttribute('data-ms');
      const state = row.querySelector('[data-field="state"]')?.textContent ?? '';
      return { key: `${kind}/${namespace}`, kind, namespace, state, ageMs: told ? Number(told) : undefined };
    });
  }

  /** @param {Record<string, any>} value @returns {boolean} whether the page shows this source */
  shows(value) {
    return this.#kinds.has(value.kind);
  }

  /** @returns {Source[]} by their keys */
  all() {
    const { known, entries } = this.#store.topic('sources');
    if (!known) return this.#painted.map((source) => ({ ...source, ageMs: this.#age(source.key) }));
    const shown = [...entries].filter(([, { value }]) => this.shows(value)).sort(([a], [b]) => (a < b ? -1 : 1));
    return shown.map(([key, { value, at }]) => ({
      key, kind: value.kind, namespace: value.namespace, state: value.state,
      ageMs: value.provedAt === undefined ? undefined : this.#age(key, value.state === 'live' ? at : undefined),
    }));
  }

  /**
   * @param {string} key
   * @param {Entry['at']} [livesAt] when it became live: by a proof, of which the next heartbeat tells the age
   * @returns {number | undefined} ms since its last proof, as told by heartbeats or painted
   */
  #age(key, livesAt) {
    const painted = this.#painted.find((source) => source.key === key)?.ageMs;
    const told = this.#store.ageOf(key) ?? (painted === undefined ? undefined : painted + this.#paintAge());
    return livesAt ? Math.min(told ?? Infinity, since(this.#machine, livesAt)) : told;
  }
}

/** @param {Source[]} sources of one kind @returns {(namespace: string) => string} what is to be doubted of a value */
export function doubts(sources) {
  const known = new Map(sources.map(({ namespace, state }) => [namespace, state]));
  return (namespace) => {
    const state = known.get(namespace) ?? known.get('*') ?? 'absent';
    return DOUBTFUL.has(state) ? 'source-stale' : state === 'late' ? 'late' : '';
  };
}

/** @param {Source[]} sources @returns {Record<'silent' | 'refused' | 'awaited', string[]>} their keys, of those that are not live */
export function troubles(sources) {
  /** @param {(state: string) => boolean} wanted */
  const keys = (wanted) => sources.filter(({ state }) => wanted(state)).map(({ key }) => key);
  return {
    silent: keys((state) => SILENT.has(state)),
    refused: keys((state) => DOUBTFUL.has(state) && !SILENT.has(state)),
    awaited: keys((state) => state === 'connecting'),
  };
}
