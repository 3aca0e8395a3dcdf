// text/event-stream as the HTML standard has browsers read it, byte for byte.

/**
 * @typedef {object} Block one event of the stream
 * @property {string} event its type, `message` where it names none
 * @property {string} data
 * @property {string | undefined} id as this event gave it
 * @property {string} lastEventId as this event, or the last before it that had one, gave it
 */

/** An event that is longer than we keep. */
export class TooLong extends Error {}

const MOST = 1024 * 1024; // characters; the server writes 64 KiB at once
const LINE_END = /[\r\n]/g;

/**
 * @param {object} options
 * @param {(block: Block) => void} options.onEvent
 * @param {(ms: number) => void} [options.onRetry]
 * @param {number} [options.maxBuffer] the most characters of one line, and of the data of one event
 */
export function createParser({ onEvent, onRetry, maxBuffer = MOST }) {
  // Takes one byte order mark away, and puts U+FFFD for what is no UTF-8.
  const decoder = new TextDecoder();
  let line = ''; // what came of the line that has not ended
  let skipFeed = false; // a CR ended the last line: an LF right after it belongs to it
  let type = '';
  /** @type {string[]} */
  let data = [];
  let length = 0; // of the data
  /** @type {string | undefined} */
  let id;
  let lastEventId = '';

  function dispatch() {
    lastEventId = id ?? lastEventId;
    const block = { event: type || 'message', data: data.join('\n'), id, lastEventId };
    const empty = data.length === 0;
    reset();
    if (!empty) onEvent(block);
  }

  function reset() {
    type = '';
    data = [];
    length = 0;
    id = undefined;
  }

  /** @param {string} text one line without its end */
  function read(text) {
    if (text === '') return dispatch();
    const colon = text.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') {
      length += value.length + 1;
      if (length > maxBuffer) throw new TooLong(`an event of more than ${maxBuffer} characters`);
      data.push(value);
    } else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) onRetry?.(Number(value));
    return undefined;
  }

  /** @param {string} text */
  function take(text) {
    let start = skipFeed && text[0] === '\n' ? 1 : 0;
    if (text) skipFeed = false;
    LINE_END.lastIndex = start;
    for (let end = LINE_END.exec(text); end; end = LINE_END.exec(text)) {
      const whole = line + text.slice(start, end.index);
      line = '';
      start = end.index + 1;
      if (end[0] === '\r') {
        if (start === text.length) skipFeed = true;
        else if (text[start] === '\n') start += 1;
      }
      measure(whole);
      read(whole);
      LINE_END.lastIndex = start;
    }
    line += text.slice(start);
    measure(line);
  }

  /** @param {string} text */
  function measure(text) {
    if (text.length > maxBuffer) throw new TooLong(`a line of more than ${maxBuffer} characters`);
  }

  return {
    /**
     * @param {Uint8Array} bytes the next of the stream, cut anywhere
     * @throws {TooLong} the parser is of no more use then
     */
    feed(bytes) {
      take(decoder.decode(bytes, { stream: true }));
    },
    /** The stream is over: what has not been ended by an empty line is thrown away. */
    end() {
      line = '';
      reset();
    },
    /** @returns {string} what a browser would bring when it reconnects */
    get lastEventId() {
      return lastEventId;
    },
  };
}
