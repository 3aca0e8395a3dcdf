// One connection for all tabs of a browser: one tab leads and tells the others what it hears.

import { Board } from './board.js';
import { Follower, leads } from './follower.js';
import { Leader } from './leader.js';
import { Lock } from './lock.js';
import { browser } from './machine.js';
import { VERSION, readNote } from './notes.js';
import { Stream } from './stream.js';
import { Teller } from './teller.js';
import { narrowed } from './views.js';

/** @typedef {import('./machine.js').Channel} Channel */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./machine.js').Sign} Sign */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */
/** @typedef {'leader' | 'follower' | 'alone'} Role */

/**
 * The same face as Stream: `message` with what this tab's own choice shows, and `link`. Where Web
 * Locks or BroadcastChannel are missing, or the context is not secure, the tab connects alone.
 *
 * The lock decides who leads; what leaders say is numbered by terms, because one that was frozen
 * says it still. A visible tab takes the place of a hidden leader, and of one that says nothing.
 * @extends {Teller<{message: Message, link: LinkDetail, role: Role}>}
 */
export class Shared extends Teller {
  /** @type {LinkDetail} the last that was told */
  link = { state: 'closed', reason: 'stopped' };
  /** @type {Role} */
  role = 'follower';
  #options;
  #machine;
  /** @type {View} */
  #view;
  #name;
  #tab;
  #board;
  /** @type {Channel | undefined} */
  #channel;
  /** @type {Lock | undefined} */
  #lock;
  /** @type {Stream | Leader | Follower | undefined} what we do in our role */
  #part;
  /** @type {'sse' | 'ws'} the way that the last connection took, whoever had it */
  #transport = 'sse';
  /** the last that anybody led in, as far as we know */
  #term = 0;
  /** @type {Map<string, {view: View, at: Moment}>} the other tabs */
  #others = new Map();
  /** @type {(() => void) | undefined} set while it runs */
  #unwatch;
  #away = false;

  /** @param {import('./stream.js').Options} options */
  constructor(options) {
    super();
    this.#options = options;
    this.#machine = options.machine ?? browser();
    this.#view = { topics: options.topics, namespaces: options.namespaces ?? null };
    this.#name = `watchglass.stream/1 tabs/${VERSION} ${new URL(options.base, globalThis.location?.href).pathname}`;
    this.#tab = [0, 0].map(() => this.#machine.random().toString(36).slice(2)).join('');
    this.#board = new Board(this.#machine);
  }

  /** Join the other tabs, or connect. */
  start() {
    if (this.#unwatch) return;
    this.#unwatch = this.#machine.watch((sign) => this.#sense(sign));
    this.#away = false;
    this.#enter();
  }

  /** Leave them. */
  stop() {
    if (!this.#unwatch) return;
    this.#unwatch();
    this.#unwatch = undefined;
    this.#exit();
    this.#learn({ state: 'closed', reason: 'stopped' });
  }

  /** Try at once, whatever is waited for. */
  retryNow() {
    if (!this.#unwatch) this.start();
    else if (this.#part instanceof Follower) {
      this.#post({ type: 'retry' });
      this.#part.suspect();
    } else this.#part?.retryNow();
  }

  #enter() {
    const { locks } = this.#machine;
    this.#channel = locks && this.#open();
    if (!locks || !this.#channel) {
      this.#alone();
      return;
    }
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#lock = new Lock(locks, this.#name, {
      held: () => this.#lead(),
      lost: () => this.#follow(),
      none: () => {
        this.#exit();
        this.#alone();
      },
    });
    this.#follow();
  }

  /** @returns {Channel | undefined} none in a page that may not have one */
  #open() {
    try {
      return this.#machine.channel(this.#name);
    } catch {
      return undefined;
    }
  }

  #exit() {
    this.#post({ type: 'leave' });
    this.#end();
    this.#lock?.leave();
    this.#channel?.close();
    this.#lock = this.#channel = undefined;
    this.#others.clear();
  }

  /** End what we do in our role. */
  #end() {
    const part = this.#part;
    this.#part = undefined;
    part?.stop();
  }

  #alone() {
    const stream = new Stream({ ...this.#options, machine: this.#machine, transport: this.#transport });
    stream.on('link', (detail) => this.#part === stream && this.#learn(detail));
    stream.on('message', (message) => this.#part === stream && this.tell('message', message));
    this.#become('alone', stream);
  }

  /** Hear another tab, and wait to lead. */
  #follow() {
    this.#end();
    const follower = new Follower({ ...this.#ports(), steal: () => this.#lock?.steal() }, this.#term);
    this.#become('follower', follower);
    this.#lock?.queue();
    return follower;
  }

  /** The lock is ours. */
  #lead() {
    this.#end();
    this.#term = Math.max(this.#term + 1, Math.floor(this.#machine.moment().wall));
    const leader = new Leader({
      ...this.#ports(),
      options: { ...this.#options, transport: this.#transport },
      others: this.#others,
      say: (note) => this.#post({ ...note, term: this.#term, wall: this.#machine.moment().wall }),
      yield: () => this.#follow(),
    });
    this.#become('leader', leader);
  }

  #ports() {
    return {
      machine: this.#machine,
      board: this.#board,
      view: this.#view,
      post: (/** @type {object} */ note) => this.#post(note),
      learn: (/** @type {LinkDetail} */ detail) => this.#learn(detail),
      take: (/** @type {Message} */ message, /** @type {View} */ view) => this.#take(message, view),
    };
  }

  /** @param {Message} message @param {View} view of the connection that it came by */
  #take(message, view) {
    this.#board.take(message, view);
    const mine = narrowed(this.#view, message);
    if (mine) this.tell('message', mine);
  }

  /** @param {unknown} data */
  #hear(data) {
    const note = readNote(data);
    if (!note || note.tab === this.#tab) return;
    if ('term' in note) {
      this.#heed(note);
      return;
    }
    if (note.type === 'leave') this.#others.delete(note.tab);
    else if ('view' in note) this.#others.set(note.tab, { view: note.view, at: this.#machine.moment() });
    if (this.#part instanceof Leader) this.#part.hear(note);
  }

  /** @param {import('./notes.js').Led} note */
  #heed(note) {
    if (note.type === 'answer' && note.to !== this.#tab) return;
    let part = this.#part;
    if (part instanceof Leader) {
      if (!leads(note, { tab: this.#tab, term: this.#term })) {
        // It was frozen, and does not know that it was replaced.
        part.beat();
        return;
      }
      part = this.#follow();
    }
    if (!(part instanceof Follower)) return;
    part.heed(note);
    this.#term = Math.max(this.#term, part.leader.term);
  }

  /** @param {Sign} sign */
  #sense(sign) {
    const leaves = sign === 'pagehide' || sign === 'freeze';
    if (leaves && !this.#away) this.#exit();
    if ((sign === 'pageshow' || sign === 'resume') && this.#away) this.#enter();
    this.#away = leaves || (this.#away && sign !== 'pageshow' && sign !== 'resume');
    if (this.#part instanceof Leader) this.#part.sense(sign);
    if (this.#part instanceof Follower) {
      this.#part.suspect();
      this.#part.covet();
    }
  }

  /** @param {Role} role @param {Stream | Leader | Follower} part to begin, unless whoever is told stops us */
  #become(role, part) {
    this.#part = part;
    this.role = role;
    this.tell('role', role);
    if (this.#part === part) part.start();
  }

  /** @param {LinkDetail} detail */
  #learn(detail) {
    this.link = detail;
    if (detail.state === 'open') this.#transport = detail.transport === 'ws' ? 'ws' : 'sse';
    this.tell('link', detail);
  }

  /** @param {object} note */
  #post(note) {
    this.#channel?.postMessage({ ...note, v: VERSION, tab: this.#tab });
  }
}
