// What the tabs of one browser say to each other, checked: another tab may run another version of us.

import { areTexts, checked, isCount, isObject, parseId } from './messages.js';

/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./stream.js').LinkDetail} LinkDetail */
/** @typedef {{v: number, tab: string}} Signed who says it; a tab numbers the terms in which it leads, each above all that it heard of */
/** @typedef {Signed & {type: 'join', view: View}} Join let me hear this, and answer with what there is */
/** @typedef {Signed & {type: 'view', view: View}} Viewing I am still there, and hear this */
/** @typedef {Signed & {type: 'leave' | 'ping' | 'retry'}} Call */
/** @typedef {Signed & {type: 'lead', term: number, visible: boolean, id?: string}} Lead I begin, from this position */
/**
 * @typedef {Signed & {type: 'beat', term: number, visible: boolean, view: View, link: LinkDetail, linkAgeMs: number, linkNumber: number}} Beat
 *   I am alive, whether the server is or not
 */
/** @typedef {Signed & {type: 'relay', term: number, number: number, view: View, wall?: number, message: Message}} Relay numbered in its term from 1; said at that time */
/** @typedef {Signed & {type: 'answer', term: number, number: number, view: View, wall?: number, to: string, messages: Message[]}} Answer all that there is after that relay */
/** @typedef {Lead | Beat | Relay | Answer} Led what only a leader says */
/** @typedef {Join | Viewing | Call | Led} Note */

export const VERSION = 1;

/** @param {unknown} view */
const isView = (view) => isObject(view) && areTexts(view.topics) && (view.namespaces === null || areTexts(view.namespaces));

/** @param {unknown} link */
const isLink = (link) => isObject(link) && typeof link.state === 'string' && typeof link.reason === 'string'
  && (link.nextTryMs === undefined || typeof link.nextTryMs === 'number');

/** @param {unknown} message */
function isMessage(message) {
  try {
    return Boolean(checked(message));
  } catch {
    return false;
  }
}

/** @param {unknown} wall */
const isWall = (wall) => wall === undefined || typeof wall === 'number';

/** @type {Record<string, (note: Record<string, unknown>) => boolean>} */
const SHAPES = {
  join: (note) => isView(note.view),
  view: (note) => isView(note.view),
  leave: () => true,
  ping: () => true,
  retry: () => true,
  lead: (note) => isCount(note.term) && typeof note.visible === 'boolean'
    && (note.id === undefined || (typeof note.id === 'string' && parseId(note.id) !== undefined)),
  beat: (note) => isCount(note.term) && typeof note.visible === 'boolean' && isView(note.view)
    && isLink(note.link) && typeof note.linkAgeMs === 'number' && isCount(note.linkNumber),
  relay: (note) => isCount(note.term) && isCount(note.number) && isView(note.view)
    && isWall(note.wall) && isMessage(note.message),
  answer: (note) => isCount(note.term) && isCount(note.number) && isView(note.view) && isWall(note.wall)
    && typeof note.to === 'string' && Array.isArray(note.messages) && note.messages.every(isMessage),
};

/**
 * @param {unknown} data
 * @returns {Note | undefined} undefined where it is none of ours
 */
export function readNote(data) {
  if (!isObject(data) || data.v !== VERSION || typeof data.tab !== 'string') return undefined;
  const type = String(data.type);
  if (!Object.hasOwn(SHAPES, type) || !SHAPES[type]?.(data)) return undefined;
  return /** @type {Note} */ (/** @type {unknown} */ (data));
}
