// The link state: a pill that always says how old, the hops that say where it broke, and a bar
// when what is shown may be old. Who does not see the page hears of each change once, without ages.

import { find, focus, mark, write } from './node.js';
import { DOUBTFUL, troubles } from './sources.js';
import { ago, clock, counted, some } from './words.js';

/** @typedef {import('../link.js').LinkNow} LinkNow */
/** @typedef {import('./sources.js').Source} Source */

/** @type {Record<string, string>} */
const WORDS = {
  connecting: 'Connecting', live: 'Live', late: 'Late', stale: 'No update', disconnected: 'Disconnected',
  resync: 'Reading again', draining: 'Restarting', ended: 'Ended',
};
/** @type {Record<string, string>} why there is no connection */
const REASONS = {
  network: 'nothing answers', silent: 'the answer does not begin', quiet: 'it has gone silent',
  cut: 'the connection was cut', busy: 'it is busy', not_a_stream: 'something else answers',
  garbled: 'what comes cannot be read', loss: 'something was lost on the way', drain: 'it is restarting',
  limit: 'it has no room for more readers', auth_expired: 'the sign-in has ended', revoked: 'access was taken away',
  unauthorized: 'it asks for a sign-in', forbidden: 'it does not allow this page', joining: 'asking another tab',
};

const LONG_MS = 5_000; // a wait that may be cut short, before anything is old

/** @param {LinkNow} now @returns {string} how old everything is, whatever its source: for `data-freshness` */
export function freshnessOf({ state, freshness, heard }) {
  if (state === 'ended' && freshness !== 'disconnected') return 'stale';
  return freshness === 'live' && !heard ? 'connecting' : freshness;
}

/** @param {LinkNow} now @returns {boolean} whether it is this page that hears nothing */
function isLost(now) {
  return freshnessOf(now) === 'stale' || now.freshness === 'disconnected';
}

export class LinkView {
  #root = document.documentElement;
  #pill = find(document, '#link');
  #heard = find(document, '#heard');
  #page = find(document, '[data-hop="page"]');
  #cluster = find(document, '[data-hop="cluster"]');
  #skew = find(document, '[data-hop="clock"]');
  #bar = find(document, '#bar');
  #retry = find(this.#bar, 'button');
  #told = find(document, '#told');
  /** whether this page was told to wait long, and has no connection yet */
  #waits = false;

  /** @param {() => void} retry */
  constructor(retry) {
    this.#retry.addEventListener('click', retry);
  }

  /** @param {LinkNow} now @param {Source[]} sources @param {number} serverNow ms since 1970 */
  draw(now, sources, serverNow) {
    mark(this.#root, 'data-link', now.state);
    mark(this.#root, 'data-freshness', freshnessOf(now));
    const why = whyOf(now);
    write(this.#pill, now.state === 'ended' ? `Ended: ${why}` : WORDS[now.state] ?? now.state);
    write(this.#heard, `${now.heard || now.sinceMs < 1_000 ? '' : 'nothing yet, '}${ago(now.sinceMs)}`);
    this.#hops(now, why, sources);
    this.#drawBar(now, why, sources, serverNow);
    if (!isLost(now)) this.#tell(sources.filter(({ state }) => DOUBTFUL.has(state)).map(({ key }) => key));
  }

  /** @param {string[]} old keys of sources that nothing reliable is heard of */
  #tell(old) {
    if (old.length) write(this.#told, `Out of date: ${some(old)}.`);
    else if (this.#told.textContent) write(this.#told, 'Every source is heard of again.');
  }

  /** @param {LinkNow} now @param {string} why @param {Source[]} sources */
  #hops(now, why, sources) {
    const next = nextTry(now);
    const page = why ? [why, next].filter(Boolean).join('; ') : now.state === 'connecting' ? 'connecting' : 'connected';
    hop(this.#page, page, now.state !== 'live' && why !== '');
    this.#skew.hidden = now.skewMs === undefined;
    const skew = now.skewMs ?? 0;
    hop(this.#skew, `${ago(Math.abs(skew))} ${skew > 0 ? 'slow' : 'fast'}; ages are the server's`, false);
    // Who hears nothing of the one knows nothing of the other.
    if (isLost(now)) return hop(this.#cluster, 'not known', false);
    const { silent, refused, awaited } = troubles(sources);
    const parts = [
      silent.length && `no word of ${some(silent)}${oldest(sources, silent)}`,
      refused.length && `${some(refused)} not to be had`,
      awaited.length && `waiting for ${some(awaited)}`,
    ].filter(Boolean);
    hop(this.#cluster, parts.join('; ') || 'connected', silent.length + refused.length > 0);
  }

  /** @param {LinkNow} now @param {string} why @param {Source[]} sources @param {number} serverNow */
  #drawBar(now, why, sources, serverNow) {
    const lost = isLost(now);
    this.#waits = now.reason !== '' && (this.#waits || (now.nextTryMs ?? 0) > LONG_MS);
    const cut = lost || this.#waits;
    const stale = sources.filter(({ state, ageMs }) => state === 'stale' || (state === 'late' && ageMs === undefined)).map(({ key }) => key);
    if (!cut && document.activeElement === this.#retry) focus(find(document, 'h1'));
    this.#bar.hidden = !cut && stale.length === 0;
    this.#retry.hidden = !cut;
    if (this.#bar.hidden) return;
    const [strong, text] = [find(this.#bar, 'strong'), find(this.#bar, 'p > span')];
    if (cut) {
      write(strong, now.state === 'ended' ? `Ended ${counted(now.sinceMs)} ago` : `No update for ${counted(now.sinceMs)}`);
      const told = why ? ` (${why})` : '';
      write(text, `This page has lost Watchglass${told}. Everything below is as it was at ${clock(serverNow - now.sinceMs)}.`);
    } else {
      write(strong, `No word of the API server${oldest(sources, stale)}`);
      write(text, `Watchglass is well and has lost the API server. ${some(stale)}: as last heard.`);
    }
    write(find(this.#bar, 'small'), cut ? nextTry(now) : '');
  }
}

/** @param {LinkNow} now @returns {string} */
function whyOf({ reason, problem }) {
  if (reason === 'refused' && problem) return `it answers ${problem.status}: ${problem.error}`;
  return REASONS[reason] ?? '';
}

/** @param {LinkNow} now @returns {string} */
function nextTry({ nextTryMs }) {
  return nextTryMs === undefined ? '' : `next try in ${Math.ceil(nextTryMs / 1_000)} s`;
}

/** @param {Source[]} sources @param {string[]} keys @returns {string} how long ago the longest silent of them was heard */
function oldest(sources, keys) {
  const ages = sources.filter(({ key }) => keys.includes(key)).map(({ ageMs }) => ageMs);
  if (!ages.length) return '';
  return ages.includes(undefined) ? ' yet' : ` for ${ago(Math.max(...ages.map(Number)))}`;
}

/** @param {HTMLElement} row @param {string} text @param {boolean} broken */
function hop(row, text, broken) {
  write(find(row, 'dd'), text);
  mark(row, 'data-broken', broken ? 'true' : '');
}
