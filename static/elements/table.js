// One topic in a table: a row for each key, adopted from the server's paint or cloned from its
// template, kept for as long as the key lives, and never moved.

import { find, focus, mark, write } from './node.js';
import { moment } from './words.js';

/** @typedef {import('../topic.js').Entry} Entry */
/** @typedef {import('../topic.js').Topic} Topic */
/** @typedef {import('./cells.js').Cell} Cell */
/** @typedef {{node: Element, cells: Map<string, Element>, entry: Entry | undefined}} Row without an entry: painted, and nobody has confirmed it */

const OLD = new Set(['stale', 'disconnected', 'source-stale']);

export class Table {
  /** @type {Map<string, Row>} */
  rows = new Map();
  #section;
  #body;
  #template;
  #cells;
  #many;
  #more;

  /**
   * @param {HTMLElement} section
   * @param {(value: Record<string, any>) => Cell[]} cells
   * @param {boolean} many whether a name is one in its namespace only
   */
  constructor(section, cells, many) {
    this.#section = section;
    this.#cells = cells;
    this.#many = many;
    this.#body = find(section, 'tbody');
    this.#more = find(section, '[data-more]');
    this.#template = /** @type {HTMLTemplateElement} */ (find(section, 'template')).content;
    for (const button of [...section.querySelectorAll('button'), ...this.#template.querySelectorAll('button')]) {
      button.hidden = false;
    }
    for (const node of this.#body.children) {
      this.rows.set(node.getAttribute('data-key') ?? '', rowOf(node));
      for (const time of node.querySelectorAll('time')) write(time, moment(time.dateTime));
    }
  }

  /**
   * Make rows of what the store holds now.
   * @param {Topic} topic
   * @param {Iterable<string>} keys those that may have changed
   * @param {(value: Record<string, any>) => boolean} [wanted]
   */
  update(topic, keys, wanted = () => true) {
    // A key that was told of and is not held was removed; whether its topic is whole does not matter.
    for (const key of keys) this.#try(key, topic.entries.get(key), wanted);
    const whole = topic.synced && !topic.full;
    mark(this.#section, 'data-synced', String(whole));
    if (!whole) return;
    for (const key of this.rows.keys()) if (!topic.entries.has(key)) this.#try(key, undefined, wanted);
    this.#more.hidden = true;
  }

  /** @param {(key: string, entry: Entry | undefined) => string} freshness of each value */
  freshen(freshness) {
    for (const [key, { node, cells, entry }] of this.rows) {
      const fresh = freshness(key, entry);
      if (node.getAttribute('data-freshness') === fresh) continue;
      mark(node, 'data-freshness', fresh);
      // For who does not see that it is hatched.
      write(cells.get('name')?.lastElementChild, OLD.has(fresh) ? ' (out of date)' : '');
    }
  }

  /** @param {(key: string, entry: Entry | undefined) => string} age of each value, in words */
  age(age) {
    for (const [key, { cells, entry }] of this.rows) write(cells.get('age'), age(key, entry));
  }

  /**
   * What stands beside and below the rows.
   * @param {string} note
   * @param {string} freshness
   * @param {string} emptiness
   * @param {boolean} full whether there are more than the page has room for
   */
  tell(note, freshness, emptiness, full) {
    write(find(this.#section, 'h2 small'), note);
    if (full) {
      write(this.#more, 'These are not all: there are more than this page has room for.');
      this.#more.hidden = false;
    }
    // Painted are the first of so many, until the others come.
    if (full || this.#more.hidden) write(find(this.#section, '[data-count]'), `${this.rows.size}${full ? '+' : ''}`);
    mark(this.#section, 'data-freshness', freshness);
    const empty = find(this.#section, '[data-empty]');
    write(empty, emptiness);
    empty.hidden = this.rows.size > 0;
  }

  /**
   * One value that cannot be drawn, or a row that will not go, leaves the others right, and its own row old.
   * @param {string} key
   * @param {Entry | undefined} entry
   * @param {(value: Record<string, any>) => boolean} wanted
   */
  #try(key, entry, wanted) {
    try {
      if (entry && wanted(entry.value)) this.#put(key, entry);
      else this.#drop(key);
    } catch (error) {
      const row = this.rows.get(key);
      // With a value of its own it is not taken for drawn when the same comes again.
      if (row) row.entry = { value: {}, at: entry?.at, old: true };
      reportError(error);
    }
  }

  /** @param {string} key @param {Entry} entry */
  #put(key, entry) {
    const known = this.rows.get(key);
    if (known?.entry?.value !== entry.value) {
      const row = known ?? this.#insert(key);
      for (const cell of this.#cells(entry.value)) fill(row, this.#many && cell.field === 'name' ? { ...cell, text: key } : cell);
      row.entry = entry;
    } else if (known) known.entry = entry;
  }

  /** @param {string} key @returns {Row} */
  #insert(key) {
    const node = /** @type {Element} */ (this.#template.firstElementChild?.cloneNode(true));
    mark(node, 'data-key', key);
    this.#body.insertBefore(node, this.#body.children[this.#place(key)] ?? null);
    const row = rowOf(node);
    this.rows.set(key, row);
    return row;
  }

  /** @param {string} key @returns {number} where it belongs among the rows, which are in order */
  #place(key) {
    const { children } = this.#body;
    let [low, high] = [0, children.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((children[middle]?.getAttribute('data-key') ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {string} key */
  #drop(key) {
    const node = this.rows.get(key)?.node;
    if (node?.contains(document.activeElement)) focus(node.closest('.scrolls'));
    node?.remove();
    this.rows.delete(key);
  }
}

/** @param {Element} node @returns {Row} */
function rowOf(node) {
  const cells = [...node.children].map((cell) => /** @type {const} */ ([cell.getAttribute('data-field') ?? '', cell]));
  return { node, cells: new Map(cells), entry: undefined };
}

/** @param {Row} row @param {Cell} cell */
function fill(row, { field, text, mood = '', time, rule }) {
  const node = row.cells.get(field);
  if (!node) return;
  if (time !== undefined) {
    write(node.firstElementChild, text);
    if (node.firstElementChild) mark(node.firstElementChild, 'datetime', time);
  } else if (rule !== undefined) {
    write(node.firstElementChild, text);
    const details = find(node, 'details');
    // The focus stays where it was, as near as may be.
    if (rule === '' && details.contains(document.activeElement)) focus(details.closest('.scrolls'));
    details.hidden = rule === '';
    write(find(node, 'pre'), rule);
  } else {
    write(node.firstElementChild ?? node, text);
    mark(node, 'data-mood', mood);
  }
}
