// The two ways of the stream into the page: server-sent events over fetch, and WebSocket.

import { createParser } from './sse.js';
import { checked, readMessage } from './messages.js';

/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./messages.js').Message} Message */
/** @typedef {import('./messages.js').View} View */
/** @typedef {import('./stream.js').Problem} Problem */
/**
 * @typedef {object} End
 * @property {string} reason
 * @property {Problem} [problem]
 * @property {number} [waitMs] the server wants us to wait so long
 * @property {number} [hopeMs] the server expects to be there by then
 */
/**
 * @typedef {object} Listener
 * @property {(message: Message) => void} message
 * @property {(end: End) => void} end once, and not after the connection was left
 */
/**
 * @typedef {object} Question
 * @property {URL} base
 * @property {View} view
 * @property {string | undefined} cursor the id of the last event that we have
 * @property {() => Record<string, string> | Promise<Record<string, string>>} headers
 */
/** @typedef {(machine: Machine, question: Question, listener: Listener) => () => void} Transport returns what leaves the connection */

const MOST = 1024 * 1024; // characters of one message
const PROBLEM_MOST = 64 * 1024; // bytes of an answer that explains a refusal

/** @type {Transport} */
export function overFetch(machine, question, listener) {
  const leaving = new AbortController();
  const { signal } = leaving;
  /** @param {End} end */
  const end = (end) => {
    if (signal.aborted) return;
    leaving.abort();
    listener.end(end);
  };

  async function follow() {
    const headers = { ...await question.headers(), Accept: 'text/event-stream' };
    if (question.cursor) Object.assign(headers, { 'Last-Event-ID': question.cursor });
    if (signal.aborted) return;
    /** @type {Response} */
    const response = await machine.fetch(asked(question, 'api/stream').href, {
      headers, signal, cache: 'no-store', credentials: 'same-origin',
    });
    const body = response.body?.getReader();
    if (response.status !== 200 || !/^text\/event-stream\s*(;|$)/i.test(response.headers.get('content-type') ?? '')) {
      end(await refusal(machine, response, body));
      return;
    }
    const parser = createParser({
      onEvent: ({ event, id, data }) => {
        // What a goodbye left in the same chunk is nobody's any more.
        if (!signal.aborted) listener.message(readMessage(event, id, data));
      },
      maxBuffer: MOST,
    });
    for (let next = await body?.read(); next && !next.done; next = await body?.read()) parse(next.value);
    parser.end();
    end({ reason: 'cut' });

    /** @param {Uint8Array} bytes */
    function parse(bytes) {
      try {
        parser.feed(bytes);
      } catch {
        // A message that is none, or one without an end: nothing after it can be believed.
        end({ reason: 'garbled' });
      }
    }
  }

  follow().catch(() => end({ reason: 'network' }));
  return () => leaving.abort();
}

/** @type {Transport} */
export function overSocket(machine, question, listener) {
  const url = asked(question, 'api/ws');
  url.protocol = url.protocol.replace('http', 'ws');
  if (question.cursor) url.searchParams.set('since', question.cursor);
  let left = false;
  /** @param {End} end */
  const end = (end) => {
    if (left) return;
    leave();
    listener.end(end);
  };
  /** @type {WebSocket | undefined} */
  let socket;
  function leave() {
    left = true;
    socket?.close();
  }
  try {
    socket = machine.socket(url.href);
  } catch {
    // No WebSocket here, or none may be opened from this page.
    machine.later(() => end({ reason: 'network' }), 0);
    return leave;
  }
  let open = false;
  socket.onopen = () => {
    open = true;
  };
  socket.onmessage = ({ data }) => {
    if (left) return;
    try {
      if (typeof data !== 'string' || data.length > MOST) throw new TypeError('not a text, or too long');
      listener.message(checked(JSON.parse(data)));
    } catch {
      end({ reason: 'garbled' });
    }
  };
  socket.onclose = ({ code }) => end({ reason: CODES[code] ?? (open ? 'cut' : 'network') });
  return leave;
}

/** @type {Record<number, string>} for a goodbye that did not reach us */
const CODES = { 4401: 'auth_expired', 4403: 'revoked', 1013: 'limit', 1001: 'drain' };

/** @param {Question} question @param {string} path */
function asked({ base, view }, path) {
  const url = new URL(path, base);
  if (view.topics.length) url.searchParams.set('topics', view.topics.join(','));
  if (view.namespaces?.length) url.searchParams.set('namespace', view.namespaces.join(','));
  return url;
}

/**
 * @param {Machine} machine
 * @param {Response} response
 * @param {ReadableStreamDefaultReader<Uint8Array> | undefined} body
 * @returns {Promise<End>}
 */
async function refusal(machine, response, body) {
  const { status } = response;
  if (status === 200) return { reason: 'not_a_stream' };
  const problem = { status, error: '', reason: '', ...await explained(body) };
  const ms = retryAfter(machine, response.headers);
  if (status === 401) return { reason: 'unauthorized', problem };
  if (status === 403) return { reason: 'forbidden', problem };
  // Who counts our questions counts those that come too soon; who is away may be back before it thought.
  if (status === 429 && ms !== undefined) return { reason: 'busy', problem, waitMs: ms };
  if (status === 503 && ms !== undefined) return { reason: 'busy', problem, hopeMs: ms };
  return { reason: 'refused', problem };
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array> | undefined} body
 * @returns {Promise<Partial<Problem>>} the words of our own error envelope, nothing where it is another's
 */
async function explained(body) {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    for (let next = await body?.read(); next && !next.done; next = await body?.read()) {
      size += next.value.length;
      if (size > PROBLEM_MOST) return {};
      text += decoder.decode(next.value, { stream: true });
    }
    const { error, reason } = JSON.parse(text);
    return typeof error === 'string' ? { error, reason: typeof reason === 'string' ? reason : '' } : {};
  } catch {
    return {};
  }
}

/**
 * @param {Machine} machine
 * @param {Headers} headers with Retry-After as seconds or as a date, by the clock of whoever answers
 * @returns {number | undefined} ms
 */
function retryAfter(machine, headers) {
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  if (/^[0-9]+$/.test(header)) return Number(header) * 1_000;
  const ms = Date.parse(header) - (Date.parse(headers.get('date') ?? '') || machine.moment().wall);
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
