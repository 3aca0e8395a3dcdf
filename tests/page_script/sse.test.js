// The parser against what the HTML standard says of text/event-stream, and against another's parser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createParser as theirs } from 'eventsource-parser';
import { TooLong, createParser } from '../../static/sse.js';

const encoder = new TextEncoder();

/** Everything that comes of these bytes, cut at these places. */
function read(bytes, cuts = [], options = {}) {
  const events = [];
  const retries = [];
  const parser = createParser({ onEvent: (block) => events.push(block), onRetry: (ms) => retries.push(ms), ...options });
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    parser.feed(bytes.subarray(start, cut));
    start = cut;
  }
  parser.end();
  return { events, retries, lastEventId: parser.lastEventId };
}

const bytesOf = (stream) => (typeof stream === 'string' ? encoder.encode(stream) : Uint8Array.from(stream));
const text = (...parts) => parts.flatMap((part) => [...bytesOf(part)]);

// name, stream, events as [type, data, last event id], and whatever else is to be seen.
// First what the browsers' own tests of the format ask (web-platform-tests, eventsource/), by their names; those of its
// MIME types are in stream.test.js.
const LONG = 'x'.repeat(500);
const BROWSERS = [
  ['event-data', 'data:a\ndata: b\n\n:\nfield:c\n\nfield:d\nData:e\n\ndata\n\ndata:f\n\n', [['message', 'a\nb', ''], ['message', '', ''], ['message', 'f', '']]],
  ['format-bom', text([0xef, 0xbb, 0xbf], 'data:1\n\n', [0xef, 0xbb, 0xbf], 'data:2\n\ndata:3\n\n\n'), [['message', '1', ''], ['message', '3', '']]],
  ['format-bom-2', text([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], 'data:1\n\ndata:2\n\ndata:3\n\n\n'), [['message', '2', ''], ['message', '3', '']]],
  ['format-comments', `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:no\r:${LONG}\ndata:4\n\n`, [['message', '1\n2\n3\n4', '']]],
  ['format-data-before-final-empty-line', 'retry:1000\ndata:1\n\nid:x\ndata:2\n', [['message', '1', '']], { retries: [1000], lastEventId: '' }],
  ['format-field-data', 'data:\n\ndata\ndata\n\ndata:1\n\n\n', [['message', '', ''], ['message', '\n', ''], ['message', '1', '']]],
  ['format-field-event', 'event:other\ndata:1\n\ndata:1\n\n\n', [['other', '1', ''], ['message', '1', '']]],
  ['format-field-event-empty', 'event: \ndata:1\n\n\n', [['message', '1', '']]],
  ['format-field-id', 'id: …\ndata: 1\n\n', [['message', '1', '…']], { lastEventId: '…' }],
  ['format-field-id-2', 'id: …\ndata: 1\n\ndata: 2\n\ndata: 3\n\n', ['1', '2', '3'].map((data) => ['message', data, '…']), { lastEventId: '…' }],
  ['format-field-id-3 persists', 'id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\ndata: d\n\n', [['a', '1'], ['b', '1'], ['c', '2'], ['d', '2']].map((both) => ['message', ...both])],
  ['format-field-id-3 resets by a colon', 'id: 1\ndata: a\n\nid:\ndata: b\n\ndata: c\n\n', [['a', '1'], ['b', ''], ['c', '']].map((both) => ['message', ...both])],
  ['format-field-id-3 resets without', 'id: 1\ndata: a\n\nid\ndata: b\n\ndata: c\n\n', [['a', '1'], ['b', ''], ['c', '']].map((both) => ['message', ...both])],
  ...['\0\0', 'x\0', '\0x', 'x\0x', ' \0'].map((id) => (
    [`format-field-id-null ${JSON.stringify(id)}`, `id: ${id}\ndata: 1\n\n`, [['message', '1', '']], { lastEventId: '' }])),
  ['format-field-parsing', 'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n', [['message', '\0\n 2\n1\n3\n\n4', '']]],
  ['format-field-retry', 'retry:03000\ndata:1\n\n\n', [['message', '1', '']], { retries: [3000] }],
  ['format-field-retry-bogus', 'retry:3000\nretry:1000x\ndata:1\n\n\n', [['message', '1', '']], { retries: [3000] }],
  ['format-field-retry-empty', 'retry\ndata:1\n\n\n', [['message', '1', '']], { retries: [] }],
  ['format-field-unknown', 'data:1\n data\ndata\nother:2\nmore\n:and more\ndata:3\n\n\n', [['message', '1\n\n3', '']]],
  ['format-leading-space', 'data:\t1\rdata: \ndata:2\n\n\n', [['message', '\t1\n\n2', '']]],
  ['format-newlines', 'data:1\r\ndata\ndata:2\r\n\r\n', [['message', '1\n\n2', '']]],
  ['format-null-character', 'data:\0\n\n\n\n', [['message', '\0', '']]],
  ['format-utf-8', 'data:ok…\n\n\n', [['message', 'ok…', '']]],
];

// Then what the suite of eventsource-parser asks of any parser, where the above does not; what it asks of a bound and
// of huge events is below.
const PARSERS = [
  ['numbers and a name', 'data: 0\n\ndata: 1\n\nevent: done\ndata: ✔\n\n', [['message', '0', ''], ['message', '1', ''], ['done', '✔', '']]],
  ['ids and retries', 'event: tick\nretry: 50\nid: 7\ndata: 7\n\nevent: tick\nretry: 50\nid: 8\ndata: 8\n\n', [['tick', '7', '7'], ['tick', '8', '8']], { retries: [50, 50] }],
  ['comments between', ': ♥\n\ndata: A\n\n: ♥\n\ndata: B\n\n', [['message', 'A', ''], ['message', 'B', '']]],
  ['lines of one event', 'event: stock\ndata: ABC\ndata: +2\ndata: 10\n\n', [['stock', 'ABC\n+2\n10', '']]],
  ['many bytes a character', 'id: 0\ndata:我現在都看\ndata:🥌 🧹 👩‍👩‍👧\n\n', [['message', '我現在都看\n🥌 🧹 👩‍👩‍👧', '0']]],
  ['empty lines first', '\n\n\n\nid: 1\ndata: 我\n\n', [['message', '我', '1']]],
  ['CR', 'data: a\rdata: b\r\rdata: c\r\r', [['message', 'a\nb', ''], ['message', 'c', '']]],
  ['CRLF', 'data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n', [['message', 'a\nb', ''], ['message', 'c', '']]],
  ['CRLF between lines of one event', 'data: A\r\ndata: B\r\ndata: C\r\n\r\n', [['message', 'A\nB\nC', '']]],
  ['comments of many kinds', `: a\n\n${':'.repeat(300)}\ndata: 1\n\n: Первый: 第二\ndata: 2\n\n: ثالث\ndata: 3\n\n:നാലാമത്തെ\ndata: 4\n\n`, ['1', '2', '3', '4'].map((data) => ['message', data, ''])],
  ['comments that are data, and an end without one', `data:1\r\r:\0\n:\r\ndata:2\n\n:${LONG}\rdata:3\n\n:data:no\r:${LONG}\ndata:4\n\ndata:5`, ['1', '2', '3', '4'].map((data) => ['message', data, ''])],
  ['an empty name', 'event:\ndata: 1\n\nevent:\n\ndata: 2\n\n', [['message', '1', ''], ['message', '2', '']]],
  ['an empty retry between', 'id:1\nretry:500\ndata:a\n\nid:2\nretry:\ndata:b\n\n', [['message', 'a', '1'], ['message', 'b', '2']], { retries: [500] }],
  ['a wrong retry between', '\nretry: 500\n\ndata: a\n\nretry: 50x\n\ndata: b\n\n', [['message', 'a', ''], ['message', 'b', '']], { retries: [500] }],
  ['an id before one with NUL', 'id: 123\nid: bad\0id\ndata: a\n\n', [['message', 'a', '123']], { lastEventId: '123' }],
  ['an id without data', 'id: 42\n\n', [], { lastEventId: '42' }],
  ['an id without data, and CR', 'id: 42\r\r', [], { lastEventId: '42' }],
  ['an id without data, and CRLF', 'id: 42\r\n\r\n', [], { lastEventId: '42' }],
  ['an id without data, then a bad one, then none', 'id: 42\n\nid: x\0\n\nid:\n\n', [], { lastEventId: '' }],
  ['JSON without a line end', '{"error": "Internal Server Error"}', []],
  ['JSON with one', '{"error": "Internal Server Error"}\n\n', []],
  ['prose', 'This is something else.\r\ndata: 1\n\n', [['message', '1', '']]],
  ['a comment that CR LF ends', 'data: 1\n:no\r\ndata: 2\n\n', [['message', '1\n2', '']]],
  ['a comment that CR ends', 'data: 1\n:no\rdata: 2\n\n', [['message', '1\n2', '']]],
  ['a bare name that CR LF ends', 'data: 1\ndata\r\ndata: 2\n\n', [['message', '1\n\n2', '']]],
  ['an event once, however its CR LF comes', 'data: 1\r\r\n', [['message', '1', '']]],
];

// And more of the same kind.
const TABLE = [
  ['nothing', '', []],
  ['a message', 'data: one\n\n', [['message', 'one', '']]],
  ['two lines of data', 'data: one\ndata: two\n\n', [['message', 'one\ntwo', '']]],
  ['only one space after the colon is taken', 'data:  one\n\n', [['message', ' one', '']]],
  ['none has to be there', 'data:one\n\n', [['message', 'one', '']]],
  ['a tab is data', 'data:\tone\n\n', [['message', '\tone', '']]],
  ['space at the end stays', 'data: one \n\n', [['message', 'one ', '']]],
  ['a colon in the value stays', 'data:a:b\n\n', [['message', 'a:b', '']]],
  ['a field without colon has the empty value', 'data\n\n', [['message', '', '']]],
  ['an empty line of data is data', 'data:\n\ndata\ndata\n\ndata:x\n\n', [['message', '', ''], ['message', '\n', ''], ['message', 'x', '']]],
  ['a block without data is nothing', 'event: x\n\ndata: one\n\n', [['message', 'one', '']]],
  ['its id counts', 'id: 7\n\ndata: one\n\n', [['message', 'one', '7']]],
  ['blank lines are nothing', '\n\n\ndata: one\n\n\n\ndata: two\n\n', [['message', 'one', ''], ['message', 'two', '']]],
  ['a block that is not ended is nothing', 'data: one\n\ndata: two\n', [['message', 'one', '']]],
  ['nor is its id', 'data: one\n\nid: 9\ndata: two', [['message', 'one', '']], { lastEventId: '' }],
  ['the type', 'event: other\ndata: one\n\ndata: two\n\n', [['other', 'one', ''], ['message', 'two', '']]],
  ['the last type counts', 'event: a\nevent: b\ndata: 1\n\n', [['b', '1', '']]],
  ['an empty type is message', 'event: a\nevent:\ndata: 1\n\n', [['message', '1', '']]],
  ['comments', ': one\n:\n::\ndata: 1\n: two\ndata: 2\n\n', [['message', '1\n2', '']]],
  ['a comment alone', ': one\n\n', []],
  ['the id stays', 'id: 1\ndata: a\n\ndata: b\n\n', [['message', 'a', '1'], ['message', 'b', '1']]],
  ['until another', 'id: 1\ndata: a\n\nid: 2\ndata: b\n\n', [['message', 'a', '1'], ['message', 'b', '2']]],
  ['or an empty one', 'id: 1\ndata: a\n\nid\ndata: b\n\n', [['message', 'a', '1'], ['message', 'b', '']]],
  ['an id with NUL is none', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [['message', 'a', '1'], ['message', 'b', '1']]],
  ['also when NUL is all of it', 'id: \0\ndata: b\n\n', [['message', 'b', '']]],
  ['the id with NUL takes no earlier one away', 'id: 1\nid: \0 2\ndata: a\n\n', [['message', 'a', '1']]],
  ['an id may have spaces and letters of all kinds', 'id:  ü 1 \ndata: a\n\n', [['message', 'a', ' ü 1 ']]],
  ['NUL in data is data', 'data: a\0b\n\n', [['message', 'a\0b', '']]],
  ['NUL in a name makes another field', '\0data: a\n\ndata\0: b\n\n', []],
  ['names of fields are exact', 'Data: a\nDATA: a\n data: a\ndata : a\ndatax: a\n\n', []],
  ['unknown fields are nothing', 'what: ever\nso\ndata: 1\n\n', [['message', '1', '']]],
  ['CR ends a line', 'data: 1\rdata: 2\r\rdata: 3\r\r', [['message', '1\n2', ''], ['message', '3', '']]],
  ['CRLF ends one line', 'data: 1\r\ndata: 2\r\n\r\n', [['message', '1\n2', '']]],
  ['LF CR are two', 'data: 1\n\rdata: 2\n\r', [['message', '1', ''], ['message', '2', '']]],
  ['all ends together', 'data: 1\rdata: 2\r\ndata: 3\ndata: 4\r\r\ndata: 5\n\n', [['message', '1\n2\n3\n4', ''], ['message', '5', '']]],
  ['other line ends are not ends', 'data: a\u2028b\u2029c\u0085d\u000be\u000cf\n\n', [['message', 'a\u2028b\u2029c\u0085d\u000be\u000cf', '']]],
  ['a byte order mark is taken away', text([0xef, 0xbb, 0xbf], 'data: 1\n\n'), [['message', '1', '']]],
  ['one only', text([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], 'data: 1\n\ndata: 2\n\n'), [['message', '2', '']]],
  ['and only at the start', text('data: 1\n\n', [0xef, 0xbb, 0xbf], 'data: 2\n\ndata: 3\n\n'), [['message', '1', ''], ['message', '3', '']]],
  ['half a mark is none', text([0xef, 0xbb], 'data: 1\n\ndata: 2\n\n'), [['message', '2', '']]],
  ['the mark of UTF-16 is rubbish', text([0xfe, 0xff], 'data: 1\n\ndata: 2\n\n'), [['message', '2', '']]],
  ['UTF-8', 'data: ok…😀é\n\n', [['message', 'ok…😀é', '']]],
  ['broken UTF-8', text('data: a', [0xff, 0xc3], 'b', [0xe2, 0x82], '\n\n'), [['message', 'a\ufffd\ufffdb\ufffd', '']]],
  ['a surrogate is no UTF-8', text('data: ', [0xed, 0xa0, 0x80], '\n\n'), [['message', '\ufffd\ufffd\ufffd', '']]],
  ['bytes that miss at the end of a line', text('data: ', [0xf0, 0x9f, 0x98], '\ndata: b\n\n'), [['message', '\ufffd\nb', '']]],
  ['retry', 'retry: 1500\ndata: a\n\n', [['message', 'a', '']], { retries: [1500] }],
  ['retry without data', 'retry: 0\n\n', [], { retries: [0] }],
  ['only digits are a retry', 'retry: 1e3\nretry: -1\nretry: 1.5\nretry: 0x10\nretry:  7\nretry: 7 \nretry: ١\nretry\nretry: \n\n', [], { retries: [] }],
  ['zeros before are digits', 'retry: 007\n\n', [], { retries: [7] }],
  ['a heartbeat of ours', 'event: heartbeat\ndata: {"seq":1}\n\n', [['heartbeat', '{"seq":1}', '']]],
];

for (const [name, stream, events, also = {}] of [...BROWSERS, ...PARSERS, ...TABLE]) {
  test(name, () => {
    const bytes = bytesOf(stream);
    const every = [...bytes.keys()].slice(1);
    for (const cuts of [[], every, ...every.map((cut) => [cut])]) {
      const told = read(bytes, cuts);
      assert.deepEqual(told.events.map(({ event, data, lastEventId }) => [event, data, lastEventId]), events, `cut at ${cuts}`);
      for (const [what, value] of Object.entries(also)) assert.deepEqual(told[what], value);
    }
  });
}

test('an event is told as soon as its last line ends, also by a CR that an LF may follow', () => {
  const events = [];
  const parser = createParser({ onEvent: ({ data }) => events.push(data) });
  parser.feed(bytesOf('data: 1\r\r'));
  assert.deepEqual(events, ['1']);
  parser.feed(bytesOf('\ndata: 2\r\n\r'));
  assert.deepEqual(events, ['1', '2']);
});

test('the id of a block is told apart from the last one', () => {
  const ids = read(bytesOf('id: 5\ndata: a\n\ndata: b\n\nid:\ndata: c\n\n')).events.map(({ id }) => id);
  assert.deepEqual(ids, ['5', undefined, '']);
});

test('an event of some megabytes is whole where there is room for it', () => {
  const lines = Array.from({ length: 5_000 }, (_, at) => `${at} ${'我現在都看🥌'.repeat(150)}`);
  const bytes = bytesOf(`${lines.map((line) => `data: ${line}\n`).join('')}\nevent: done\ndata: 1\n\n`);
  assert.ok(bytes.length > 10_000_000);
  const cuts = Array.from({ length: Math.floor(bytes.length / 9_973) }, (_, at) => (at + 1) * 9_973);
  const { events } = read(bytes, cuts, { maxBuffer: 8 * 1024 * 1024 });
  assert.deepEqual(events.map(({ event, data }) => [event, data.length]), [['message', lines.join('\n').length], ['done', 1]]);
  assert.ok(events[0].data === lines.join('\n'));
});

test('what is not known takes room too, unlike in eventsource-parser: nothing without an end is read for ever', () => {
  for (const start of ['unknown', 'datax: ', ':']) {
    const parser = createParser({ onEvent: () => assert.fail('an event'), maxBuffer: 16 });
    parser.feed(bytesOf(start));
    assert.throws(() => parser.feed(bytesOf('0123456789012345')), TooLong);
    assert.throws(() => parser.feed(bytesOf('more')), TooLong, 'nor does it go on');
  }
});

test('ten megabytes without a line end are refused, and not kept', () => {
  const chunk = new Uint8Array(64 * 1024).fill(0x61);
  for (const start of ['', 'data: ', ': ', 'id: ', 'event: ']) {
    const parser = createParser({ onEvent: () => assert.fail('an event') });
    parser.feed(bytesOf(start));
    let fed = 0;
    assert.throws(() => {
      for (; fed < 10 * 1024 * 1024; fed += chunk.length) parser.feed(chunk);
    }, TooLong);
    assert.ok(fed <= 1024 * 1024 + chunk.length, `refused after ${fed}`);
  }
  assert.throws(() => createParser({ onEvent: () => {} }).feed(new Uint8Array(10 * 1024 * 1024).fill(0x61)), TooLong);
});

test('so is an event of many lines', () => {
  const parser = createParser({ onEvent: () => assert.fail('an event'), maxBuffer: 1_000 });
  assert.throws(() => {
    for (let line = 0; line < 1_000; line += 1) parser.feed(bytesOf('data: ten bytes.\n'));
  }, TooLong);
});

test('many that are short are not, in one piece or cut', () => {
  const stream = bytesOf('data: 0123456789\n\n'.repeat(100_000));
  assert.equal(read(stream, [], { maxBuffer: 100 }).events.length, 100_000);
});

test('the bound is the same however the stream is cut', () => {
  const fits = bytesOf(`data: ${'a'.repeat(94)}\n\n`);
  const not = bytesOf(`data: ${'a'.repeat(95)}\n\n`);
  for (let cut = 1; cut < fits.length; cut += 1) {
    assert.equal(read(fits, [cut], { maxBuffer: 100 }).events.length, 1);
    assert.throws(() => read(not, [cut], { maxBuffer: 100 }), TooLong);
  }
});

/** A small generator of numbers that looks like chance and is the same each time. */
function chances(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const PIECES = [
  'data', 'data:', 'data: ', 'event: ', 'id: ', 'id', 'retry: ', ': ', ':', ' ', 'a', '12', '7', 'ü', '😀', '…', '\0', '\u2028', '\ufeff',
  '\n', '\n', '\n', '\n\n', '\n\n', '\r', '\r\n', '\r\n\r\n', 'data: x\n\n', 'id: 3\ndata: y\n\n', 'event: z\ndata: w\n\n',
];
const BROKEN = [[0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xc0, 0x80]];

test('ten thousand random streams, cut at random places, agree with eventsource-parser', () => {
  const chance = chances(20261125);
  let seen = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const stream = [];
    for (let piece = chance(40); piece >= 0; piece -= 1) {
      stream.push(...(chance(20) ? bytesOf(PIECES[chance(PIECES.length)]) : BROKEN[chance(BROKEN.length)]));
    }
    // Both end where a line may: an unfinished block is thrown away by both.
    const bytes = Uint8Array.from(stream);
    const cuts = [...bytes.keys()].filter((at) => at && !chance(4));

    const expected = [];
    const retries = [];
    const other = theirs({
      onEvent: ({ event, data, id }) => expected.push([event || 'message', data, id]),
      onRetry: (ms) => retries.push(ms),
    });
    const decoder = new TextDecoder();
    let start = 0;
    for (const cut of [...cuts, bytes.length]) {
      other.feed(decoder.decode(bytes.subarray(start, cut), { stream: true }));
      start = cut;
    }
    // It waits with a CR at the end of a piece for the next line; browsers do not.
    other.feed(decoder.decode(bytesOf('x\n'), { stream: true }));

    const ours = read(bytes, cuts);
    const told = ours.events.map(({ event, data, id }) => [event, data, id]);
    assert.deepEqual(told, expected, `round ${round}: ${JSON.stringify(new TextDecoder().decode(bytes))}`);
    assert.deepEqual(ours.retries, retries, `round ${round}`);
    seen += told.length;
  }
  assert.ok(seen > 10_000, `only ${seen} events`);
});
