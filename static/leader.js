// The tab that has the connection: it says to the others what it hears, and that it is there.

import { since } from './machine.js';
import { Stream } from './stream.js';
import { covers, union } from './views.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Sign} Sign */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./notes.js').Call} Call */
/** @typedef {import('./notes.js').Join} Join */
/** @typedef {import('./notes.js').Viewing} Viewing */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */
/**
 * @typedef {object} LeaderPorts
 * @property {import('./stream.js').Options} options
 * @property {Machine} machine
 * @property {Board} board
 * @property {View} view our own
 * @property {Map<string, {view: View, at: Moment}>} others the other tabs
 * @property {(note: object) => void} say in our term
 * @property {(message: Message, view: View) => void} take
 * @property {(detail: LinkDetail) => void} learn
 * @property {() => void} yield let another tab lead
 */

const BEAT_MS = 5_000; // it says that it is there, also when the server says nothing
const HIDDEN_MS = 60_000; // then one that nobody sees lets the next one lead
const GONE_MS = 150_000; // a tab that has not said so since has gone; hidden ones may be held back

export class Leader {
  #ports;
  #machine;
  #stream;
  #number = 0;
  /** @type {{detail: LinkDetail, at: Moment, number: number}} */
  #link;
  /** @type {Map<string, View>} tabs to answer as soon as there is something whole */
  #waiting = new Map();
  #stopBeat = () => {};
  #stopHidden = () => {};

  /** @param {LeaderPorts} ports */
  constructor(ports) {
    this.#ports = ports;
    this.#machine = ports.machine;
    const view = this.#union();
    const id = ports.board.idFor(view);
    ports.say({ type: 'lead', visible: this.#machine.visible(), ...id && { id } });
    const stream = new Stream({ ...ports.options, ...view, machine: this.#machine, ...id && { since: id } });
    this.#stream = stream;
    this.#link = { detail: stream.link, at: this.#machine.moment(), number: 0 };
    stream.on('link', (detail) => {
      this.#link = { detail, at: this.#machine.moment(), number: this.#link.number + 1 };
      this.beat();
      this.#ports.learn(detail);
    });
    stream.on('message', (message) => this.#relay(message));
  }

  /** Connect. */
  start() {
    this.#stopBeat = this.#machine.later(() => this.#beatOn(), BEAT_MS);
    // Its first word is a beat too.
    this.#stream.start();
  }

  /** Leave the connection, without a word. */
  stop() {
    this.#stopBeat();
    this.#stopHidden();
    this.#ports = { ...this.#ports, say: () => {}, learn: () => {}, take: () => {} };
    this.#stream.stop();
  }

  /** Try at once, whatever is waited for. */
  retryNow() {
    this.#stream.retryNow();
  }

  /** Say that we are there, whether the server is or not. */
  beat() {
    const { detail, at, number } = this.#link;
    const linkAgeMs = since(this.#machine, at);
    const visible = this.#machine.visible();
    this.#ports.say({ type: 'beat', visible, view: this.#stream.view, link: detail, linkAgeMs, linkNumber: number });
  }

  /** @param {Join | Viewing | Call} note */
  hear(note) {
    // First, so that nobody hears of a view that is not theirs and asks again.
    this.#stream.choose(this.#union());
    if (note.type === 'retry') this.retryNow();
    if (note.type === 'ping' || note.type === 'join') this.beat();
    if (note.type !== 'join') return;
    this.#waiting.set(note.tab, note.view);
    this.#answer();
  }

  /** @param {Sign} sign */
  sense(sign) {
    if (sign !== 'visible' && sign !== 'hidden') return;
    this.#stopHidden();
    this.beat();
    if (sign === 'visible') return;
    // A connection costs the same in any tab, but browsers hold back those that nobody sees.
    this.#stopHidden = this.#machine.later(() => this.#ports.others.size && this.#ports.yield(), HIDDEN_MS);
  }

  /** @returns {View} of all tabs */
  #union() {
    const { others, view } = this.#ports;
    for (const [tab, { at }] of others) if (since(this.#machine, at) > GONE_MS) others.delete(tab);
    return union([view, ...[...others.values()].map((other) => other.view)]);
  }

  #beatOn() {
    this.#stopBeat = this.#machine.later(() => this.#beatOn(), BEAT_MS);
    this.beat();
    this.#stream.choose(this.#union());
  }

  /** @param {Message} message */
  #relay(message) {
    const { view } = this.#stream;
    this.#number += 1;
    this.#ports.say({ type: 'relay', number: this.#number, view, message });
    // Who hears a stream from its beginning needs no answer.
    if (message.event === 'hello' && !message.data.resumed) this.#waiting.clear();
    this.#ports.take(message, view);
    this.#answer();
  }

  #answer() {
    const { board, say } = this.#ports;
    const { view } = board;
    const ready = board.cursor ? [...this.#waiting].filter(([, shown]) => covers(view, shown)) : [];
    const messages = ready.length ? board.remembered() : [];
    for (const [to] of ready) {
      this.#waiting.delete(to);
      say({ type: 'answer', number: this.#number, view, to, messages });
    }
  }
}
