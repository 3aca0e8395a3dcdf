// Several tabs in one process: one connection, and what happens to it when tabs come, go, hide and freeze.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Link } from '../../static/link.js';
import { Lock } from '../../static/lock.js';
import { readNote } from '../../static/notes.js';
import { Shared } from '../../static/share.js';
import { Store } from '../../static/store.js';
import { covers, narrowed, union } from '../../static/views.js';
import { contract } from './contract.js';
import { Channels, Locks, Tab, Time, settle } from './machine.js';
import { Server } from './server.js';

const SECOND = 1_000;
const BASE = 'http://127.0.0.1:1/';
/** @type {(() => void)[]} */
const endings = [];
afterEach(() => endings.splice(0).forEach((end) => end()));

/** A browser and the server that its tabs ask. */
function browser() {
  const time = new Time();
  const server = new Server({ time, topics: ['pods', 'cronjobs', 'sources'] });
  const [locks, channels] = [new Locks(), new Channels()];
  const tabs = [];
  let seed = 7;
  const chance = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const open = (options = {}, { hidden = false, without = {} } = {}) => {
    const tab = new Tab({ time, locks, channels, ...without });
    tab.answer = server.toward(tab);
    tab.hidden = hidden;
    tab.chance = chance;
    const shared = new Shared({ base: BASE, topics: ['pods', 'cronjobs'], machine: tab, ...options });
    const store = new Store({ machine: tab });
    const link = new Link({ machine: tab });
    const all = { tab, shared, store, link, messages: [], losses: 0, roles: [] };
    shared.on('message', (message) => {
      all.messages.push(message);
      store.apply(message);
    });
    shared.on('role', (role) => all.roles.push(role));
    store.on('loss', () => (all.losses += 1));
    link.follow(shared);
    all.holds = (topic = 'pods') => Object.fromEntries([...store.topic(topic).entries].map(([key, { value }]) => [key, value]).sort());
    all.close = () => {
      tab.sign('pagehide');
      shared.stop();
      link.stop();
    };
    /** It dies without a word. */
    all.start = () => shared.start();
    endings.push(() => {
      shared.stop();
      link.stop();
    });
    shared.start();
    tabs.push(all);
    return all;
  };
  const leaders = () => tabs.filter(({ shared }) => shared.role === 'leader');
  /** Time passes, and the server's heart beats. */
  const pass = async (ms) => {
    for (let left = ms; left > 0; left -= 5 * SECOND) {
      await time.pass(Math.min(left, 5 * SECOND));
      server.beat();
      await settle();
    }
  };
  const agree = (some = tabs, topic = 'pods') => some.forEach(({ holds, shared }, at) => assert.deepEqual(holds(topic), server.values(topic), `tab ${at}, ${shared.role}`));
  return { time, server, open, tabs, leaders, pass, agree, channels, locks };
}

const value = (n) => ({ name: 'x', n });

test('the locks and channels of these tests are as browsers have them', async () => {
  const locks = new Locks();
  const channels = new Channels();
  await contract({ request: locks.request, open: (name) => channels.open(name), name: 'one' });
  // Node has the real channels, if not the locks.
  await contract({ request: new Locks().request, open: (name) => new BroadcastChannel(name), name: 'two' });
});

test('a claim that is taken away before it is held waits again; one that is refused does not', async () => {
  for (const [error, expected] of [[new DOMException('stolen', 'AbortError'), ['lost']], [new DOMException('no', 'SecurityError'), ['none']]]) {
    const told = [];
    const lock = new Lock({ request: () => Promise.reject(error) }, 'x', { held: () => told.push('held'), lost: () => told.push('lost'), none: () => told.push('none') });
    lock.steal();
    await settle();
    assert.deepEqual(told, expected);
  }
});

test('eight tabs have one connection, and all are live', async () => {
  const { server, open, tabs, leaders, pass, agree } = browser();
  server.change(['pods', 'a/one', value(1)], ['cronjobs', 'a/job', value(1)]);
  for (let count = 0; count < 8; count += 1) {
    open();
    await pass(100);
  }
  assert.deepEqual([server.readers.size, server.asked.length, leaders().length], [1, 1, 1]);
  agree();
  agree(tabs, 'cronjobs');
  server.change(['pods', 'a/one', value(2)], ['pods', 'a/two', value(1)]);
  await pass(20 * SECOND);
  server.change(['pods', 'a/one', null]);
  await pass(100);
  agree();
  assert.deepEqual(tabs.map(({ link }) => link.now.state), Array(8).fill('live'));
  assert.deepEqual(tabs.map(({ losses }) => losses), Array(8).fill(0));
  assert.equal(server.asked.length, 1);
});

test('all at the same moment too', async () => {
  const { server, open, tabs, leaders, pass, agree } = browser();
  server.change(['pods', 'a/one', value(1)]);
  for (let count = 0; count < 5; count += 1) open();
  await pass(5 * SECOND);
  assert.deepEqual([server.readers.size, leaders().length], [1, 1]);
  agree();
  assert.ok(tabs.every(({ link }) => link.now.state === 'live'));
});

test('who joins is told how old the news is', async () => {
  const { time, open } = browser();
  open();
  await time.pass(100);
  await time.pass(20 * SECOND);
  const late = open();
  await time.pass(100);
  assert.ok(Math.abs(late.link.now.sinceMs - 20 * SECOND) < SECOND, `${late.link.now.sinceMs}`);
  assert.equal(late.link.now.state, 'late');
});

test('what two tabs have remembered is as old for the third', async () => {
  const { server, open, time } = browser();
  const first = open();
  await time.pass(100);
  server.beat();
  await time.pass(100);
  first.tab.answer = () => Promise.reject(new TypeError('no network'));
  server.cut();
  await time.pass(90 * SECOND);
  const second = open();
  second.tab.answer = first.tab.answer;
  await time.pass(SECOND);
  first.tab.sign('hidden');
  await time.pass(SECOND);
  assert.equal(second.shared.role, 'leader');
  const third = open();
  third.tab.answer = first.tab.answer;
  await time.pass(SECOND);
  for (const { link, store } of [second, third]) {
    assert.equal(link.now.freshness, 'stale');
    assert.ok(link.now.sinceMs >= 93 * SECOND, `${link.now.sinceMs}`);
    assert.ok(store.ageOf('pods/a') >= 93 * SECOND, `${store.ageOf('pods/a')}`);
  }
});

test('what waited for a tab that stood still is as old as that', async () => {
  const { server, open, time } = browser();
  open();
  await time.pass(100);
  const other = open();
  await time.pass(100);
  other.tab.frozen = true;
  await time.pass(SECOND);
  server.beat();
  await time.pass(10);
  time.sleep(60 * SECOND);
  other.tab.thaw();
  assert.ok(other.messages.at(-1).ageMs >= 60 * SECOND, JSON.stringify(other.messages.at(-1)));
  assert.equal(other.link.now.freshness, 'stale');
});

test('so is an answer', async () => {
  const { server, open, time } = browser();
  open();
  await time.pass(100);
  server.beat();
  await time.pass(100);
  const other = open();
  other.tab.frozen = true;
  await time.pass(SECOND);
  assert.deepEqual(other.messages, []);
  time.sleep(60 * SECOND);
  other.tab.thaw();
  await settle();
  assert.deepEqual(other.messages.map(({ event }) => event), ['hello', 'snapshot', 'snapshot', 'change', 'heartbeat']);
  assert.ok(other.messages.every(({ ageMs }) => ageMs >= 60 * SECOND), JSON.stringify(other.messages.map(({ ageMs }) => ageMs)));
  assert.ok(other.store.ageOf('pods/a') >= 60 * SECOND);
});

test('a page that was painted later than the leader has heard keeps its paint', async () => {
  const { server, open, time } = browser();
  server.change(['pods', 'a/x', value(1)]);
  open();
  await time.pass(100);
  const [{ reader }] = server.asked;
  const { send } = reader;
  const held = [];
  reader.send = (...frame) => held.push(frame);
  server.change(['pods', 'a/x', value(2)]);
  const seen = [];
  const joiner = open({}, {});
  joiner.store.adopt('pods', [{ key: 'a/x', value: value(2) }], server.id);
  joiner.store.on('change', ({ topic }) => topic === 'pods' && seen.push(joiner.holds()['a/x'].n));
  await time.pass(100);
  assert.deepEqual(joiner.holds(), { 'a/x': value(2) });
  for (const frame of held) send(...frame);
  reader.send = send;
  server.change(['pods', 'a/x', value(3)]);
  await time.pass(100);
  assert.deepEqual(seen, [3]);
});

test('tabs of several views: the union is asked for, and each is given its own', async () => {
  const { server, open, time, channels } = browser();
  let answers = 0;
  channels.lose = ({ type }) => void (answers += type === 'answer' ? 1 : 0);
  server.change(['pods', 'a/x', value(1)], ['pods', 'b/x', value(1)], ['cronjobs', 'b/j', value(1)], ['sources', 'pods/a', value(1)], ['sources', 'pods/b', value(1)]);
  const one = open({ topics: ['pods'], namespaces: ['a'] });
  await time.pass(200);
  assert.equal(server.asked[0].url.search, '?topics=pods&namespace=a');
  const two = open({ topics: ['cronjobs', 'sources'], namespaces: ['b'] });
  await time.pass(200);
  assert.deepEqual([server.asked.length, server.readers.size, answers], [2, 1, 0], 'a stream from its beginning is the answer');
  assert.equal(server.asked[1].url.searchParams.get('topics'), 'cronjobs,pods,sources');
  assert.equal(server.asked[1].url.searchParams.get('namespace'), 'a,b');
  assert.equal(server.asked[1].headers.get('last-event-id'), null);
  assert.deepEqual([one.holds(), one.holds('cronjobs'), two.holds(), two.holds('cronjobs')], [{ 'a/x': value(1) }, {}, {}, { 'b/j': value(1) }]);
  assert.deepEqual(one.store.topics, ['pods']);
  server.change(['pods', 'b/x', value(2)]);
  server.change(['cronjobs', 'b/j', value(2)]);
  server.beat();
  await time.pass(100);
  assert.deepEqual([one.holds(), two.holds('cronjobs')], [{ 'a/x': value(1) }, { 'b/j': value(2) }]);
  assert.deepEqual([one.losses, two.losses, one.store.cursor.seq], [0, 0, server.seq], 'what is not shown moves the position too');
  assert.deepEqual(one.messages.find(({ event }) => event === 'heartbeat').data.sources, { 'pods/a': { state: 'live', ageMs: 7 } });
  // One that sees less than is there is no reason to ask anew.
  open({ topics: ['pods'], namespaces: ['a'] });
  await time.pass(200);
  assert.equal(server.asked.length, 2);
});

test('a leader that is closed is followed by the next, from where it stood', async () => {
  const { server, open, leaders, pass, agree, tabs } = browser();
  server.change(['pods', 'a/x', value(1)]);
  const first = open();
  await pass(100);
  const rest = [open(), open()];
  await pass(SECOND);
  server.change(['pods', 'a/x', value(2)]);
  await pass(100);
  tabs.shift();
  first.close();
  server.change(['pods', 'a/x', value(3)], ['pods', 'a/y', value(1)]);
  await pass(SECOND);
  assert.deepEqual([server.readers.size, leaders().length], [1, 1]);
  assert.equal(server.asked[1].reader.reason, 'resumed');
  agree(rest);
  assert.deepEqual(rest.map(({ losses }) => losses), [0, 0]);
  assert.ok(rest.every(({ link }) => link.now.state === 'live'));
});

test('who leads after one that only a WebSocket has reached begins with it', async () => {
  const { open, time, tabs } = browser();
  const sockets = [];
  const hello = { epoch: 'aaaaaaaaaa', resumed: false, reason: 'fresh', heartbeatMs: 10_000, retryMs: 1_000, topics: ['pods', 'cronjobs'] };
  const connect = () => {
    const socket = { close: () => {} };
    sockets.push(socket);
    time.later(() => {
      socket.onopen();
      socket.onmessage({ data: JSON.stringify({ event: 'hello', data: hello }) });
      socket.onmessage({ data: JSON.stringify({ event: 'change', id: 'aaaaaaaaaa-3', data: { changes: [] } }) });
    }, 5);
    return socket;
  };
  const held = (_, { signal }) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
  const join = () => {
    const one = open({}, { without: { socket: connect } });
    one.tab.answer = held;
    return one;
  };
  const first = join();
  await time.pass(12 * SECOND);
  assert.deepEqual([first.shared.link.state, sockets.length], ['open', 1]);
  const heir = join();
  await time.pass(SECOND);
  tabs.shift();
  first.close();
  await time.pass(500);
  assert.deepEqual([heir.shared.role, heir.shared.link.state, heir.tab.fetches.length, sockets.length], ['leader', 'open', 0, 2]);
});

test('a follower that lacks what a new leader has asks it for everything, at once', async () => {
  const { server, open, time, agree, tabs, channels } = browser();
  const first = open();
  await time.pass(100);
  const heir = open();
  const other = open();
  await time.pass(SECOND);
  channels.lose = ({ type }, run) => type === 'relay' && run === other.tab.run;
  server.change(['pods', 'a/x', value(1)]);
  await time.pass(100);
  channels.lose = () => false;
  assert.deepEqual([heir.holds(), other.holds()], [{ 'a/x': value(1) }, {}]);
  tabs.shift();
  first.close();
  await time.pass(500);
  assert.deepEqual([heir.shared.role, server.asked.at(-1).reader.reason], ['leader', 'resumed']);
  agree();
});

test('who comes while the leader is given something in pieces is answered when it is whole', async () => {
  const { server, open, time, agree } = browser();
  server.change(['pods', 'a/x', value(1)]);
  open();
  await time.pass(100);
  const [{ reader }] = server.asked;
  server.seq = 5;
  server.entries.get('pods').set('a/x', { value: value(2), seq: 4 });
  server.entries.get('cronjobs').set('a/j', { value: value(1), seq: 5 });
  reader.send('change', { changes: [{ topic: 'pods', key: 'a/x', op: 'upsert', value: value(2) }] });
  await time.pass(10);
  const joiner = open();
  await time.pass(100);
  assert.deepEqual(joiner.holds(), {});
  server.snapshot(reader, ['cronjobs'], 2);
  await time.pass(100);
  agree();
  agree([joiner], 'cronjobs');
});

test('a leader that has not heard what we show is told again', async () => {
  const { server, open, time, channels } = browser();
  server.change(['cronjobs', 'a/j', value(1)]);
  open({ topics: ['pods'] });
  await time.pass(100);
  channels.lose = ({ type }) => type === 'join' || type === 'view';
  const other = open({ topics: ['cronjobs'] });
  await time.pass(100);
  channels.lose = () => false;
  await time.pass(6 * SECOND);
  assert.deepEqual(other.holds('cronjobs'), { 'a/j': value(1) });
});

test('one that led before is not believed, and one that leads since is', async () => {
  const { server, open, time, pass, channels, leaders, tabs, agree } = browser();
  const terms = [];
  channels.lose = ({ term }) => void (term && terms.push(term));
  server.change(['pods', 'a/x', value(1)]);
  open();
  await pass(100);
  open();
  await pass(SECOND);
  const stranger = channels.open('watchglass.stream/1 tabs/1 /');
  const heard = [];
  stranger.onmessage = ({ data }) => heard.push(data.type);
  const say = (note) => stranger.postMessage({ v: 1, tab: 'stranger', ...note });
  const lie = { event: 'change', id: 'aaaaaaaaaa-2', data: { changes: [{ topic: 'pods', key: 'a/x', op: 'upsert', value: value(99) }] } };
  const hello = { ...tabs[0].messages[0], ageMs: 0 };
  [hello, lie, lie].forEach((message, at) => say({ type: 'relay', term: terms[0] - 1, number: at + 1, view: { topics: [], namespaces: null }, message }));
  await time.pass(100);
  agree();
  assert.ok(heard.includes('beat'), 'it is shown who leads');
  say({ type: 'lead', term: terms[0] + 10_000_000, visible: true });
  await time.pass(500);
  // It gives way; the lock, which the other does not have, goes to the next.
  assert.equal(tabs[0].shared.role, 'follower');
  assert.deepEqual([leaders(), server.readers.size], [[tabs[1]], 1]);
  assert.ok(terms.at(-1) > terms[0] + 10_000_000, 'terms grow, whatever the clock says');
  await pass(SECOND);
  agree();
  assert.ok(tabs.every(({ link }) => link.now.state === 'live'));
});

test('a loss on the way to the leader is healed for all', async () => {
  const { server, open, pass, tabs, agree } = browser();
  open();
  await pass(100);
  open();
  await pass(SECOND);
  const [{ reader }] = server.asked;
  const { send } = reader;
  reader.send = () => {};
  server.change(['pods', 'a/x', value(1)]);
  reader.send = send;
  await pass(100);
  await pass(SECOND);
  assert.deepEqual([server.asked.length, server.asked[1].headers.get('last-event-id')], [2, null]);
  agree();
  assert.equal(tabs[1].losses, 0, 'a follower asks before it takes such a heartbeat');
});

test('a follower that lags behind a new leader asks it for everything', async () => {
  const { server, open, pass, agree, tabs } = browser();
  const first = open();
  await pass(100);
  const heir = open();
  const sleeper = open();
  await pass(SECOND);
  sleeper.tab.frozen = true;
  server.change(['pods', 'a/x', value(1)]);
  await pass(100);
  tabs.shift();
  first.close();
  await pass(100);
  assert.equal(heir.shared.role, 'leader');
  server.change(['pods', 'a/y', value(1)]);
  await pass(100);
  sleeper.tab.thaw();
  await pass(100);
  agree();
  assert.equal(sleeper.losses, 0);
});

test('a note that was lost is noticed by the next, and everything asked for again', async () => {
  const { server, open, pass, agree, channels, tabs } = browser();
  open();
  await pass(100);
  const follower = open();
  await pass(SECOND);
  channels.lose = ({ type }) => type === 'relay';
  server.change(['pods', 'a/x', value(1)]);
  await pass(10);
  assert.deepEqual(follower.holds(), {});
  channels.lose = () => false;
  server.change(['pods', 'a/y', value(1)]);
  await pass(SECOND);
  agree();
  // Also when the next is only a heartbeat, and an answer is lost as well.
  channels.lose = ({ type }) => type === 'relay' || type === 'answer';
  server.change(['pods', 'a/x', value(2)]);
  await pass(10);
  channels.lose = ({ type }) => type === 'answer';
  await pass(10);
  channels.lose = () => false;
  await pass(15 * SECOND);
  agree();
  assert.deepEqual(tabs.map(({ losses }) => losses), [0, 0]);
});

test('a frozen leader is replaced within 20 s, and finds that out when it wakes', async () => {
  const { server, open, leaders, pass, agree, time } = browser();
  server.change(['pods', 'a/x', value(1)]);
  const frozen = open();
  await pass(100);
  const rest = [open(), open(), open()];
  await pass(5 * SECOND);
  frozen.tab.frozen = true;
  const began = time.steady;
  while (!rest.some(({ shared }) => shared.role === 'leader') && time.steady < began + 60 * SECOND) await pass(500);
  await pass(500);
  assert.ok(time.steady - began <= 20 * SECOND, `${time.steady - began} ms`);
  server.change(['pods', 'a/x', value(2)]);
  await pass(2 * SECOND);
  agree(rest);
  assert.equal(rest.filter(({ shared }) => shared.role === 'leader').length, 1);
  assert.ok(rest.every(({ link }) => link.now.state === 'live'));
  assert.deepEqual(frozen.holds(), { 'a/x': value(1) });
  frozen.tab.thaw();
  await pass(2 * SECOND);
  assert.deepEqual([frozen.shared.role, leaders().length, server.readers.size], ['follower', 1, 1]);
  agree();
  assert.equal(frozen.link.now.state, 'live');
});

test('one that opens while the leader is frozen does not wait so long', async () => {
  const { server, open, pass, agree, tabs } = browser();
  server.change(['pods', 'a/x', value(1)]);
  open().tab.frozen = true;
  await pass(100);
  tabs.shift();
  open();
  await pass(5 * SECOND);
  agree();
});

test('nobody takes the place of a leader because the server is away', async () => {
  const { server, open, leaders, pass, tabs, agree } = browser();
  const first = open();
  await pass(100);
  for (let count = 0; count < 3; count += 1) open();
  await pass(SECOND);
  server.refuse = () => {
    throw new TypeError('refused');
  };
  server.cut();
  await pass(120 * SECOND);
  assert.deepEqual([leaders(), first.roles], [[first], ['follower', 'leader']]);
  assert.ok(tabs.every(({ link }) => link.now.state === 'disconnected'));
  assert.ok(tabs.every(({ link }) => link.now.reason === 'network'));
  server.refuse = () => undefined;
  server.change(['pods', 'a/x', value(1)]);
  await pass(6 * SECOND);
  agree();
  assert.ok(tabs.every(({ link }) => link.now.state === 'live'));
});

test('everybody may ask for an attempt at once', async () => {
  const { server, open, pass } = browser();
  open();
  await pass(100);
  const other = open();
  await pass(SECOND);
  server.goodbye('limit', 600_000);
  await pass(SECOND);
  assert.equal(other.link.now.reason, 'limit');
  assert.ok(other.link.now.nextTryMs > 590_000);
  const before = server.asked.length;
  other.shared.retryNow();
  await pass(100);
  assert.equal(server.asked.length, before + 1);
  assert.equal(other.link.now.state, 'live');
});

test('who is sent away at the door grows old, and is whole again once there is room', async () => {
  const { server, open, pass, tabs, agree, leaders } = browser();
  open();
  await pass(100);
  open();
  server.change(['pods', 'a/x', value(1)]);
  await pass(SECOND);
  server.full = true;
  server.cut();
  await pass(25 * SECOND);
  assert.deepEqual(tabs.map(({ link }) => [link.now.freshness, link.now.reason]), [['late', 'limit'], ['late', 'limit']]);
  await pass(10 * SECOND);
  assert.ok(server.asked.length > 3, 'it was greeted again and again');
  assert.deepEqual(tabs.map(({ link }) => link.now.freshness), ['stale', 'stale']);
  server.full = false;
  // Nothing changes meanwhile.
  await pass(16 * SECOND);
  assert.deepEqual(tabs.map(({ link }) => link.now.state), ['live', 'live']);
  const late = open();
  await pass(5 * SECOND);
  assert.equal(late.link.now.state, 'live');
  agree();
  assert.equal(leaders().length, 1);
});

test('an end is told to all, and to those that come', async () => {
  const { server, open, pass, tabs } = browser();
  open();
  await pass(100);
  open();
  await pass(SECOND);
  server.goodbye('revoked', 0);
  await pass(SECOND);
  open();
  await pass(SECOND);
  assert.deepEqual(tabs.map(({ link }) => [link.now.state, link.now.reason]), Array(3).fill(['ended', 'revoked']));
  assert.equal(server.asked.length, 1);
});

test('a server that restarts with a new epoch while tabs are open', async () => {
  const { server, open, pass, tabs, agree } = browser();
  server.change(['pods', 'a/x', value(1)], ['pods', 'a/gone', value(1)]);
  open();
  await pass(100);
  open();
  await pass(SECOND);
  server.restart('bbbbbbbbbb');
  server.synced.set('pods', false);
  await pass(3 * SECOND);
  for (const tab of tabs) {
    assert.deepEqual(tab.holds(), { 'a/gone': value(1), 'a/x': value(1) }, 'nothing is blanked');
    assert.ok([...tab.store.topic('pods').entries.values()].every(({ old }) => old));
  }
  const third = open();
  await pass(SECOND);
  assert.deepEqual(third.holds(), {}, 'who comes now is not told what may not be so');
  server.synced.set('pods', true);
  server.change(['pods', 'a/x', value(2)]);
  for (const reader of server.readers) server.snapshot(reader, ['pods']);
  await pass(SECOND);
  agree();
});

test('who sees is served by who is seen: visible beats hidden at once', async () => {
  const { server, open, leaders, time, pass, agree } = browser();
  server.change(['pods', 'a/x', value(1)]);
  const first = open();
  await pass(100);
  const second = open({}, { hidden: true });
  await pass(SECOND);
  assert.deepEqual(leaders(), [first]);
  first.tab.sign('hidden');
  second.tab.sign('visible');
  await time.pass(500);
  assert.deepEqual(leaders(), [second]);
  assert.deepEqual([server.readers.size, server.asked.at(-1).reader.reason], [1, 'resumed']);
  // Also one that comes.
  second.tab.sign('hidden');
  const third = open();
  await time.pass(500);
  assert.deepEqual(leaders(), [third]);
  server.change(['pods', 'a/x', value(2)]);
  await pass(SECOND);
  agree();
});

test('several that are seen do not take it from each other', async () => {
  const { open, leaders, pass, tabs } = browser();
  const first = open();
  await pass(100);
  for (let count = 0; count < 5; count += 1) open();
  await pass(SECOND);
  first.tab.sign('hidden');
  await pass(30 * SECOND);
  assert.equal(leaders().length, 1);
  assert.notEqual(leaders()[0], first);
  const changes = tabs.reduce((sum, { roles }) => sum + roles.filter((role) => role === 'leader').length, 0);
  assert.ok(changes <= 3, `${changes} times somebody began to lead`);
});

test('a leader that nobody sees lets the next lead after a minute, once', async () => {
  const { server, open, leaders, pass, tabs, agree } = browser();
  const first = open();
  await pass(100);
  const second = open({}, { hidden: true });
  await pass(SECOND);
  first.tab.sign('hidden');
  await pass(55 * SECOND);
  assert.deepEqual(leaders(), [first]);
  await pass(10 * SECOND);
  assert.deepEqual(leaders(), [second]);
  const asked = server.asked.length;
  await pass(300 * SECOND);
  assert.deepEqual([leaders(), server.asked.length], [[second], asked], 'and it goes round no further');
  server.change(['pods', 'a/x', value(1)]);
  await pass(SECOND);
  agree(tabs);
});

test('alone, a tab that nobody sees keeps the connection', async () => {
  const { server, open, leaders, pass } = browser();
  const only = open();
  await pass(100);
  only.tab.sign('hidden');
  await pass(200 * SECOND);
  assert.deepEqual([leaders(), server.asked.length], [[only], 1]);
});

test('hidden followers do not take the place of a silent leader, until somebody looks', async () => {
  const { open, leaders, pass, time } = browser();
  const first = open();
  await pass(100);
  const second = open({}, { hidden: true });
  await pass(SECOND);
  first.tab.frozen = true;
  await pass(60 * SECOND);
  assert.equal(second.shared.role, 'follower');
  second.tab.sign('visible');
  await time.pass(3 * SECOND);
  assert.equal(second.shared.role, 'leader');
  assert.equal(second.link.now.state, 'live');
  first.tab.thaw();
  await pass(SECOND);
  assert.deepEqual(leaders(), [second]);
});

test('after a sleep of the whole machine nobody is mistaken for dead', async () => {
  const { server, time, open, leaders, pass, tabs, agree } = browser();
  const first = open();
  await pass(100);
  open();
  open();
  await pass(SECOND);
  time.sleep(600 * SECOND);
  server.change(['pods', 'a/x', value(1)]);
  for (const { tab } of tabs) tab.sign('resume');
  await time.pass(3 * SECOND);
  assert.deepEqual(leaders(), [first]);
  assert.ok(tabs.every(({ link }) => link.now.state === 'live'));
  agree();
});

test('a page that is put away leads no more, and follows when it is back', async () => {
  for (const [away, back] of [['pagehide', 'pageshow'], ['freeze', 'resume']]) {
    const { server, open, leaders, pass, agree } = browser();
    server.change(['pods', 'a/x', value(1)]);
    const first = open();
    await pass(100);
    const second = open();
    await pass(SECOND);
    first.tab.sign(away);
    await pass(SECOND);
    assert.deepEqual([second.shared.role, server.readers.size], ['leader', 1]);
    server.change(['pods', 'a/x', value(2)]);
    await pass(SECOND);
    first.tab.sign(back);
    await pass(SECOND);
    assert.deepEqual([first.shared.role, leaders()], ['follower', [second]]);
    agree();
  }
});

const nothing = { request: () => Promise.reject(new DOMException('not here', 'SecurityError')) };
for (const [name, without] of [
  ['without Web Locks', { locks: undefined }],
  ['without BroadcastChannel', { channels: undefined }],
  ['where a channel may not be opened', { channels: { open: () => { throw new DOMException('no', 'SecurityError'); } } }],
  ['where locks are refused', { locks: nothing }],
]) {
  test(`${name} each tab has its own connection`, async () => {
    const { server, open, pass, tabs, agree } = browser();
    server.change(['pods', 'a/x', value(1)]);
    for (let count = 0; count < 3; count += 1) open({}, { without });
    await pass(SECOND);
    assert.deepEqual(tabs.map(({ shared }) => shared.role), ['alone', 'alone', 'alone']);
    assert.equal(server.readers.size, 3);
    server.change(['pods', 'a/x', value(2)]);
    await pass(SECOND);
    agree();
    tabs[0].tab.sign('pagehide');
    assert.equal(server.readers.size, 2);
    tabs[0].tab.sign('pageshow');
    server.change(['pods', 'a/x', value(3)]);
    await pass(SECOND);
    agree();
    tabs[0].shared.retryNow();
    await pass(SECOND);
    assert.equal(tabs[0].link.now.state, 'live');
  });
}

test('stop leaves nothing behind', async () => {
  const { server, time, open, pass, tabs } = browser();
  for (let count = 0; count < 3; count += 1) open();
  await pass(SECOND);
  for (const { shared, link } of tabs) {
    shared.stop();
    link.stop();
  }
  await settle();
  assert.deepEqual([server.readers.size, time.waiting, tabs[0].shared.link.state], [0, 0, 'closed']);
  tabs[0].shared.retryNow();
  await settle();
  assert.equal(server.readers.size, 1);
});

test('whoever stops it within whatever it tells leaves nothing behind either', async () => {
  for (const name of ['role', 'link', 'message']) {
    for (let at = 1; at <= 4; at += 1) {
      const { server, time, open, leaders, pass, tabs } = browser();
      const other = open({}, { hidden: true });
      await pass(SECOND);
      const one = open();
      let count = 0;
      one.shared.stop();
      one.shared.on(name, () => {
        count += 1;
        if (count === at) one.shared.stop();
      });
      one.shared.start();
      await pass(30 * SECOND);
      assert.ok(count >= Math.min(at, 2), `${name} ${count}`);
      if (count < at) one.shared.stop();
      await pass(SECOND);
      assert.deepEqual([server.readers.size, leaders().includes(other)], [1, true], `${name} ${at}`);
      for (const { shared, link } of tabs) {
        shared.stop();
        link.stop();
      }
      await settle();
      assert.deepEqual([time.waiting, server.readers.size], [0, 0], `${name} ${at}`);
    }
  }
});

test('what other tabs say is checked, and another version is not heard', async () => {
  const link = { state: 'open', reason: '' };
  const view = { topics: ['pods'], namespaces: null };
  const message = { event: 'change', id: 'aaaaaaaaaa-1', data: { changes: [] } };
  const good = [
    { type: 'join', view }, { type: 'view', view: { topics: [], namespaces: ['a'] } }, { type: 'leave' }, { type: 'ping' }, { type: 'retry' },
    { type: 'lead', term: 1, visible: true }, { type: 'lead', term: 1, visible: false, id: 'aaaaaaaaaa-0' },
    { type: 'beat', term: 1, visible: true, view, link, linkAgeMs: 0, linkNumber: 1 },
    { type: 'relay', term: 1, number: 1, view, message }, { type: 'answer', term: 1, number: 1, view, to: 't', messages: [message] },
  ].map((note) => ({ v: 1, tab: 't', ...note }));
  for (const note of good) assert.equal(readNote(note), note);
  const [join, viewing, , , , lead, , beat, relay, answer] = good;
  const bad = [
    null, 7, 'join', [], {}, { ...join, v: 2 }, { ...join, tab: 7 }, { ...join, view: null }, { ...viewing, view: { topics: 'pods', namespaces: null } },
    { ...join, type: 'toString' }, { ...join, type: 'shout' }, { ...lead, term: -1 }, { ...lead, visible: 1 }, { ...lead, id: 'x' }, { ...beat, link: {} },
    { ...beat, link: { ...link, nextTryMs: 'soon' } }, { ...relay, number: NaN }, { ...relay, message: { event: 'change', data: {} } },
    { ...answer, messages: {} }, { ...answer, messages: [message, 7] }, { ...answer, to: undefined },
  ];
  for (const note of bad) assert.equal(readNote(note), undefined, JSON.stringify(note));

  const { server, open, pass, channels, agree, leaders } = browser();
  server.change(['pods', 'a/x', value(1)]);
  const first = open();
  await pass(100);
  open();
  await pass(SECOND);
  const stranger = channels.open('watchglass.stream/1 tabs/1 /');
  for (const note of [...bad, { ...lead, v: 2, term: 1e15 }]) stranger.postMessage(note);
  await pass(SECOND);
  assert.deepEqual(leaders(), [first]);
  agree();
});

test('views: what covers what, and what a narrower one shows', () => {
  const view = (topics, namespaces = null) => ({ topics, namespaces });
  assert.ok(covers(view(['a', 'b']), view(['a'], ['n'])));
  assert.ok(covers(view([]), view(['a'])));
  assert.ok(!covers(view(['a']), view([])));
  assert.ok(!covers(view(['a'], ['n']), view(['a'])));
  assert.ok(!covers(view(['a'], ['n']), view(['a'], ['n', 'm'])));
  assert.ok(!covers(undefined, view(['a'])));
  assert.deepEqual(union([view(['b', 'a'], ['n']), view(['a'], ['m'])]), view(['a', 'b'], ['m', 'n']));
  assert.deepEqual(union([view(['a'], ['n']), view([])]), view([], null));
  const shows = (topic, key) => narrowed(view([topic], ['n']), { event: 'change', data: { changes: [{ topic, key, op: 'remove' }] } }).data.changes.length;
  assert.deepEqual(
    [['pods', 'n/x'], ['pods', 'm/x'], ['sources', 'pods/n'], ['sources', 'pods/*'], ['sources', 'pods/m'], ['incidents', 'Pod/n/x'], ['incidents', 'Pod/m/x'], ['auth', 'agent'], ['executions', 'm/x']]
      .map(([topic, key]) => shows(topic, key)),
    [1, 0, 1, 1, 0, 1, 0, 1, 1],
  );
  const snapshot = { event: 'snapshot', data: { topic: 'jobs', part: 0, parts: 1, synced: true, items: [] } };
  assert.equal(narrowed(view(['pods']), snapshot), undefined);
  assert.deepEqual(narrowed(view(['pods']), { ...snapshot, id: 'aaaaaaaaaa-1' }), { event: 'change', id: 'aaaaaaaaaa-1', data: { changes: [] } });
  assert.deepEqual(narrowed(view(['pods']), { event: 'news', data: 1 }), { event: 'news', data: 1 });
});

test('whatever tabs, clocks, networks and servers do, one leads in the end, all agree with the board, and nothing went back', async () => {
  for (let round = 1; round <= 20; round += 1) {
    const { server, open, tabs, pass, leaders, time, channels } = browser();
    let state = round * 7919;
    const chance = (below) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    let count = 0;
    let lives = 0;
    let lost = 0;
    channels.lose = () => chance(100) < lost;
    const alive = () => tabs.filter(({ gone }) => !gone);
    const join = () => {
      const views = [{}, { topics: ['pods'] }, { topics: ['cronjobs', 'pods', 'sources'] }];
      const one = open(views[chance(views.length)], { hidden: chance(3) === 0 });
      const seen = new Map();
      one.store.on('change', ({ topic, keys }) => {
        for (const key of topic === 'pods' ? keys : []) {
          const n = one.store.topic('pods').entries.get(key)?.value.n ?? seen.get(key);
          assert.ok(n === undefined || n >= (seen.get(key) ?? 0), `round ${round}: ${key} went back to ${n}`);
          seen.set(key, n);
        }
      });
    };
    const begun = () => {
      for (const reader of server.readers) reader.send('snapshot', { topic: 'pods', part: 0, parts: 2, synced: true, items: [] });
    };
    join();
    for (let step = 0; step < 50; step += 1) {
      const some = alive()[chance(alive().length)];
      const what = chance(22);
      if (what < 5) server.change(['pods', `a/${chance(3)}`, chance(6) ? value((count += 1)) : null]);
      else if (what === 5 && alive().length < 5) join();
      else if (what === 6 && alive().length > 1) {
        some.gone = true;
        some.close();
      } else if (what === 7) some.tab.frozen = true;
      else if (what === 8) some.tab.thaw();
      else if (what < 11) some.tab.sign(some.tab.hidden ? 'visible' : 'hidden');
      else if (what === 11) server.cut();
      else if (what === 12) await pass(chance(30) * SECOND);
      else if (what === 13 && !some.tab.frozen) {
        some.away = !some.away;
        some.tab.sign(some.away ? 'pagehide' : 'pageshow');
      } else if (what === 14) time.sleep(chance(60) * SECOND);
      else if (what === 15) time.stand(chance(20) * SECOND);
      else if (what === 16) time.wall += (chance(7_200) - 3_600) * SECOND;
      else if (what === 17 && chance(3) === 0) server.restart(`bbbbbbbbb${(lives += 1)}`);
      else if (what === 18) lost = lost ? 0 : 20;
      else if (what === 19) {
        const away = chance(2);
        server.refuse = () => {
          if (away) throw new TypeError('refused');
        };
      } else if (what === 20) server.goodbye(chance(2) ? 'drain' : 'limit', chance(15_000));
      else if (what === 21) {
        begun();
        if (chance(2)) server.cut();
      }
      await time.pass(chance(400));
    }
    lost = 0;
    server.refuse = () => undefined;
    for (const { tab, away } of alive()) {
      tab.thaw();
      if (away) tab.sign('pageshow');
      tab.sign('visible');
    }
    await pass(45 * SECOND);
    assert.equal(leaders().filter(({ gone }) => !gone).length, 1, `round ${round}`);
    assert.equal(server.readers.size, 1, `round ${round}`);
    for (const { holds, link, shared } of alive()) {
      assert.deepEqual(holds(), server.values('pods'), `round ${round}: ${shared.role}`);
      assert.equal(link.now.state, 'live', `round ${round}: ${shared.role}`);
      assert.ok(link.now.sinceMs <= 10 * SECOND, `round ${round}: ${shared.role}`);
    }
    for (const { shared, link } of tabs) {
      shared.stop();
      link.stop();
    }
    await settle();
    assert.deepEqual([time.waiting, server.readers.size], [0, 0], `round ${round}: nothing is left`);
  }
});
