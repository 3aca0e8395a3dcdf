// The messages of watchglass.stream/1 (docs/stream.md), checked before anybody believes them.

/** @typedef {{epoch: string, seq: number}} Cursor a position in the stream */
/**
 * @typedef {object} Message
 * @property {string} event
 * @property {any} data
 * @property {string} [id] where the message carries one
 * @property {number} [ageMs] how old it is already, when another tab remembers it for us or the stream runs behind
 */
/** @typedef {{key: string, value: any}} Item */
/** @typedef {{topic: string, part: number, parts: number, synced: boolean, items: Item[], full?: boolean}} Snapshot full: of another tab that had no room for all of it */
/** @typedef {{topic: string, key: string, op: string, value?: any}} Change an op other than upsert and remove is not for us */
/** @typedef {import('./wire.js').StreamHello} Hello */
/** @typedef {import('./wire.js').StreamHeartbeat} Heartbeat */
/** @typedef {{topics: string[], namespaces: string[] | null}} View no topics stand for all that we may read, null for all namespaces that are watched */

/** A message that is not of the protocol. */
export class Garbled extends Error {}

const ID = /^([0-9a-z]{10})-(0|[1-9][0-9]{0,15})$/;

/**
 * @param {string | null | undefined} text
 * @returns {Cursor | undefined} undefined where it is no id
 */
export function parseId(text) {
  const [, epoch, digits] = ID.exec(text ?? '') ?? [];
  const seq = Number(digits);
  return epoch && Number.isSafeInteger(seq) ? { epoch, seq } : undefined;
}

/** @param {Cursor} cursor */
export function idOf({ epoch, seq }) {
  return `${epoch}-${seq}`;
}

/**
 * @param {string} event
 * @param {string | undefined} id
 * @param {string} text
 * @returns {Message}
 * @throws {Garbled}
 */
export function readMessage(event, id, text) {
  let data;
  try {
    data = JSON.parse(text);
  } catch {
    throw new Garbled(`the data of ${event} is no JSON`);
  }
  return checked(id === undefined ? { event, data } : { event, id, data });
}

/** @param {unknown} thing @returns {thing is Record<string, unknown>} */
export function isObject(thing) {
  return typeof thing === 'object' && thing !== null && !Array.isArray(thing);
}

/** @param {unknown} thing @returns {thing is number} a whole number that is not negative */
export function isCount(thing) {
  return Number.isSafeInteger(thing) && Number(thing) >= 0;
}

/** @param {unknown} thing @returns {thing is string[]} */
export function areTexts(thing) {
  return Array.isArray(thing) && thing.every((text) => typeof text === 'string');
}

/** @type {Record<string, (data: Record<string, unknown>) => boolean>} */
const SHAPES = {
  hello: (data) => /^[0-9a-z]{10}$/.test(String(data.epoch)) && typeof data.resumed === 'boolean'
    && isCount(data.heartbeatMs) && data.heartbeatMs > 0 && isCount(data.retryMs) && areTexts(data.topics),
  snapshot: (data) => typeof data.topic === 'string' && typeof data.synced === 'boolean'
    && isCount(data.part) && isCount(data.parts) && data.part < data.parts
    && Array.isArray(data.items) && data.items.every(isItem),
  change: (data) => Array.isArray(data.changes) && data.changes.every((change) => isObject(change)
    && typeof change.topic === 'string' && typeof change.key === 'string'
    && (change.op !== 'upsert' || isObject(change.value))),
  heartbeat: (data) => isCount(data.seq) && isObject(data.sources)
    && Object.values(data.sources).every((told) => isObject(told) && typeof told.ageMs === 'number'),
  goodbye: (data) => typeof data.reason === 'string' && (data.retryMs === undefined || isCount(data.retryMs)),
};

/** @param {unknown} item */
function isItem(item) {
  return isObject(item) && typeof item.key === 'string' && isObject(item.value);
}

/**
 * @param {unknown} thing
 * @returns {Message} the same; of an event that is not known only that it is one
 * @throws {Garbled}
 */
export function checked(thing) {
  if (!isObject(thing)) throw new Garbled('a message that is no object');
  const { event, id, data, ageMs = 0 } = thing;
  if (typeof event !== 'string' || !isCount(ageMs)) throw new Garbled('a message without a name');
  const shape = Object.hasOwn(SHAPES, event) ? SHAPES[event] : undefined;
  if (shape && !(isObject(data) && shape(data))) throw new Garbled(`a ${event} of another shape`);
  if (id !== undefined && !(typeof id === 'string' && parseId(id))) throw new Garbled(`the id of a ${event} is none`);
  return /** @type {Message} */ (/** @type {unknown} */ (thing));
}
