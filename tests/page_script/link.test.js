// What the page says of its link, by two clocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Link, freshness } from '../../static/link.js';
import { Teller } from '../../static/teller.js';
import { Tab, Time } from './machine.js';

const hello = (resumed = false) => ({ event: 'hello', data: { epoch: 'aaaaaaaaaa', resumed } });
const whole = { event: 'change', id: 'aaaaaaaaaa-1', data: { changes: [] } };
const open = { state: 'open', reason: '' };
const SECOND = 1_000;

function made() {
  const time = new Time();
  const tab = new Tab({ time });
  const source = new Teller();
  const link = new Link({ machine: tab });
  const states = [];
  link.on('change', ({ state }) => state !== states.at(-1) && states.push(state));
  link.follow(source);
  const hear = (...messages) => messages.forEach((message) => source.tell('message', message));
  const learn = (detail) => source.tell('link', detail);
  const live = () => {
    learn(open);
    hear(hello(), whole);
  };
  const beat = (skew = 0) => hear({ event: 'heartbeat', data: { serverTime: new Date(time.wall + skew).toISOString() } });
  return { time, tab, link, states, hear, learn, live, beat };
}

test('freshness is by time alone', () => {
  const at = [0, 14_999, 15_000, 29_999, 30_000, 119_999, 120_000, 1e9];
  assert.deepEqual(at.map(freshness), ['live', 'live', 'late', 'late', 'stale', 'stale', 'disconnected', 'disconnected']);
});

test('connecting, live, late, stale, disconnected, and back', async () => {
  const { time, link, states, live, beat } = made();
  assert.equal(link.now.state, 'connecting');
  assert.equal(link.now.heard, false);
  live();
  await time.pass(150 * SECOND);
  beat();
  assert.deepEqual(states, ['connecting', 'live', 'late', 'stale', 'disconnected', 'live']);
  assert.equal(link.now.sinceMs, 0);
});

test('who is greeted and given nothing has heard nothing', async () => {
  for (const [reason, last] of [['limit', [{ event: 'goodbye', data: { reason: 'limit', retryMs: 7_000 } }]], ['cut', []]]) {
    const { time, link, states, hear, learn, live, beat } = made();
    live();
    for (let seconds = 0; seconds < 28; seconds += 7) {
      learn({ state: 'connecting', reason });
      learn(open);
      hear(hello(), ...last);
      learn({ state: 'closed', reason, nextTryMs: 7_000 });
      await time.pass(7 * SECOND);
    }
    assert.equal(link.now.sinceMs, 28 * SECOND);
    await time.pass(2 * SECOND);
    assert.equal(link.now.freshness, 'stale');
    learn(open);
    hear(hello(true));
    assert.equal(states.at(-1), 'live');
    await time.pass(SECOND);
    // Who goes on where it was lacks nothing, though nothing follows.
    learn({ state: 'closed', reason: 'cut' });
    assert.equal(link.now.sinceMs, SECOND);
    beat();
    assert.equal(link.now.sinceMs, 0);
  }
});

test('one that was never given anything has not heard of the server yet', async () => {
  const { link, hear, learn } = made();
  learn(open);
  hear(hello(), { event: 'goodbye', data: { reason: 'limit', retryMs: 7_000 } });
  learn({ state: 'closed', reason: 'limit', nextTryMs: 7_000 });
  assert.equal(link.now.heard, false);
});

test('values are late after 15 s, stale after 30 s and disconnected after 120 s, told within a second', async () => {
  const { time, link, live } = made();
  live();
  const began = time.steady;
  const told = [];
  link.on('change', (now) => told.push([now.freshness, Math.round((time.steady - began) / SECOND)]));
  await time.pass(125 * SECOND);
  assert.deepEqual(told, [['late', 15], ['stale', 30], ['disconnected', 120]]);
});

test('a page that never hears anything grows old too', async () => {
  const { time, link, states } = made();
  await time.pass(121 * SECOND);
  assert.deepEqual(states, ['connecting', 'late', 'stale', 'disconnected']);
  assert.equal(link.now.heard, false);
});

test('failed attempts change the words and nothing else', async () => {
  const { time, link, live, learn } = made();
  live();
  await time.pass(2 * SECOND);
  learn({ state: 'closed', reason: 'network', nextTryMs: 4_000 });
  assert.deepEqual([link.now.state, link.now.freshness, link.now.reason, link.now.nextTryMs], ['connecting', 'live', 'network', 4_000]);
  await time.pass(SECOND);
  assert.equal(link.now.nextTryMs, 3_000);
  await time.pass(30 * SECOND);
  assert.deepEqual([link.now.state, link.now.nextTryMs], ['stale', 0]);
  for (const reason of ['network', 'silent']) learn({ state: 'connecting', reason });
  assert.deepEqual([link.now.state, link.now.reason], ['stale', 'silent']);
  learn({ state: 'closed', reason: 'refused', problem: { status: 404, error: 'There is nothing.', reason: 'not_found' } });
  assert.equal(link.now.problem.error, 'There is nothing.');
});

test('an open connection that says nothing is not live', async () => {
  const { time, link, live, learn } = made();
  live();
  await time.pass(20 * SECOND);
  learn(open);
  assert.equal(link.now.state, 'late');
});

test('a machine that slept, and one whose clock was set back', async () => {
  const { time, link, live, beat } = made();
  live();
  time.sleep(600 * SECOND);
  link.check();
  assert.deepEqual([link.now.state, link.now.sinceMs], ['disconnected', 600 * SECOND]);
  beat();
  assert.equal(link.now.state, 'live');
  time.wall -= 3_600 * SECOND;
  await time.pass(40 * SECOND);
  assert.equal(link.now.state, 'stale', 'the clock that cannot be set knows better');
});

test('a tab that comes back judges at once', () => {
  const { time, tab, states, live } = made();
  live();
  time.sleep(40 * SECOND);
  tab.sign('visible');
  assert.deepEqual(states, ['connecting', 'live', 'stale']);
});

test('reading anew lasts until a position has come', () => {
  const { link, live, hear, learn } = made();
  live();
  hear(hello(true));
  assert.equal(link.now.state, 'live', 'resumed');
  hear(hello(false));
  assert.equal(link.now.state, 'resync');
  hear({ event: 'snapshot', data: {} });
  assert.equal(link.now.state, 'resync');
  hear(whole);
  assert.equal(link.now.state, 'live');
  hear(hello(false));
  learn({ state: 'closed', reason: 'cut' });
  assert.equal(link.now.state, 'connecting');
});

test('a server that restarts has 30 s, then time alone counts', async () => {
  const { time, link, live, hear, learn, states } = made();
  live();
  hear({ event: 'goodbye', data: { reason: 'drain', retryMs: 1_000 } });
  learn({ state: 'closed', reason: 'drain', nextTryMs: 1_000 });
  assert.equal(link.now.state, 'draining');
  await time.pass(20 * SECOND);
  assert.deepEqual([link.now.state, link.now.freshness], ['draining', 'late']);
  await time.pass(11 * SECOND);
  assert.equal(link.now.state, 'stale');
  learn(open);
  hear(hello(false), whole);
  assert.deepEqual(states, ['connecting', 'live', 'draining', 'stale', 'resync', 'live']);
});

test('an end is an end, however long ago', async () => {
  const { time, link, live, learn } = made();
  live();
  learn({ state: 'ended', reason: 'auth_expired' });
  assert.deepEqual([link.now.state, link.now.freshness], ['ended', 'live']);
  await time.pass(3_600 * SECOND);
  assert.deepEqual([link.now.state, link.now.freshness, link.now.reason], ['ended', 'disconnected', 'auth_expired']);
});

test('what another tab heard a while ago is so old', async () => {
  const { time, link, learn, hear } = made();
  learn(open);
  hear({ ...hello(), ageMs: 20_000 });
  assert.deepEqual([link.now.state, link.now.sinceMs], ['late', 20_000]);
  await time.pass(SECOND);
  hear({ ...whole, ageMs: 1_000 });
  assert.equal(link.now.sinceMs, 1_000);
  hear({ ...whole, ageMs: 9_000 });
  assert.equal(link.now.sinceMs, 1_000, 'older news makes nothing older');
});

test("the server's clock is the median of five", () => {
  const { time, link, live, beat } = made();
  live();
  assert.equal(link.offsetMs, 0);
  for (const skew of [180_000, 180_100, 150_000, 180_050, 181_000]) beat(skew);
  assert.equal(link.offsetMs, 180_050);
  assert.equal(link.now.skewMs, 180_050);
  assert.equal(link.serverNow(), time.wall + 180_050);
  for (let count = 0; count < 5; count += 1) beat(-4_000);
  assert.deepEqual([link.offsetMs, link.now.skewMs], [-4_000, undefined], 'up to five seconds nobody is told');
});

test('when the clock is set, what was measured before counts no more', () => {
  const { time, link, live, beat } = made();
  live();
  for (let count = 0; count < 5; count += 1) beat(180_000);
  time.wall += 180_000;
  beat(0);
  assert.deepEqual([link.offsetMs, link.now.skewMs], [0, undefined]);
});

test('a time that is none, and one that another tab heard, are no measurements', () => {
  const { link, live, hear } = made();
  live();
  hear({ event: 'heartbeat', data: { serverTime: 'soon' } });
  hear({ event: 'heartbeat', data: { serverTime: '2020-01-01T00:00:00.000Z' }, ageMs: 50 });
  assert.equal(link.offsetMs, 0);
});

test('it ticks each second, and stops', async () => {
  const { time, link } = made();
  let ticks = 0;
  link.on('tick', () => (ticks += 1));
  await time.pass(5 * SECOND);
  assert.equal(ticks, 5);
  link.stop();
  await time.pass(5 * SECOND);
  assert.deepEqual([ticks, time.waiting], [5, 0]);
});
