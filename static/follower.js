// A tab that hears the connection of another: what it takes, and when it stops believing in its leader.

import { since } from './machine.js';
import { parseId } from './messages.js';
import { covers } from './views.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./machine.js').Moment} Moment */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./notes.js').Answer} Answer */
/** @typedef {import('./notes.js').Beat} Beat */
/** @typedef {import('./notes.js').Led} Led */
/** @typedef {import('./notes.js').Relay} Relay */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */
/**
 * @typedef {object} FollowerPorts
 * @property {Machine} machine
 * @property {Board} board
 * @property {View} view our own
 * @property {(note: object) => void} post
 * @property {(message: Message, view: View) => void} take
 * @property {(detail: LinkDetail) => void} learn
 * @property {() => void} steal lead in the place of a leader that does not
 */

const SILENT_MS = 15_000; // a leader that says nothing for so long has gone
const JOIN_MS = 4_000; // the same for one that has never said anything to us
const PING_MS = 1_000; // to answer before that is believed: we may both have slept
const COVET_MS = 200; // at most, before a visible tab takes a hidden one's place: there may be several
const WAITED_MS = 1_000; // on the way from tab to tab, nobody is told of less
const VIEW_MS = 30_000; // we say again what we show
const JOINING = { state: /** @type {const} */ ('connecting'), reason: 'joining' };

/**
 * @param {{tab: string, term: number}} a
 * @param {{tab: string, term: number}} b
 * @returns {boolean} whether `a` began to lead after `b`
 */
export function leads(a, b) {
  return a.term > b.term || (a.term === b.term && a.tab > b.tab);
}

export class Follower {
  /** @type {{tab: string, term: number, visible: boolean}} whom we hear; nobody yet: tab '' */
  leader;
  #ports;
  #machine;
  /** @type {Moment} when it last said anything */
  #heardAt;
  /** the number of its last relay */
  #number = 0;
  /** whether we have all that the relays up to that one have said */
  #ready = false;
  /** @type {{detail: LinkDetail, number: number} | undefined} its link */
  #link;
  /** @type {LinkDetail} the last that we told */
  #told = JOINING;
  /** @type {Moment | undefined} when we last said what we show */
  #saidAt;
  #stopWatch = () => {};
  /** @type {(() => void) | undefined} */
  #stopCovet;

  /** @param {FollowerPorts} ports @param {number} term the last that we know of */
  constructor(ports, term) {
    this.#ports = ports;
    this.#machine = ports.machine;
    this.leader = { tab: '', term, visible: true };
    this.#heardAt = this.#machine.moment();
  }

  /** Ask for what there is. */
  start() {
    this.suspect();
    this.#ports.learn(JOINING);
    this.#say('join');
  }

  stop() {
    this.#stopWatch();
    this.#stopCovet?.();
  }

  /** Watch over the leader: when it says nothing while somebody looks, take its place. */
  suspect() {
    this.#stopWatch();
    const most = (this.leader.tab ? SILENT_MS : JOIN_MS) - PING_MS;
    const seen = this.#machine.visible();
    const silence = since(this.#machine, this.#heardAt);
    if (!seen || silence < most) {
      this.#stopWatch = this.#machine.later(() => this.suspect(), seen ? most - silence : most);
      return;
    }
    this.#ports.post({ type: 'ping' });
    const heardAt = this.#heardAt;
    this.#stopWatch = this.#machine.later(() => {
      if (this.#heardAt === heardAt && this.#machine.visible()) this.#ports.steal();
      else this.suspect();
    }, PING_MS);
  }

  /** Take the place of a leader that nobody sees, unless another visible tab is quicker. */
  covet() {
    const better = () => !this.leader.visible && this.#machine.visible();
    if (!better()) return;
    this.#stopCovet ??= this.#machine.later(() => {
      this.#stopCovet = undefined;
      if (better()) this.#ports.steal();
    }, this.#machine.random() * COVET_MS);
  }

  /** @param {Led} note what somebody says who leads, or believes to */
  heed(note) {
    const same = note.term === this.leader.term && note.tab === this.leader.tab;
    // It was frozen, and does not know that it was replaced; unless its successor has gone too.
    if (!same && !leads(note, this.leader) && since(this.#machine, this.#heardAt) < SILENT_MS) return;
    this.#heardAt = this.#machine.moment();
    if (!same) this.#change(note);
    if ('visible' in note) this.leader.visible = note.visible;
    if (note.type === 'beat') this.#follow(note);
    else if (note.type === 'relay') this.#pass(note);
    else if (note.type === 'answer') this.#accept(note);
    this.covet();
  }

  /** @param {Led} note of somebody else than before */
  #change(note) {
    this.leader = { tab: note.tab, term: note.term, visible: true };
    this.#link = undefined;
    this.#number = 0;
    const { cursor } = this.#ports.board;
    const from = note.type === 'lead' ? parseId(note.id) : undefined;
    // What it will be told from there on is all that we lack; otherwise it has to begin anew for us.
    this.#ready = from !== undefined && cursor?.epoch === from.epoch && cursor.seq >= from.seq;
    if (this.#ready) this.#say('view');
    // One that we have just asked will answer.
    else if (note.type === 'lead' || !this.#saidAt || since(this.#machine, this.#saidAt) > PING_MS) this.#say('join');
  }

  /** @param {Beat} beat */
  #follow({ view, link, linkAgeMs, linkNumber }) {
    if (linkNumber !== this.#link?.number) {
      const { nextTryMs } = link;
      const left = nextTryMs === undefined ? {} : { nextTryMs: Math.max(0, nextTryMs - linkAgeMs) };
      this.#link = { detail: { ...link, ...left }, number: linkNumber };
      this.#learn();
    }
    if (!covers(view, this.#ports.view)) this.#rejoin();
    else if (!this.#saidAt || since(this.#machine, this.#saidAt) > VIEW_MS) this.#say('view');
  }

  /** @param {Relay} relay */
  #pass({ number, message, view, wall }) {
    const follows = this.#ready && number === this.#number + 1;
    const begins = message.event === 'hello' && !message.data.resumed;
    this.#number = number;
    const lacking = message.event === 'heartbeat' && this.#ports.board.lacks(message.data.seq);
    if (!(begins || follows) || lacking || !covers(view, this.#ports.view)) {
      // When a heartbeat comes, its leader has everything: an answer should have come.
      if (this.#ready || message.event === 'heartbeat' || message.event === 'hello') this.#rejoin();
      return;
    }
    this.#ready = true;
    this.#learn();
    this.#take(message, view, wall);
  }

  /** @param {Answer} answer */
  #accept({ number, messages, view, wall }) {
    if (this.#ready || !covers(view, this.#ports.view)) return;
    this.#number = number;
    this.#ready = true;
    this.#learn();
    for (const message of messages) this.#take(message, view, wall);
  }

  /** @param {Message} message @param {View} view @param {number} [wall] when it was passed on */
  #take(message, view, wall = Infinity) {
    // Notes wait while a tab stands still: what one says is as old as that.
    const waited = Math.round(this.#machine.moment().wall - wall);
    this.#ports.take(waited > WAITED_MS ? { ...message, ageMs: (message.ageMs ?? 0) + waited } : message, view);
  }

  #rejoin() {
    this.#ready = false;
    this.#learn();
    this.#say('join');
  }

  /** Tell the link: that of the leader, once we are given what comes by it. */
  #learn() {
    const detail = this.#link && (this.#ready || this.#link.detail.state !== 'open') ? this.#link.detail : JOINING;
    if (detail === this.#told) return;
    this.#told = detail;
    this.#ports.learn(detail);
  }

  /** @param {'join' | 'view'} type */
  #say(type) {
    this.#saidAt = this.#machine.moment();
    this.#ports.post({ type, view: this.#ports.view });
  }
}
