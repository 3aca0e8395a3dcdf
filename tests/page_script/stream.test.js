// The connection: over real sockets what goes over the wire, over scripted ones when it is tried again.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { afterEach, test } from 'node:test';
import { Stream } from '../../static/stream.js';
import { Link } from '../../static/link.js';
import { Tab, Time, settle, until } from './machine.js';
import { Server, frame } from './server.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
/** @type {(() => unknown)[]} */
const endings = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** A tab whose stream is watched. */
function opened({ base = 'http://127.0.0.1:1/app/', time = new Time(), topics = ['pods'], ...options } = {}, ports = {}) {
  const tab = new Tab({ time, ...ports });
  const stream = new Stream({ base, topics, machine: tab, ...options });
  const messages = [];
  const links = [];
  stream.on('message', (message) => messages.push(message));
  stream.on('link', (detail) => links.push(detail));
  endings.push(() => stream.stop());
  const events = () => messages.map(({ event }) => event);
  return { tab, time, stream, messages, links, events, states: () => links.map(({ state, reason }) => (reason ? `${state} ${reason}` : state)) };
}

/** The same toward a server of ours without sockets. */
function scripted(options = {}) {
  const time = new Time();
  const server = new Server({ time });
  const all = opened({ time, ...options }, options.ports);
  all.tab.answer = server.toward(all.tab);
  return { server, ...all };
}

/** On a real socket. */
async function served(options = {}) {
  const server = new Server();
  const base = await server.listen();
  const all = opened({ base, ...options }, { fetch: (...question) => fetch(...question) });
  endings.push(() => server.close());
  return { server, base, ...all };
}

/** A server that answers with these bytes, on a real socket. */
async function raw(answer) {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  endings.push(() => server.close());
  return opened({ base: `http://127.0.0.1:${server.address().port}/` }, { fetch: (...question) => fetch(...question) });
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n';
const HELLO = frame('hello', { epoch: 'aaaaaaaaaa', resumed: false, reason: 'fresh', heartbeatMs: 10_000, retryMs: 1_000, topics: ['pods'] });

test('it asks as the protocol says, and tells what comes', async () => {
  const { server, stream, messages, events, links } = await served({ topics: ['pods', 'cronjobs'], namespaces: ['a', 'b c'], headers: async () => ({ Authorization: 'Bearer x' }) });
  server.change(['pods', 'a/x', { n: 1 }], ['pods', 'else/y', { n: 1 }]);
  stream.start();
  await until(() => messages.length === 3);
  const [{ url, headers }] = server.asked;
  assert.equal(url.pathname, '/api/stream');
  assert.deepEqual([...url.searchParams], [['topics', 'pods,cronjobs'], ['namespace', 'a,b c']]);
  assert.deepEqual([headers.get('accept'), headers.get('authorization'), headers.get('last-event-id')], ['text/event-stream', 'Bearer x', null]);
  assert.deepEqual(events(), ['hello', 'snapshot', 'snapshot']);
  assert.deepEqual(messages[1].data.items, [{ key: 'a/x', value: { n: 1 } }]);
  assert.deepEqual(messages.map(({ id }) => id), [undefined, undefined, 'aaaaaaaaaa-2']);
  assert.deepEqual(links.map(({ state }) => state), ['connecting', 'open']);
  server.change(['pods', 'a/x', { n: 2 }]);
  await until(() => messages.length === 4);
  assert.deepEqual(messages[3].data.changes, [{ topic: 'pods', key: 'a/x', op: 'upsert', value: { n: 2 } }]);
});

test('below a base path too, with a slash or without', async () => {
  for (const path of ['watchglass', 'watchglass/']) {
    const { base, server, stream, messages } = await served();
    void stream;
    const other = opened({ base: `${base}${path}`, topics: [] }, { fetch: (...question) => fetch(...question) });
    other.stream.start();
    await until(() => other.messages.length);
    assert.equal(server.asked[0].url.href.replace(/:[0-9]+/, ''), 'http://127.0.0.1/watchglass/api/stream');
    assert.equal(messages.length, 0);
  }
});

test('after a cut it comes back with the last id, and misses nothing', async () => {
  const { server, stream, time, messages, states } = await served();
  stream.start();
  await until(() => messages.length === 2);
  server.change(['pods', 'a/x', { n: 1 }]);
  await until(() => messages.length === 3);
  const { readers } = server;
  server.cut();
  server.change(['pods', 'a/x', { n: 2 }]);
  await until(() => states().at(-1) === 'closed cut');
  assert.equal(readers.size, 0);
  await time.pass(SECOND);
  await until(() => messages.length === 5);
  assert.equal(server.asked[1].headers.get('last-event-id'), 'aaaaaaaaaa-1');
  assert.deepEqual([messages[3].data.reason, messages[4].data.changes[0].value], ['resumed', { n: 2 }]);
});

test('whatever has no id keeps the last one', async () => {
  const { server, stream, messages, time, states } = await served();
  stream.start();
  await until(() => messages.length === 2);
  server.change(['pods', 'a/x', { n: 1 }]);
  server.beat();
  await until(() => messages.length === 4);
  server.cut();
  await until(() => states().at(-1) === 'closed cut');
  await time.pass(SECOND);
  await until(() => messages.length > 4);
  assert.equal(server.asked[1].headers.get('last-event-id'), 'aaaaaaaaaa-1');
});

test('cut off within a first snapshot, it begins anew', async () => {
  const { tab, time, stream, messages, states } = await raw((socket) => {
    socket.end(`${HEAD}${HELLO}${frame('snapshot', { topic: 'pods', part: 0, parts: 2, synced: true, items: [] })}`);
  });
  stream.start();
  await until(() => states().at(-1) === 'closed cut');
  assert.equal(messages.length, 2);
  await time.pass(5 * SECOND);
  await until(() => tab.fetches.length >= 2);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), null);
});

test('half an event at the end is none', async () => {
  const { stream, events, states } = await raw((socket) => socket.end(`${HEAD}${HELLO}event: change\ndata: {"changes":[]}\n`));
  stream.start();
  await until(() => states().at(-1) === 'closed cut');
  assert.deepEqual(events(), ['hello']);
});

test('a connection that is reset, and a server that is not there', async () => {
  const one = await raw((socket) => socket.write(`${HEAD}${HELLO}`, () => setImmediate(() => socket.resetAndDestroy())));
  one.stream.start();
  await until(() => /^closed (network|cut)$/.test(one.states().at(-1)));
  const two = opened({ base: 'http://127.0.0.1:1/' }, { fetch: (...question) => fetch(...question) });
  two.stream.start();
  await until(() => two.states().at(-1) === 'closed network');
});

for (const [name, bytes] of [
  ['no hello first', frame('heartbeat', { seq: 1, sources: {} })],
  ['no JSON', `${HELLO}event: change\ndata: {"chan\n\n`],
  ['another shape', `${HELLO}${frame('change', { changes: 7 })}`],
  ['an id that is none', `${HELLO}${frame('change', { changes: [] }, '7')}`],
  ['a line without end', `${HELLO}data: ${'x'.repeat(2 * 1024 * 1024)}`],
]) {
  test(`what is not the protocol is left, and not believed any more: ${name}`, async () => {
    const { tab, time, stream, events, states } = await raw((socket) => socket.write(`${HEAD}${bytes}${frame('change', { changes: [] }, 'aaaaaaaaaa-9')}`));
    stream.start();
    await until(() => states().at(-1) === 'closed garbled');
    assert.ok(events().length <= 1);
    await time.pass(5 * SECOND);
    await until(() => tab.fetches.length >= 2);
    assert.equal(tab.fetches[1].headers.get('last-event-id'), null);
  });
}

test('messages of other names are passed on', async () => {
  const { stream, messages } = await raw((socket) => socket.write(`${HEAD}${HELLO}${frame('news', [1])}`));
  stream.start();
  await until(() => messages.length === 2);
  assert.deepEqual(messages[1], { event: 'news', data: [1] });
});

/** Real answers of a real server that refuses. */
async function refusing(status, headers, body) {
  const server = http.createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  endings.push(() => server.close());
  const all = opened({ base: `http://127.0.0.1:${server.address().port}/` }, { fetch: (...question) => fetch(...question) });
  all.stream.start();
  await until(() => /^(closed|ended)/.test(all.states().at(-1)));
  return all;
}

for (const [status, reason] of [[401, 'unauthorized'], [403, 'forbidden']]) {
  test(`${status} ends it, until somebody asks`, async () => {
    const { tab, time, stream, links } = await refusing(status, {}, '{"error": "Not you.", "success": false, "code": 401, "reason": "no_key"}');
    assert.deepEqual(links.at(-1), { state: 'ended', reason, problem: { status, error: 'Not you.', reason: 'no_key' } });
    await time.pass(3_600 * SECOND);
    for (const sign of ['online', 'visible', 'pageshow', 'resume']) tab.sign(sign);
    assert.equal(tab.fetches.length, 1);
    stream.retryNow();
    await until(() => tab.fetches.length === 2);
  });
}

test('400 is explained, and asked again seldom', async () => {
  const { tab, time, links } = await refusing(400, {}, '{"error": "There is no topic “nodes”.", "success": false, "code": 400, "reason": "unknown_topic"}');
  assert.deepEqual(links.at(-1).problem, { status: 400, error: 'There is no topic “nodes”.', reason: 'unknown_topic' });
  await time.pass(14 * SECOND);
  assert.equal(tab.fetches.length, 1);
  await time.pass(16 * SECOND);
  await until(() => tab.fetches.length === 2);
});

test('404 is explained, and asked again soon: a proxy says so while we are moved', async () => {
  const { tab, time, links } = await refusing(404, {}, '<html>no such thing</html>');
  assert.deepEqual([links.at(-1).reason, links.at(-1).problem], ['refused', { status: 404, error: '', reason: '' }]);
  await time.pass(5 * SECOND);
  await until(() => tab.fetches.length >= 2);
});

test('429 is asked again when the server wants it, and not before', async () => {
  const { tab, time, stream, links } = await refusing(429, { 'retry-after': '40' }, '');
  assert.equal(links.at(-1).reason, 'busy');
  assert.ok(links.at(-1).nextTryMs >= 40_000 && links.at(-1).nextTryMs <= 41_000);
  await time.pass(39 * SECOND);
  for (const sign of ['online', 'visible', 'pageshow', 'resume']) tab.sign(sign);
  await settle();
  assert.equal(tab.fetches.length, 1, 'whatever the tab does');
  await time.pass(2 * SECOND);
  await until(() => tab.fetches.length === 2);
  await until(() => links.at(-1).state === 'closed');
  stream.retryNow();
  await until(() => tab.fetches.length === 3, 'unless somebody asks for it');
});

test('503 is asked again within 5 s while somebody looks, and at once when somebody comes', async () => {
  const { tab, time, links } = await refusing(503, { 'retry-after': '600' }, '');
  const told = () => links.at(-1).state === 'closed' && links.at(-1).nextTryMs;
  assert.equal(links.at(-1).reason, 'busy');
  assert.ok(told() >= 4_000 && told() <= 5_000, 'in the same second for nobody');
  await time.pass(2 * SECOND);
  tab.sign('visible');
  tab.hidden = true;
  await until(() => tab.fetches.length === 2 && told());
  assert.ok(told() >= 29_000 && told() <= 30_000, `${told()}`);
  const soon = await refusing(503, { 'retry-after': '2' }, '');
  assert.ok(soon.links.at(-1).nextTryMs >= 2_000 && soon.links.at(-1).nextTryMs <= 3_000);
});

test('Retry-After may be a date, is not believed for ever, and need not be there', async () => {
  const clock = new Time().wall + 3_600 * SECOND;
  const [date, at] = [clock, clock + 20_000].map((ms) => new Date(ms).toUTCString());
  for (const [headers, ms] of [[{ 'retry-after': at, date }, 20_000], [{ 'retry-after': date, date: at }, 0], [{ 'retry-after': '20' }, 20_000]]) {
    const { nextTryMs } = (await refusing(429, headers, '')).links.at(-1);
    assert.ok(nextTryMs >= ms && nextTryMs <= ms + 1_000, `${nextTryMs}, by the clock of whoever answers`);
  }
  const long = await refusing(429, { 'retry-after': '99999999' }, '');
  assert.equal(long.links.at(-1).nextTryMs, 600_000);
  for (const status of [429, 503]) {
    for (const headers of [{}, { 'retry-after': 'later' }]) {
      const none = await refusing(status, headers, '');
      assert.equal(none.links.at(-1).reason, 'refused');
      assert.ok(none.links.at(-1).nextTryMs <= 5_000);
    }
  }
});

test('an answer of something else is no stream', async () => {
  // The third and the last as in format-mime-bogus and format-mime-valid-bogus of the browsers' own tests.
  for (const type of ['text/html', 'text/event-stream-not', 'x bogus', 'text/plain; x=text/event-stream', 'text/x-bogus']) {
    assert.equal((await refusing(200, { 'content-type': type }, HELLO)).links.at(-1).reason, 'not_a_stream', type);
  }
  assert.equal((await refusing(200, {}, HELLO)).links.at(-1).reason, 'not_a_stream');
});

// format-mime-trailing-semicolon, and format-utf-8: whatever the charset says.
for (const type of ['text/event-stream;', 'text/event-stream;charset=windows-1252', 'Text/Event-Stream ; charset=utf-8']) {
  test(`a stream is one, and UTF-8, also as ${type}`, async () => {
    const { stream, messages } = await raw((socket) => socket.write(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n\r\n${HELLO}${frame('news', 'ok…')}`));
    stream.start();
    await until(() => messages.length === 2);
    assert.equal(messages[1].data, 'ok…');
  });
}

test('an attempt without hello is given up after 4 s, headers or not', async () => {
  for (const said of ['HTTP/1.1 200 OK\r\n', HEAD, `${HEAD}: comment\n\nretry: 5\n\n`]) {
    const { tab, time, stream, states } = await raw((socket) => socket.write(said));
    stream.start();
    await until(() => tab.fetches.length === 1);
    await time.pass(3_900);
    assert.deepEqual(states(), ['connecting']);
    await time.pass(200);
    assert.equal(states()[1], 'closed silent');
    assert.ok(tab.fetches[0].signal.aborted);
  }
});

test('without an event for 2.5 heartbeats it is left; comments are no events', async () => {
  const { server, tab, time, stream, states } = scripted();
  stream.start();
  await time.pass(20 * SECOND);
  server.beat();
  await time.pass(24 * SECOND);
  for (const reader of server.readers) reader.write(': still here\n\n');
  await time.pass(500);
  assert.equal(states().at(-1), 'open');
  await time.pass(600);
  assert.equal(states().at(-1), 'closed quiet');
  assert.equal(server.readers.size, 0);
  await time.pass(SECOND);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
});

for (const [name, away, least] of [['the machine slept', 'sleep', 6], ['nothing ran', 'stand', 11]]) {
  for (const seconds of [least, 20, 3_600]) {
    test(`what lay there is not taken for new: ${name} for ${seconds} s`, async () => {
      const { server, stream, tab, time, events, states, messages } = scripted();
      stream.start();
      await time.pass(3 * SECOND);
      server.beat();
      await time.pass(SECOND);
      const [before, { id }] = [events().length, server];
      server.change(['pods', 'a/x', { n: 1 }]);
      server.beat();
      time[away](seconds * SECOND);
      await settle();
      assert.deepEqual([tab.fetches.length, states().slice(-2)], [2, ['connecting woken', 'open']]);
      assert.equal(tab.fetches[1].headers.get('last-event-id'), id);
      assert.deepEqual(events().slice(before), ['hello', 'change'], 'it comes with a connection that is new, once');
      assert.equal(messages.at(-1).ageMs, undefined);
      await time.pass(20 * SECOND);
      assert.equal(tab.fetches.length, 2);
    });
  }
}

test('who wakes finds that out also when nothing comes', async () => {
  const { stream, tab, time } = scripted();
  stream.start();
  await time.pass(3 * SECOND);
  time.sleep(8 * SECOND);
  await time.pass(SECOND);
  assert.equal(tab.fetches.length, 2);
});

test('a short pause is none; nor are the late timers of a tab that nobody sees, unless the machine slept', async () => {
  const { server, stream, tab, time, messages } = scripted();
  stream.start();
  await time.pass(SECOND);
  for (const [away, seconds] of [['stand', 9], ['sleep', 4]]) {
    time[away](seconds * SECOND);
    server.beat();
    await time.pass(SECOND);
  }
  tab.sign('hidden');
  time.stand(14 * SECOND);
  server.beat();
  await settle();
  assert.deepEqual([tab.fetches.length, messages.at(-1).event], [1, 'heartbeat']);
  time.stand(14 * SECOND);
  tab.sign('visible');
  await time.pass(SECOND);
  assert.equal(tab.fetches.length, 1);
  tab.sign('hidden');
  server.beat();
  await settle();
  time.sleep(14 * SECOND);
  tab.sign('visible');
  await settle();
  assert.equal(tab.fetches.length, 2);
});

test('nor is a hello believed that was waited for too long', async () => {
  const { tab, stream, time, events, states } = opened();
  const answers = [];
  tab.answer = () => new Promise((done) => answers.push(done));
  stream.start();
  await settle();
  time.sleep(60 * SECOND);
  answers[0](new Response(HELLO, { headers: { 'content-type': 'text/event-stream' } }));
  await settle();
  assert.deepEqual(events(), []);
  assert.deepEqual([states().at(-1), answers.length], ['connecting woken', 2]);
});

test('a stream that runs ever further behind is so old, and made anew', async () => {
  const { tab, stream, time, links } = opened();
  const link = new Link({ machine: tab });
  endings.push(() => link.stop());
  let out;
  const send = (...event) => out.enqueue(new TextEncoder().encode(frame(...event)));
  tab.answer = async () => new Response(new ReadableStream({ start: (control) => void (out = control) }), { headers: { 'content-type': 'text/event-stream' } });
  link.follow(stream);
  stream.start();
  await settle();
  const at = (wall) => new Date(wall).toISOString();
  send('hello', { epoch: 'aaaaaaaaaa', resumed: false, reason: 'fresh', heartbeatMs: 10_000, retryMs: 1_000, topics: ['pods'], serverTime: at(time.wall) });
  send('change', { changes: [] }, 'aaaaaaaaaa-1');
  await settle();
  let written = time.wall;
  for (let count = 1; count <= 6; count += 1) {
    await time.pass(14 * SECOND);
    send('heartbeat', { serverTime: at((written += 10 * SECOND)), seq: 1, sources: {} });
    await settle();
    assert.ok(Math.abs(link.now.sinceMs - 4 * SECOND * count) < 100, `${link.now.sinceMs}`);
    send('change', { changes: [] }, 'aaaaaaaaaa-1');
    await settle();
    assert.ok(link.now.sinceMs > 4 * SECOND * count - 100, 'what comes between is no younger');
  }
  assert.equal(link.now.state, 'late');
  assert.equal(link.now.skewMs, undefined);
  assert.equal(tab.fetches.length, 1);
  await time.pass(14 * SECOND);
  send('heartbeat', { serverTime: at(written + 10 * SECOND), seq: 1, sources: {} });
  await settle();
  assert.equal(links.at(-1).reason, 'quiet');
  assert.equal(link.now.state, 'stale');
  await time.pass(SECOND);
  assert.equal(tab.fetches.length, 2);
});

test('a stream that is held up from its second beginning on is known to be old, and one of another server is not', async () => {
  const { server, tab, stream, time, messages } = scripted();
  stream.start();
  await time.pass(SECOND);
  server.beat();
  await settle();
  /** What comes by the next connection, each of it so much later than it was written. */
  const heldUp = async (ms, epoch) => {
    messages.length = 0;
    tab.answer = async (...question) => {
      const { body, headers } = await server.toward(tab)(...question);
      const late = new TransformStream({ transform: (chunk, out) => void time.later(() => out.enqueue(chunk), ms) });
      return new Response(body.pipeThrough(late), { headers });
    };
    if (epoch) server.restart(epoch);
    else server.cut();
    await time.pass(8 * SECOND);
    server.beat();
    await time.pass(ms + 10);
    return [messages[0], messages.at(-1)].map(({ event, ageMs = 0 }) => [event, Math.round(ageMs / 100) * 100]);
  };
  assert.deepEqual(await heldUp(3_000), [['hello', 3_000], ['heartbeat', 3_000]]);
  assert.deepEqual(await heldUp(0), [['hello', 0], ['heartbeat', 0]]);
  assert.deepEqual(await heldUp(3_000, 'bbbbbbbbbb'), [['hello', 0], ['heartbeat', 0]], 'nobody knows');
  assert.deepEqual(await heldUp(0), [['hello', 0], ['heartbeat', 0]]);
  assert.deepEqual(await heldUp(2_000), [['hello', 2_000], ['heartbeat', 2_000]]);
});

test('a hello is no older than its question, whatever the clocks say', async () => {
  const { server, tab, stream, time, messages, states } = scripted();
  stream.start();
  await time.pass(SECOND);
  server.beat();
  await settle();
  // Set back, by somebody who does not start it anew.
  Object.defineProperty(server, 'serverTime', { get: () => new Date(time.wall - 3_600 * SECOND).toISOString() });
  server.beat();
  await time.pass(SECOND);
  assert.deepEqual([states().at(-1), tab.fetches.length], ['open', 2]);
  messages.length = 0;
  server.beat();
  await settle();
  assert.deepEqual(messages.map(({ event, ageMs }) => [event, ageMs]), [['heartbeat', undefined]]);
});

test('clocks that are set are no delay', async () => {
  const { server, stream, time, messages } = scripted();
  stream.start();
  await settle();
  server.beat();
  await settle();
  time.wall += 5 * SECOND;
  server.beat();
  await settle();
  time.wall -= 9 * SECOND;
  server.beat();
  await settle();
  assert.deepEqual(messages.map(({ ageMs }) => ageMs).filter(Boolean), []);
});

test('a heartbeat above our position is a loss: it begins anew at once, without a cursor', async () => {
  const { server, tab, time, stream, states } = scripted();
  stream.start();
  await time.pass(10);
  server.change(['pods', 'a/x', { n: 1 }]);
  await time.pass(20 * SECOND);
  server.beat();
  await time.pass(11 * SECOND);
  for (const reader of server.readers) reader.given = server.seq + 1;
  server.beat();
  await time.pass(0);
  assert.deepEqual(states().slice(-2), ['connecting loss', 'open']);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), null);
  // A server that says so again and again is not asked again and again.
  for (let round = 0; round < 20; round += 1) {
    for (const reader of server.readers) reader.given = server.seq + 1;
    server.beat();
    await time.pass(100);
  }
  assert.ok(tab.fetches.length < 8, `${tab.fetches.length} attempts in two seconds`);
});

test('goodbye: a drain is waited for, with the last id', async () => {
  const { server, tab, time, stream, states, links } = scripted();
  stream.start();
  await time.pass(10);
  server.goodbye('drain', 2_500);
  await settle();
  assert.deepEqual([states().at(-1), links.at(-1).nextTryMs], ['closed drain', 2_500]);
  await time.pass(2_400);
  assert.equal(tab.fetches.length, 1);
  await time.pass(200);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
  assert.equal(states().at(-1), 'open');
});

test('who is sent away at the door begins anew: what hello says of the position holds', async () => {
  const { server, tab, time, stream, events } = scripted();
  server.change(['pods', 'a/x', { n: 1 }]);
  stream.start();
  await time.pass(10);
  server.full = true;
  server.cut();
  await time.pass(2 * SECOND);
  assert.deepEqual(events(), ['hello', 'snapshot', 'hello', 'goodbye']);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
  server.full = false;
  await time.pass(16 * SECOND);
  assert.equal(tab.fetches[2].headers.get('last-event-id'), null);
  assert.deepEqual(events().slice(4), ['hello', 'snapshot']);
});

test('no room is waited for, whatever the tab does meanwhile', async () => {
  const { server, tab, time, stream } = scripted();
  stream.start();
  await time.pass(10);
  server.goodbye('limit', 15_000);
  for (let second = 0; second < 14; second += 1) {
    await time.pass(SECOND);
    tab.sign('visible');
  }
  assert.equal(tab.fetches.length, 1);
  await time.pass(1_100);
  assert.equal(tab.fetches.length, 2);
});

test('who is put away while there is no room comes back when there is', async () => {
  for (const [away, back] of [['pagehide', 'pageshow'], ['freeze', 'resume']]) {
    const { server, tab, time, stream, links } = scripted();
    stream.start();
    await time.pass(10);
    server.goodbye('limit', 15_000);
    await time.pass(SECOND);
    tab.sign(away);
    await time.pass(SECOND);
    tab.sign(back);
    const { state, reason, nextTryMs } = links.at(-1);
    assert.deepEqual([state, reason, nextTryMs], ['closed', 'limit', 13_000]);
    await time.pass(12_900);
    assert.equal(tab.fetches.length, 1);
    await time.pass(200);
    assert.deepEqual([tab.fetches.length, stream.link.state], [2, 'open']);
  }
});

test('another choice does not wait for less than there is room', async () => {
  const { server, tab, time, stream } = scripted();
  stream.start();
  await time.pass(10);
  server.goodbye('limit', 15_000);
  await time.pass(SECOND);
  stream.choose({ topics: ['pods', 'cronjobs'], namespaces: null });
  await time.pass(13 * SECOND);
  assert.equal(tab.fetches.length, 1);
  await time.pass(1_100);
  assert.equal(tab.fetches[1].url.searchParams.get('topics'), 'pods,cronjobs');
});

for (const reason of ['auth_expired', 'revoked']) {
  test(`goodbye: ${reason} is the end`, async () => {
    const { server, tab, time, stream, states } = scripted();
    stream.start();
    await time.pass(10);
    server.goodbye(reason, 1_000);
    await time.pass(MINUTE);
    assert.deepEqual([states().at(-1), tab.fetches.length], [`ended ${reason}`, 1]);
  });
}

/** When attempts begin, with a server that is away from the start. */
async function attempts(ms, { hidden = false, chance = 1 - 1e-9, mode = 'refused' } = {}) {
  const { tab, time, stream } = opened();
  tab.hidden = hidden;
  tab.chance = chance;
  if (mode === 'hang') tab.answer = (_, { signal }) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
  if (mode === 'hang') tab.connect = () => ({ close: () => {} });
  const began = time.steady;
  const starts = [];
  stream.on('link', ({ state }) => state === 'connecting' && starts.push(time.steady - began));
  stream.start();
  await time.pass(ms);
  return starts;
}

const gaps = (starts) => starts.slice(1).map((start, at) => start - starts[at]);

test('while somebody looks attempts start at most 5 s apart, whether refused or hanging', async () => {
  for (const mode of ['refused', 'hang']) {
    for (const chance of [0, 0.3, 1 - 1e-9]) {
      if (mode === 'refused' && chance === 0) continue;
      const starts = await attempts(2 * MINUTE, { mode, chance });
      assert.ok(Math.max(...gaps(starts)) <= 5_001, `${mode} ${chance}: ${Math.max(...gaps(starts))}`);
      assert.ok(starts.at(-1) > 115_000);
    }
  }
  assert.deepEqual(gaps(await attempts(30 * SECOND)).slice(0, 6).map(Math.round), [1_000, 2_000, 4_000, 5_000, 5_000, 5_000]);
  assert.deepEqual(gaps(await attempts(30 * SECOND, { mode: 'hang' })).slice(0, 5).map(Math.round), [4_000, 4_000, 4_000, 5_000, 5_000]);
});

test('the wait is any time up to that', async () => {
  const chances = [0.9, 0.1, 0.5, 0.2, 0.75];
  const starts = await attempts(10 * SECOND, { chance: () => chances.shift() ?? 0.99 });
  assert.deepEqual(gaps(starts).slice(0, 5).map(Math.round), [900, 200, 2_000, 1_000, 3_750]);
});

test('when nobody looks, and when it has not helped for ten minutes, up to 30 s', async () => {
  const hidden = gaps(await attempts(3 * MINUTE, { hidden: true }));
  assert.deepEqual(hidden.slice(0, 7).map(Math.round), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  const long = await attempts(15 * MINUTE);
  assert.ok(Math.max(...gaps(long.filter((start) => start < 10 * MINUTE))) <= 5_001);
  assert.ok(Math.max(...gaps(long.filter((start) => start > 11 * MINUTE))) > 29_000);
});

test('after a good connection the waits are short again; after a bad one they are not', async () => {
  const { server, tab, time, stream, links } = scripted();
  tab.chance = 1 - 1e-9;
  stream.start();
  const waits = () => links.filter(({ state }) => state === 'closed').map(({ nextTryMs }) => Math.round(nextTryMs));
  for (let round = 0; round < 3; round += 1) {
    await time.pass(100);
    server.cut();
    await time.pass(10 * SECOND);
    server.cut();
    await time.pass(5 * SECOND);
  }
  assert.deepEqual(waits().slice(0, 2), [1_000, 0], 'of the second, what the attempt has lasted is taken off');
  server.beat();
  await time.pass(SECOND);
  links.length = 0;
  server.cut();
  await settle();
  assert.deepEqual(waits(), [1_000], 'what hello asked for, by chance');
});

for (const sign of ['online', 'visible', 'pageshow', 'resume']) {
  test(`${sign}: a connection whose last event is older than 1.5 heartbeats is made anew at once`, async () => {
    const { server, tab, time, stream } = scripted();
    stream.start();
    await time.pass(14 * SECOND);
    tab.sign(sign);
    await settle();
    assert.equal(tab.fetches.length, 1, 'young enough');
    server.beat();
    await settle();
    time.sleep(600 * SECOND);
    tab.sign(sign);
    await settle();
    assert.equal(tab.fetches.length, 2);
    assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
    assert.equal(stream.link.state, 'open');
  });

  test(`${sign}: nor is a wait waited for, or an attempt from before the sleep`, async () => {
    const { tab, time, stream } = opened();
    tab.hidden = true;
    tab.chance = 1 - 1e-9;
    stream.start();
    await time.pass(35 * SECOND);
    const before = tab.fetches.length;
    tab.sign(sign);
    await settle();
    assert.equal(tab.fetches.length, before + 1);
    tab.answer = () => new Promise(() => {});
    await time.pass(20 * SECOND);
    stream.retryNow();
    const [hanging, count] = [tab.fetches.at(-1), tab.fetches.length];
    time.sleep(60 * SECOND);
    tab.sign(sign);
    await settle();
    assert.ok(hanging.signal.aborted);
    assert.equal(tab.fetches.length, count + 1);
  });
}

test('back on the network, a connection that said nothing since it went is not trusted', async () => {
  const { server, tab, time, stream } = scripted();
  stream.start();
  await time.pass(SECOND);
  tab.sign('offline');
  await time.pass(3 * SECOND);
  tab.sign('online');
  await settle();
  assert.equal(tab.fetches.length, 2);
  tab.sign('offline');
  await time.pass(SECOND);
  server.beat();
  await settle();
  tab.sign('online');
  await settle();
  assert.equal(tab.fetches.length, 2);
});

test('who looks away and back again and again asks once a second', async () => {
  const { tab, time, stream } = opened();
  tab.chance = 1 - 1e-9;
  stream.start();
  await time.pass(30 * SECOND);
  const before = tab.fetches.length;
  for (let times = 0; times < 50; times += 1) {
    tab.sign('hidden');
    tab.sign('visible');
    await time.pass(100);
  }
  assert.ok(tab.fetches.length - before <= 6, `${tab.fetches.length - before} in 5 s`);
});

test('a page that is put away leaves its connection, and comes back with its position', async () => {
  for (const [away, back] of [['pagehide', 'pageshow'], ['freeze', 'resume']]) {
    const { server, tab, time, stream, states } = scripted();
    stream.start();
    await time.pass(5 * SECOND);
    tab.sign(away);
    assert.equal(server.readers.size, 0);
    assert.equal(states().at(-1), 'closed stopped');
    await time.pass(MINUTE);
    assert.equal(tab.fetches.length, 1);
    tab.sign(back);
    await settle();
    assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
  }
});

test('a choice that shows more begins anew without a cursor; one that shows less waits for the next connection', async () => {
  const { server, tab, time, stream } = scripted({ topics: ['pods', 'cronjobs'], namespaces: ['a', 'b'] });
  const asked = () => [tab.fetches.length, tab.fetches.at(-1).url.search, tab.fetches.at(-1).headers.get('last-event-id')];
  stream.start();
  await time.pass(2 * SECOND);
  server.change(['pods', 'a/x', { n: 1 }]);
  await settle();
  stream.choose({ topics: ['pods'], namespaces: ['a'] });
  await settle();
  assert.equal(asked()[0], 1);
  stream.choose({ topics: ['cronjobs', 'pods'], namespaces: ['b'] });
  await settle();
  assert.equal(asked()[0], 1, 'what runs shows it still');
  stream.choose({ topics: ['pods'], namespaces: ['a'] });
  server.cut();
  await time.pass(5 * SECOND);
  assert.deepEqual(asked(), [2, '?topics=pods&namespace=a', 'aaaaaaaaaa-1']);
  stream.choose({ topics: ['pods'], namespaces: null });
  await settle();
  assert.deepEqual(asked(), [3, '?topics=pods', null]);
});

test('stop leaves nothing behind, and start goes on', async () => {
  const { server, tab, time, stream, events } = scripted();
  stream.start();
  stream.start();
  await time.pass(SECOND);
  stream.stop();
  stream.stop();
  server.beat();
  await settle();
  assert.deepEqual([server.readers.size, time.waiting, events().at(-1)], [0, 0, 'snapshot']);
  tab.sign('visible');
  stream.start();
  await settle();
  assert.equal(tab.fetches.length, 2);
  assert.equal(tab.fetches[1].headers.get('last-event-id'), server.id);
});

test('whoever stops it within whatever it tells is told no more, and nothing is left', async () => {
  for (const when of ['connecting', 'open', 'closed']) {
    const { server, stream, time, messages, states } = scripted();
    let told;
    stream.on('link', ({ state }) => {
      if (state !== when || told !== undefined) return;
      told = messages.length;
      stream.stop();
    });
    stream.start();
    await time.pass(SECOND);
    server.cut();
    await time.pass(30 * SECOND);
    assert.deepEqual([messages.length, states().at(-1) ?? 'closed stopped', time.waiting, server.readers.size], [told, 'closed stopped', 0, 0], when);
  }
});

test('whoever stops it within a message is not asked again', async () => {
  const { server, stream, time, states } = scripted();
  stream.on('message', ({ event }) => event === 'goodbye' && stream.stop());
  stream.start();
  await time.pass(SECOND);
  server.goodbye('drain', 100);
  await time.pass(SECOND);
  assert.deepEqual([states().at(-1), server.asked.length], ['closed stopped', 1]);
});

/** WebSockets that a test plays the other side of. */
function sockets() {
  const opened = [];
  const connect = (url) => {
    const socket = { url: new URL(url), closed: false, close: () => (socket.closed = true) };
    socket.say = (event, data, id) => socket.onmessage?.({ data: JSON.stringify({ event, id, data }) });
    opened.push(socket);
    return socket;
  };
  return { opened, connect };
}

const helloData = JSON.parse(HELLO.match(/data: (.*)/)[1]);
const hanging = (_, { signal }) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));

/** A stream that something on the way holds back, twice. */
async function fallenBack() {
  const { opened: calls, connect } = sockets();
  const all = opened({ topics: ['pods'], namespaces: ['a'] }, { fetch: hanging, socket: connect });
  all.stream.start();
  await all.time.pass(3_900);
  assert.equal(calls.length, 0);
  await all.time.pass(5_100);
  assert.deepEqual([all.tab.fetches.length, calls.length], [2, 1]);
  return { ...all, calls, socket: calls[0] };
}

test('when hello does not come twice, a WebSocket has its turn, and stays where it works', async () => {
  const { calls, socket, time, messages, links, tab } = await fallenBack();
  assert.equal(socket.url.href, 'ws://127.0.0.1:1/app/api/ws?topics=pods&namespace=a');
  socket.onopen();
  socket.say('hello', helloData);
  socket.say('snapshot', { topic: 'pods', part: 0, parts: 1, synced: true, items: [] }, 'aaaaaaaaaa-3');
  socket.say('heartbeat', { seq: 3, sources: {} });
  assert.deepEqual(messages.map(({ event, id }) => [event, id]), [['hello', undefined], ['snapshot', 'aaaaaaaaaa-3'], ['heartbeat', undefined]]);
  assert.deepEqual([links.at(-1).state, links.at(-1).transport], ['open', 'ws']);
  socket.onclose({ code: 1006 });
  await time.pass(2 * SECOND);
  assert.equal(calls[1].url.searchParams.get('since'), 'aaaaaaaaaa-3');
  assert.equal(tab.fetches.length, 2);
});

test('where that does not work either, both have their turns', async () => {
  const { calls, socket, time, tab } = await fallenBack();
  socket.onclose({ code: 1006 });
  await time.pass(6 * SECOND);
  assert.equal(calls.length, 2);
  await time.pass(6 * SECOND);
  assert.ok(tab.fetches.length > 2);
  await time.pass(20 * SECOND);
  assert.ok(calls.length > 2);
});

test('a stream whose heartbeats are held back is given up for it too', async () => {
  const { opened: calls, connect } = sockets();
  const { server, stream, time, tab } = scripted({ ports: { socket: connect } });
  stream.start();
  await time.pass(54 * SECOND);
  assert.equal(tab.fetches.length, 2);
  assert.equal(calls.length, 1);
  assert.equal(server.readers.size, 0);
});

test('a server that is only away is no reason to change', async () => {
  const { opened: calls, connect } = sockets();
  const { stream, time, tab } = opened({}, { socket: connect });
  stream.start();
  await time.pass(MINUTE);
  assert.ok(tab.fetches.length > 10);
  assert.equal(calls.length, 0);
});

test('where there is no WebSocket, fetch has its turn again', async () => {
  const { stream, time, tab } = opened({}, { fetch: hanging });
  stream.start();
  await time.pass(MINUTE);
  assert.ok(tab.fetches.length > 8);
});

/** A network that a test opens and closes, with a server that greets and says no more. */
function network(time) {
  const net = { fetch: true, socket: true, sockets: [] };
  const snapshot = { topic: 'pods', part: 0, parts: 1, synced: true, items: [] };
  const greeting = [['hello', helloData], ['snapshot', snapshot, 'aaaaaaaaaa-3'], ['heartbeat', { seq: 3, sources: {} }]];
  const ask = async (url, init) => {
    if (net.fetch === 'held back') return hanging(url, init);
    if (!net.fetch) throw new TypeError('refused');
    const text = new TextEncoder().encode(greeting.map((event) => frame(...event)).join(''));
    return new Response(new ReadableStream({ start: (out) => out.enqueue(text) }), { headers: { 'content-type': 'text/event-stream' } });
  };
  const connect = () => {
    const socket = { close: () => (socket.closed = true) };
    net.sockets.push(socket);
    time.later(() => {
      if (socket.closed) return;
      if (!net.socket) return socket.onclose({ code: 1006 });
      socket.onopen();
      for (const [event, data, id] of greeting) socket.onmessage({ data: JSON.stringify({ event, id, data }) });
    }, 5);
    return socket;
  };
  return { net, ports: { fetch: ask, socket: connect } };
}

for (const [name, then, transport] of [
  ['the way that works is the first again', { fetch: 'held back', socket: true }, 'ws'],
  ['the other is taken at once when it alone works', { fetch: true, socket: false }, 'sse'],
]) {
  test(`after an outage of a server that only WebSocket has reached ${name}`, async () => {
    const slow = [];
    for (let round = 0; round < 40; round += 1) {
      const time = new Time();
      const { net, ports } = network(time);
      net.fetch = 'held back';
      let state = round * 7919 + 1;
      const all = opened({ time }, ports);
      all.tab.chance = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
      all.stream.start();
      await time.pass(15 * SECOND);
      assert.deepEqual([all.links.at(-1).state, all.links.at(-1).transport], ['open', 'ws']);
      Object.assign(net, { fetch: false, socket: false });
      net.sockets.at(-1).onclose({ code: 1006 });
      await time.pass(all.tab.random() * MINUTE);
      Object.assign(net, then);
      const began = time.steady;
      while (all.stream.link.state !== 'open' && time.steady - began < MINUTE) await time.pass(250);
      assert.deepEqual(all.stream.link.transport, transport);
      slow.push(time.steady - began);
      const { length } = all.tab.fetches;
      assert.ok(length < 40 && net.sockets.length < 40, 'both are asked, and neither without end');
      all.stream.stop();
    }
    assert.ok(Math.max(...slow) <= 6 * SECOND, `${Math.max(...slow)} ms`);
  });
}

test('a refusal by a way that never worked is no reason to stay with it', async () => {
  const time = new Time();
  const { net, ports } = network(time);
  net.fetch = 'held back';
  const { stream, links, tab } = opened({ time }, ports);
  stream.start();
  await time.pass(15 * SECOND);
  tab.answer = async () => new Response('', { status: 502 });
  net.socket = false;
  net.sockets.at(-1).onclose({ code: 1006 });
  await time.pass(20 * SECOND);
  assert.equal(links.findLast(({ state }) => state === 'closed').problem?.status ?? 502, 502);
  tab.answer = hanging;
  net.socket = true;
  await time.pass(6 * SECOND);
  assert.deepEqual([stream.link.state, stream.link.transport], ['open', 'ws']);
});

for (const [code, state] of [[4401, 'ended auth_expired'], [4403, 'ended revoked'], [1001, 'closed drain'], [1013, 'closed limit'], [1000, 'closed cut']]) {
  test(`a WebSocket that closes with ${code} is understood without goodbye`, async () => {
    const { socket, states } = await fallenBack();
    socket.onopen();
    socket.say('hello', helloData);
    socket.onclose({ code });
    assert.equal(states().at(-1), state);
  });
}

test('a WebSocket that is closed for want of room is waited for too', async () => {
  const { socket, tab, calls, time, links } = await fallenBack();
  socket.onopen();
  socket.say('hello', helloData);
  socket.onclose({ code: 1013 });
  assert.equal(links.at(-1).nextTryMs, 15_000);
  tab.sign('visible');
  await time.pass(14 * SECOND);
  assert.equal(calls.length, 1);
});

test('goodbye over a WebSocket closes it once', async () => {
  const { socket, states, links } = await fallenBack();
  socket.onopen();
  socket.say('hello', helloData);
  socket.say('goodbye', { reason: 'drain', retryMs: 700 });
  assert.ok(socket.closed);
  socket.onclose({ code: 1001 });
  assert.deepEqual([states().at(-1), links.at(-1).nextTryMs, states().filter((state) => state === 'closed drain').length], ['closed drain', 700, 1]);
});

for (const [name, data] of [['bytes', new ArrayBuffer(3)], ['rubbish', '{'], ['another shape', '{"event":"change","data":{}}'], ['too much', `{"event":"x","data":"${'y'.repeat(1024 * 1024)}"}`]]) {
  test(`a WebSocket that says ${name} is left`, async () => {
    const { socket, states } = await fallenBack();
    socket.onopen();
    socket.say('hello', helloData);
    socket.onmessage({ data });
    assert.deepEqual([states().at(-1), socket.closed], ['closed garbled', true]);
  });
}
