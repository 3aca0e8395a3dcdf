// The first page: the server has painted it, and from here on it follows the stream.

import { Link, freshness } from './link.js';
import { browser, since } from './machine.js';
import { parseId } from './messages.js';
import { Shared } from './share.js';
import { Store } from './store.js';
import { cellsOf } from './elements/cells.js';
import { LinkView, freshnessOf } from './elements/link.js';
import { find } from './elements/node.js';
import { Sources, doubts, DOUBTFUL } from './elements/sources.js';
import { Table } from './elements/table.js';
import { ago } from './elements/words.js';
import { copyRule } from './elements/copying.js';

/** @typedef {import('./link.js').LinkNow} LinkNow */
/** @typedef {import('./topic.js').Entry} Entry */

const DRAW_MS = 250; // between two drawings at least
const TICK_MS = 1_000; // of the link
const RANK = ['connecting', 'live', 'late', 'source-stale', 'stale', 'disconnected'];

const machine = browser();
const root = document.documentElement;
const main = find(document, 'main');
const topics = [...main.querySelectorAll('section')].map((section) => section.dataset.topic ?? '');
const shared = new Shared({ base: new URL('..', import.meta.url), topics, machine });
const store = new Store({ topics, machine });
const link = new Link({ machine });
const view = new LinkView(() => shared.retryNow());
const began = machine.moment();
const sources = new Sources(store, sectionOf('sources'), new Set(topics), paintAge, machine);
const many = 'many' in document.body.dataset;
const tables = new Map(topics.map((name) => [name, new Table(sectionOf(name), cellsOf(name), many)]));
/** @type {Map<string, Set<string>>} keys to draw anew, by topic */
const changed = new Map();
/** @type {import('./messages.js').Cursor | undefined} where the paint stands, until the stream is past it */
let painted = parseId(`${root.dataset.epoch}-${root.dataset.seq}`);
/** @type {(() => void) | undefined} */
let stopWaiting;
let drawnAt = -DRAW_MS;

/** @param {string} name */
function sectionOf(name) {
  return find(main, `section[data-topic="${name}"]`);
}

/** @returns {number} ms since the server painted what it has painted: the page may have lain in a cache */
function paintAge() {
  const at = Date.parse(root.dataset.painted ?? '');
  return Math.max(since(machine, began), Number.isNaN(at) ? 0 : link.serverNow() - at);
}

/** @returns {LinkNow} before its first event the paint is the last word that we have */
function linkNow() {
  const { now } = link;
  if (now.heard) return now;
  const sinceMs = Math.max(now.sinceMs, paintAge());
  const fresh = freshness(sinceMs);
  return { ...now, sinceMs, freshness: fresh, state: now.state === 'ended' || fresh === 'live' ? now.state : fresh };
}

/** @param {string} a @param {string} b @returns {string} the worse of two */
function worst(a, b) {
  return RANK.indexOf(a) < RANK.indexOf(b) ? b : a;
}

/** @returns {boolean} whether the store has caught up with the paint: what another tab remembers may be older */
function caughtUp() {
  const { cursor, epoch = painted?.epoch } = store;
  if (painted && (epoch !== painted.epoch || (cursor?.seq ?? -1) >= painted.seq)) painted = undefined;
  return !painted;
}

function drawSoon() {
  stopWaiting ??= machine.later(draw, Math.max(0, DRAW_MS - (machine.moment().steady - drawnAt)));
}

function draw() {
  stopWaiting?.();
  stopWaiting = undefined;
  drawnAt = machine.moment().steady;
  const now = linkNow();
  const all = sources.all();
  root.dataset.role = shared.role;
  // First: no value may keep the page from saying that it is blind.
  view.draw(now, all, link.serverNow());
  if (caughtUp()) drawValues();
  for (const [name, table] of tables) {
    if (name === 'sources') drawSources(table, all, freshnessOf(now));
    else drawTopic(name, table, all.filter(({ kind }) => kind === name), freshnessOf(now));
  }
}

function drawValues() {
  const told = [...changed];
  changed.clear();
  for (const [name, keys] of told) {
    tables.get(name)?.update(store.topic(name), keys, name === 'sources' ? (value) => sources.shows(value) : undefined);
  }
}

/**
 * @param {Table} table
 * @param {import('./elements/sources.js').Source[]} all
 * @param {string} fresh
 */
function drawSources(table, all, fresh) {
  const ages = new Map(all.map(({ key, ageMs }) => [key, ageMs === undefined ? 'never' : `${ago(ageMs)} ago`]));
  const unconfirmed = paintOldness();
  table.freshen((_, entry) => worst(fresh, oldness(entry, unconfirmed)));
  table.age((key) => ages.get(key) ?? '');
  table.tell('', fresh, 'None.', false);
}

/**
 * @param {string} name
 * @param {Table} table
 * @param {import('./elements/sources.js').Source[]} mine
 * @param {string} fresh
 */
function drawTopic(name, table, mine, fresh) {
  const topic = store.topic(name);
  const doubt = doubts(mine);
  // Of what did not all find room, nobody knows what is missing or has changed.
  const unconfirmed = paintOldness();
  const whole = worst(fresh, topic.full ? 'source-stale' : topic.known ? '' : unconfirmed);
  table.freshen((key, entry) => worst(whole, worst(oldness(entry, unconfirmed), doubt(key.split('/')[0] ?? ''))));
  table.age((_, entry) => (entry?.at ? `${ago(since(machine, entry.at))} ago` : 'earlier'));
  const words = [...new Set(mine.map(({ state }) => state).filter((state) => state !== 'live'))];
  const ages = mine.map(({ ageMs }) => ageMs);
  // What is heard of a source says nothing of rows that had no room.
  if (!topic.full && ages.length && !ages.includes(undefined)) words.push(`as of ${ago(Math.max(...ages.map(Number)))} ago`);
  const synced = topic.known ? topic.synced : sectionOf(name).dataset.synced === 'true';
  if (topic.full) words.unshift('too many to show, not all are here');
  else if (!synced) words.unshift('not all known yet');
  const doubtful = topic.full || mine.some(({ state }) => DOUBTFUL.has(state));
  const worstDoubt = mine.map(({ namespace }) => doubt(namespace)).reduce(worst, whole);
  table.tell(words.join(', '), worstDoubt, synced && !doubtful ? 'None.' : 'Not known.', topic.full);
}

/** @returns {string} what is to be doubted of what was painted: once the stream is past it, it may be gone */
function paintOldness() {
  if (!painted) return 'source-stale';
  const fresh = freshness(paintAge());
  return fresh === 'live' ? '' : fresh;
}

/**
 * @param {Entry | undefined} entry of a row
 * @param {string} unconfirmed of a row without one
 * @returns {string} what is to be doubted of it, however its source is
 */
function oldness(entry, unconfirmed) {
  if (!entry) return unconfirmed;
  // What is kept from a server that knew more may be gone.
  return entry.old ? 'source-stale' : '';
}

store.on('change', ({ topic, keys }) => {
  const known = changed.get(topic) ?? new Set();
  changed.set(topic, known);
  for (const key of keys) known.add(key);
  drawSoon();
});
store.on('loss', drawSoon);
shared.on('message', (message) => {
  store.apply(message);
  if (message.event !== 'heartbeat') return;
  // Nothing was lost up to here: of what was painted before it was written, nothing is missing.
  if (!message.ageMs && Date.parse(message.data.serverTime) >= Date.parse(root.dataset.painted ?? '')) painted = undefined;
  drawSoon();
});
shared.on('role', drawSoon);
link.follow(shared);
link.on('change', drawSoon);
link.on('tick', () => {
  draw();
  // A second is a long time to be wrong about what is stale.
  machine.later(() => link.check(), TICK_MS / 2);
});
main.addEventListener('click', copyRule);
shared.start();
draw();
