// The store: what it holds after which messages, and what it says of that.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Board } from '../../static/board.js';
import { Store } from '../../static/store.js';
import { Garbled, checked, parseId, readMessage } from '../../static/messages.js';
import { Tab, Time } from './machine.js';

const A = 'aaaaaaaaaa';
const B = 'bbbbbbbbbb';

const hello = (epoch = A, reason = 'fresh') => ({ event: 'hello', data: { epoch, resumed: reason === 'resumed' || reason === 'gap', reason, topics: ['pods', 'jobs'] } });
const snapshot = (topic, values, id, { part = 0, parts = 1, synced = true } = {}) => ({
  event: 'snapshot', ...id && { id }, data: { topic, part, parts, synced, items: Object.entries(values).map(([key, value]) => ({ key, value: { value } })) },
});
const change = (id, ...changes) => ({
  event: 'change', ...id && { id },
  data: { changes: changes.map(([topic, key, value]) => (value === undefined ? { topic, key, op: 'remove' } : { topic, key, op: 'upsert', value: { value } })) },
});
const beat = (seq, ageMs = 100) => ({ event: 'heartbeat', data: { serverTime: '', seq, sources: { 'pods/a': { state: 'live', ageMs } } } });

function made(options = {}) {
  const time = new Time();
  const store = new Store({ machine: new Tab({ time }), ...options });
  const told = [];
  for (const name of ['change', 'hello', 'heartbeat', 'goodbye', 'loss']) store.on(name, (detail) => told.push([name, detail]));
  const holds = (topic = 'pods') => Object.fromEntries([...store.topic(topic).entries].map(([key, { value }]) => [key, value.value]));
  const old = (topic = 'pods') => [...store.topic(topic).entries].filter(([, entry]) => entry.old).map(([key]) => key);
  const changes = () => told.splice(0).filter(([name]) => name === 'change').map(([, { topic, keys }]) => [topic, [...keys].sort()]);
  const take = (...messages) => messages.forEach((message) => store.apply(message));
  return { store, time, told, holds, old, changes, take };
}

test('a snapshot takes effect when its last part has come', () => {
  const { store, holds, changes, take } = made();
  take(hello(), snapshot('pods', { x: 1 }, undefined, { part: 0, parts: 2 }));
  assert.deepEqual(holds(), {});
  assert.equal(store.topic('pods').known, false);
  assert.deepEqual(changes(), []);
  take(snapshot('pods', { y: 2 }, undefined, { part: 1, parts: 2 }));
  assert.deepEqual(holds(), { x: 1, y: 2 });
  assert.equal(store.topic('pods').synced, true);
  assert.deepEqual(changes(), [['pods', ['x', 'y']]]);
  assert.equal(store.cursor, undefined);
  take(snapshot('jobs', {}, `${A}-7`));
  assert.deepEqual(store.cursor, { epoch: A, seq: 7 });
  assert.equal(store.topic('jobs').known, true, 'an empty topic is known');
  assert.deepEqual(changes(), [['jobs', []]]);
});

test('what is not in a whole snapshot is gone', () => {
  const { holds, take, changes } = made();
  take(hello(), snapshot('pods', { x: 1, y: 2 }, `${A}-1`));
  changes();
  take(snapshot('pods', { y: 2, z: 3 }, `${A}-2`));
  assert.deepEqual(holds(), { y: 2, z: 3 });
  assert.deepEqual(changes(), [['pods', ['x', 'z']]]);
});

test('part 0 begins a snapshot anew, and parts out of order are none', () => {
  const { holds, take } = made();
  take(hello(), snapshot('pods', { gone: 1 }, undefined, { part: 0, parts: 3 }), snapshot('pods', { x: 1 }, undefined, { part: 0, parts: 2 }));
  take(snapshot('pods', { y: 1 }, undefined, { part: 1, parts: 2 }));
  assert.deepEqual(holds(), { x: 1, y: 1 });
  take(snapshot('pods', {}, undefined, { part: 0, parts: 3 }), snapshot('pods', {}, undefined, { part: 2, parts: 3 }));
  take(snapshot('pods', {}, undefined, { part: 1, parts: 2 }));
  assert.deepEqual(holds(), { x: 1, y: 1 });
});

test('half a snapshot dies with its connection', () => {
  const { holds, take } = made();
  take(hello(), snapshot('pods', { x: 1 }, undefined, { part: 0, parts: 2 }), hello(), snapshot('pods', { y: 1 }, undefined, { part: 1, parts: 2 }));
  assert.deepEqual(holds(), {});
});

test('one that is not synced takes nothing away, and marks what it does not name', () => {
  const { store, holds, old, take, changes } = made();
  take(hello(), snapshot('pods', { x: 1, y: 2 }, `${A}-9`));
  take(hello(B, 'epoch'));
  assert.deepEqual(old(), ['x', 'y']);
  assert.equal(store.topic('pods').synced, false);
  changes();
  take(snapshot('pods', { y: 3, z: 4 }, `${B}-2`, { synced: false }));
  assert.deepEqual(holds(), { x: 1, y: 3, z: 4 });
  assert.deepEqual(old(), ['x']);
  assert.deepEqual(changes(), [['pods', ['y', 'z']]]);
  take(change(`${B}-3`, ['pods', 'x', 1]));
  assert.deepEqual(old(), [], 'the same value, proved again');
  take(snapshot('pods', { z: 4 }, `${B}-4`));
  assert.deepEqual(holds(), { z: 4 });
  assert.equal(store.topic('pods').synced, true);
});

test('seqs of two epochs are not compared', () => {
  const { store, holds, take } = made();
  take(hello(), snapshot('pods', { x: 1 }, `${A}-900`), hello(B, 'epoch'), snapshot('pods', { x: 2 }, `${B}-1`), change(`${B}-2`, ['pods', 'y', 1]));
  assert.deepEqual(holds(), { x: 2, y: 1 });
  assert.deepEqual(store.cursor, { epoch: B, seq: 2 });
});

test('changes are taken once, whole, and never backwards', () => {
  const { holds, take, changes } = made();
  take(hello(), snapshot('pods', {}), snapshot('jobs', {}, `${A}-1`));
  changes();
  const message = change(`${A}-3`, ['pods', 'x', 1], ['jobs', 'j', 1], ['pods', 'y', 1]);
  take(message);
  assert.deepEqual(changes(), [['pods', ['x', 'y']], ['jobs', ['j']]]);
  take(message);
  assert.deepEqual(changes(), []);
  take(change(`${A}-4`, ['pods', 'x', 2], ['pods', 'y']), message, change(`${A}-2`, ['pods', 'x', 0]));
  assert.deepEqual(holds(), { x: 2 });
});

test('when a change is told, all of it is there', () => {
  const { store, holds, take } = made();
  take(hello(), snapshot('pods', {}), snapshot('jobs', {}, `${A}-1`));
  const seen = [];
  store.on('change', () => seen.push([holds('pods'), holds('jobs')]));
  take(change(`${A}-2`, ['pods', 'x', 1], ['jobs', 'y', 1]));
  assert.deepEqual(seen, [[{ x: 1 }, { y: 1 }], [{ x: 1 }, { y: 1 }]]);
});

test('a value that is the same is no change; one that is not has a time', async () => {
  const { store, time, take, changes } = made();
  take(hello(), snapshot('pods', { x: 1, y: 1 }, `${A}-1`));
  assert.equal(store.topic('pods').entries.get('x').at, undefined, 'nobody has told when');
  changes();
  await time.pass(5_000);
  take(change(`${A}-2`, ['pods', 'x', 1], ['pods', 'y', 2], ['pods', 'z', 1]));
  assert.deepEqual(changes(), [['pods', ['y', 'z']]]);
  const at = (key) => store.topic('pods').entries.get(key).at;
  assert.equal(at('x'), undefined);
  assert.deepEqual([at('y'), at('z')], [time.moment(), time.moment()]);
  take({ ...change(`${A}-3`, ['pods', 'z', 2]), ageMs: 4_000 });
  assert.deepEqual(at('z'), { wall: time.wall - 4_000, steady: time.steady - 4_000 });
  take(snapshot('pods', { x: 1, y: 3, z: 2 }, `${A}-4`));
  assert.equal(at('y'), undefined, 'nor does a snapshot tell');
});

test('changes without an id wait for the snapshot that they belong to', () => {
  const { holds, take } = made();
  take(hello(), snapshot('pods', { x: 1 }), snapshot('jobs', { j: 1 }, `${A}-5`));
  take(hello(A, 'gap'), change(undefined, ['pods', 'x', 2]));
  assert.deepEqual(holds(), { x: 1 });
  take(snapshot('jobs', {}, `${A}-9`));
  assert.deepEqual([holds(), holds('jobs')], [{ x: 2 }, {}]);
  // Cut off between, everything comes again.
  take(hello(A, 'gap'), change(undefined, ['pods', 'x', 3]), hello(A, 'gap'), snapshot('jobs', {}, `${A}-11`));
  assert.deepEqual(holds(), { x: 2 });
});

test('what the server has painted is taken, and nothing older takes its place', () => {
  const { store, holds, take, changes } = made();
  store.adopt('pods', [{ key: 'x', value: { value: 5 } }], `${A}-50`);
  assert.deepEqual([holds(), store.topic('pods').synced, store.epoch], [{ x: 5 }, true, A]);
  assert.deepEqual(changes(), [['pods', ['x']]]);
  // Another tab remembers an older state; of what was not painted it is all there is.
  take(hello(), snapshot('pods', { x: 4, gone: 1 }), snapshot('jobs', { j: 1 }), change(`${A}-40`));
  assert.deepEqual([holds(), holds('jobs'), store.cursor.seq], [{ x: 5 }, { j: 1 }, 40]);
  take(change(`${A}-45`, ['pods', 'x', 4], ['jobs', 'k', 1]));
  assert.deepEqual([holds(), holds('jobs')], [{ x: 5 }, { j: 1, k: 1 }]);
  take(change(`${A}-50`, ['pods', 'x', 5], ['pods', 'y', 1]));
  assert.deepEqual(holds(), { x: 5, y: 1 });
  take(snapshot('pods', { x: 7 }));
  assert.deepEqual(holds(), { x: 7 }, 'there, a snapshot takes effect at once again');
});

test('a first snapshot that is newer than the paint takes its place when its id has come', () => {
  const { store, holds, take } = made();
  store.adopt('pods', [{ key: 'x', value: { value: 5 } }, { key: 'gone', value: { value: 1 } }], `${A}-50`);
  take(hello(), snapshot('pods', { x: 6 }));
  assert.deepEqual(holds(), { x: 5, gone: 1 });
  take(snapshot('jobs', {}, `${A}-52`));
  assert.deepEqual(holds(), { x: 6 });
});

test('a paint of another epoch is kept as old', () => {
  const { store, holds, old, take } = made();
  store.adopt('pods', [{ key: 'x', value: { value: 5 } }], `${A}-50`);
  take(hello(B), snapshot('pods', { y: 1 }, `${B}-1`, { synced: false }));
  assert.deepEqual([holds(), old()], [{ x: 5, y: 1 }, ['x']]);
});

test('what another tab remembers from before does not take us back', () => {
  const { holds, store, take } = made();
  take(hello(), snapshot('pods', { x: 1 }), snapshot('jobs', {}, `${A}-10`), change(`${A}-20`, ['pods', 'x', 2]));
  take(hello(), snapshot('pods', { x: 1 }), snapshot('jobs', {}), change(`${A}-15`));
  assert.deepEqual(holds(), { x: 2 });
  take(change(`${A}-18`, ['pods', 'x', 1.5]), change(`${A}-20`, ['pods', 'x', 2]), change(`${A}-21`, ['pods', 'x', 3]));
  assert.deepEqual([holds(), store.cursor.seq], [{ x: 3 }, 21]);
});

test('a server that has gone back itself is followed', () => {
  const { holds, take } = made();
  take(hello(), snapshot('pods', { x: 2 }, `${A}-20`), hello(A, 'ahead'), snapshot('pods', { x: 1 }, `${A}-10`), change(`${A}-11`, ['pods', 'y', 1]));
  assert.deepEqual(holds(), { x: 1, y: 1 });
  const painted = made();
  painted.store.adopt('pods', [{ key: 'x', value: { value: 5 } }], `${A}-50`);
  painted.take(hello(), change(`${A}-40`), hello(A, 'ahead'), snapshot('pods', { x: 1 }), snapshot('jobs', {}, `${A}-10`));
  assert.deepEqual(painted.holds(), { x: 1 });
});

test('a heartbeat that knows more than we were given is a loss', () => {
  const { told, take } = made();
  take(hello(), snapshot('pods', {}, `${A}-5`), beat(5), beat(4));
  assert.deepEqual(told.filter(([name]) => name === 'loss'), []);
  take(beat(6));
  assert.deepEqual(told.filter(([name]) => name === 'loss'), [['loss', { reason: 'seq' }]]);
  take(hello(A), beat(0));
  assert.equal(told.filter(([name]) => name === 'loss').length, 2, 'no position at all');
});

test('ages of sources go on between heartbeats', async () => {
  const { store, time, take } = made();
  assert.equal(store.ageOf('pods/a'), undefined);
  take(hello(), snapshot('pods', {}, `${A}-5`), beat(5, 700));
  assert.equal(store.ageOf('pods/a'), 700);
  await time.pass(2_000);
  assert.equal(store.ageOf('pods/a'), 2_700);
  take({ ...beat(5, 700), ageMs: 4_000 });
  assert.equal(store.ageOf('pods/a'), 4_700, 'another tab heard it a while ago');
});

test('it keeps the topics that it was made for, and ignores what it does not know', () => {
  const { store, holds, told, take } = made({ topics: ['pods'] });
  take(hello(), snapshot('pods', { x: 1 }), snapshot('jobs', { y: 1 }, `${A}-5`));
  take(change(`${A}-6`, ['jobs', 'y', 2]), { event: 'news', data: 7 });
  take({ event: 'change', id: `${A}-7`, data: { changes: [{ topic: 'pods', key: 'x', op: 'bend', value: {} }] } });
  take({ event: 'goodbye', data: { reason: 'drain', retryMs: 1 } });
  assert.deepEqual([holds(), store.topics, store.cursor.seq], [{ x: 1 }, ['pods'], 7]);
  assert.deepEqual(told.at(-1), ['goodbye', { reason: 'drain', retryMs: 1 }]);
});

const many = (count, from = 0) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, 1]));

test('it has a bound, and says of which topic there was more', () => {
  const { store, told, take } = made({ most: 10, topics: ['pods', 'jobs'] });
  const losses = () => told.splice(0).filter(([name]) => name === 'loss').map(([, detail]) => detail);
  take(hello(), snapshot('pods', many(10), `${A}-1`));
  assert.deepEqual([losses(), store.topic('pods').full], [[], false]);
  take(change(`${A}-2`, ['pods', 'more', 1], ['pods', 'k0', 2]));
  assert.deepEqual(losses(), [{ reason: 'full', topic: 'pods' }]);
  assert.deepEqual([store.topic('pods').full, store.topic('pods').entries.size, store.topic('pods').entries.get('k0').value.value], [true, 10, 2]);
  take(change(`${A}-3`, ['pods', 'again', 1]));
  assert.deepEqual(losses(), [], 'it is told once');
  // What goes makes room, and does not bring back what was lost.
  take(change(`${A}-4`, ['pods', 'k1'], ['pods', 'k2']));
  assert.equal(store.topic('pods').full, true);
  take(snapshot('jobs', many(6), undefined, { part: 0, parts: 2 }), snapshot('jobs', many(6, 6), undefined, { part: 1, parts: 2 }));
  assert.deepEqual([losses(), store.topic('jobs').entries.size, store.topic('jobs').known], [[{ reason: 'full', topic: 'jobs' }], 0, false]);
  take(snapshot('events', many(12), `${A}-4`));
  assert.deepEqual([losses(), store.topic('events').full], [[], false], 'nobody wants it');
});

test('a topic that has come whole is full no more, and that is told', () => {
  const { store, told, take, changes } = made({ most: 10 });
  take(hello(), snapshot('pods', many(11), `${A}-1`));
  assert.deepEqual([store.topic('pods').full, store.topic('pods').known, told.at(-1)], [true, false, ['loss', { reason: 'full', topic: 'pods' }]]);
  take(snapshot('pods', many(10), `${A}-2`));
  assert.deepEqual([store.topic('pods').full, store.topic('pods').entries.size], [false, 10]);
  take(change(`${A}-3`, ['pods', 'more', 1]));
  assert.equal(store.topic('pods').full, true);
  changes();
  take(snapshot('pods', many(10), `${A}-4`));
  assert.deepEqual([store.topic('pods').full, changes()], [false, [['pods', []]]]);
  take(change(`${A}-5`, ['pods', 'more', 1]));
  assert.deepEqual(told.at(-1), ['loss', { reason: 'full', topic: 'pods' }], 'and it may become so again');
});

test('what waits for its id and is too much makes all of its topics full', () => {
  const { store, told, take } = made({ most: 10 });
  take(hello(), snapshot('pods', { x: 1 }), snapshot('jobs', {}, `${A}-1`));
  take(hello(A, 'gap'), change(undefined, ['jobs', 'j', 1]));
  for (let at = 0; at < 9; at += 1) take(change(undefined, ['pods', `h${at}`, 1]));
  assert.deepEqual([store.topic('pods').full, store.topic('jobs').full], [false, false]);
  take(change(undefined, ['pods', 'one more', 1]));
  assert.deepEqual([store.topic('pods').full, store.topic('jobs').full], [true, true]);
  assert.deepEqual(told.filter(([name]) => name === 'loss').map(([, { topic }]) => topic), ['pods', 'jobs']);
});

test('who joins a tab that had no room for all of it knows that this is not all', () => {
  const view = { topics: ['pods', 'jobs'], namespaces: null };
  const board = new Board(new Tab(), 10);
  const { store, told, holds, take } = made();
  for (const message of [hello(), snapshot('pods', many(10)), snapshot('jobs', { j: 1 }, `${A}-1`), change(`${A}-2`, ['pods', 'more', 1])]) {
    board.take(message, view);
  }
  store.adopt('pods', [{ key: 'painted', value: { value: 1 } }], `${A}-2`);
  take(...board.remembered());
  assert.deepEqual([store.topic('pods').full, store.topic('pods').synced, store.topic('jobs').full], [true, false, false]);
  assert.equal(holds().painted, 1, 'what there was no room for is not gone');
  assert.deepEqual(told.filter(([name]) => name === 'loss'), [['loss', { reason: 'full', topic: 'pods' }]]);
});

test('messages are checked before anybody believes them', () => {
  const good = { event: 'change', id: `${A}-1`, data: { changes: [{ topic: 'pods', key: 'x', op: 'upsert', value: {} }] } };
  assert.equal(checked(good), good);
  assert.deepEqual(readMessage('news', undefined, '[1]'), { event: 'news', data: [1] });
  const bad = [
    null, [], 'x', {}, { event: 7, data: {} }, { event: 'hello', data: {} }, { event: 'hello', data: null },
    { ...good, id: 'x' }, { ...good, id: `${A}-01` }, { ...good, id: 7 }, { ...good, data: { changes: {} } }, { ...good, ageMs: -1 },
    { ...good, data: { changes: [{ topic: 'pods', key: 'x', op: 'upsert' }] } }, { ...good, data: { changes: [null] } },
    { event: 'snapshot', data: { topic: 'pods', part: 1, parts: 1, synced: true, items: [] } },
    { event: 'snapshot', data: { topic: 'pods', part: 0, parts: 1, synced: true, items: [{ key: 1, value: {} }] } },
    { event: 'heartbeat', data: { seq: 1.5, sources: {} } }, { event: 'heartbeat', data: { seq: 1, sources: { a: 7 } } },
    { event: 'goodbye', data: { reason: 'drain', retryMs: 'soon' } },
  ];
  for (const message of bad) assert.throws(() => checked(message), Garbled, JSON.stringify(message));
  assert.throws(() => readMessage('change', undefined, '{"a'), Garbled);
  for (const id of ['', 'a-1', `${A}-`, `${A}--1`, `${A}-1 `, `${A}-99999999999999999`, `${A}-9999999999999999`, undefined, null]) {
    assert.equal(parseId(id), undefined);
  }
  assert.deepEqual(parseId(`${A}-0`), { epoch: A, seq: 0 });
});

/** Numbers that look like chance and are the same each time. */
function chances(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('whatever happens, it ends as the board, and no value goes back within an epoch', () => {
  for (let round = 0; round < 400; round += 1) {
    const chance = chances(round + 1);
    const { store, take } = made();
    let [epoch, seq, lives] = [A, 0, 0];
    /** @type {Map<string, {value: number, seq: number}>} */
    let board = new Map();
    let cursor;
    const keys = ['k0', 'k1', 'k2', 'k3'];
    const seen = new Map();
    store.on('change', ({ keys: changed }) => {
      for (const key of changed) {
        const entry = store.topic('pods').entries.get(key);
        if (!entry || entry.old) continue;
        const { value } = entry.value;
        if (seen.get(key)?.epoch === store.epoch) assert.ok(value >= seen.get(key).value, `round ${round}: ${key} went back`);
        seen.set(key, { epoch: store.epoch, value });
      }
    });
    const write = () => {
      seq += 1;
      board.set(keys[chance(4)], { value: chance(4) ? seq : undefined, seq });
    };
    const since = (from) => [...board].filter(([, entry]) => entry.seq > from).sort(([, a], [, b]) => a.seq - b.seq)
      .map(([key, { value }]) => ['pods', key, value]);
    const whole = () => Object.fromEntries([...board].filter(([, { value }]) => value !== undefined).map(([key, { value }]) => [key, value]));
    const send = (message) => {
      take(message);
      if (message.id) cursor = message.id;
    };
    const attach = () => {
      const at = parseId(cursor);
      if (at?.epoch === epoch && at.seq <= seq && chance(3)) {
        send(hello(epoch, 'resumed'));
        if (since(at.seq).length) send(change(`${epoch}-${seq}`, ...since(at.seq)));
      } else {
        send(hello(epoch, at ? 'epoch' : 'fresh'));
        const values = Object.entries(whole());
        const parts = 1 + chance(3);
        for (let part = 0; part < parts; part += 1) {
          if (!chance(12)) return false; // cut off in the middle
          const share = Object.fromEntries(values.filter((_, place) => place % parts === part));
          send(snapshot('pods', share, part + 1 === parts ? `${epoch}-${seq}` : undefined, { part, parts }));
        }
      }
      return true;
    };
    if (chance(2)) {
      for (let times = chance(4); times > 0; times -= 1) write();
      store.adopt('pods', Object.entries(whole()).map(([key, value]) => ({ key, value: { value } })), `${epoch}-${seq}`);
    }
    let connected = attach();
    for (let step = 0; step < 40; step += 1) {
      const from = seq;
      const what = chance(10);
      if (what < 6) {
        for (let times = 1 + chance(3); times > 0; times -= 1) write();
        if (connected && chance(8)) send(change(`${epoch}-${seq}`, ...since(from)));
        else connected = false; // lost
      } else if (what < 8) connected = attach();
      else if (what < 9 && lives < 3) {
        lives += 1;
        [epoch, seq, board] = [String(lives).repeat(10), 0, new Map()];
        connected = attach();
      }
    }
    while (!attach());
    const held = Object.fromEntries([...store.topic('pods').entries].map(([key, { value }]) => [key, value.value]));
    assert.deepEqual(Object.entries(held).sort(), Object.entries(whole()).sort(), `round ${round}`);
    assert.ok([...store.topic('pods').entries.values()].every((entry) => !entry.old));
  }
});
