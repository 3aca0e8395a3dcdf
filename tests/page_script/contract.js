// What share.js relies on of Web Locks and BroadcastChannel. It needs nothing of Node, so that a browser
// can be asked the same: `await contract({ request, open, name })`, which throws at the first difference.

/**
 * @param {{request: Function, open: (name: string) => BroadcastChannel, name: string}} given `request` as of LockManager
 */
export async function contract({ request, open, name }) {
  const later = () => new Promise((done) => setTimeout(done, 20));
  const log = [];
  const same = (told, expected, what) => {
    if (JSON.stringify(told) !== JSON.stringify(expected)) throw new Error(`${what}: ${JSON.stringify(told)}, not ${JSON.stringify(expected)}`);
  };
  /** Wait until the log is as long, as slow as the browser may be; and then for what must not come. */
  const logged = async (expected, what) => {
    for (let wait = 0; wait < 500 && log.length < expected.length; wait += 1) await later();
    await later();
    same(log, expected, what);
  };
  /** Ask for the lock and keep it until `free`. */
  const hold = (who, options = {}) => {
    const claim = { free: () => {}, held: false };
    claim.end = request(name, options, () => new Promise((release) => {
      claim.held = true;
      claim.free = () => release('freed');
      log.push(who);
    })).then((value) => value, (error) => error.name);
    return claim;
  };

  // One holds it, the others wait in order; whoever frees it and asks again is behind them.
  const first = hold('first');
  const second = hold('second');
  const third = hold('third');
  await logged(['first'], 'one at a time');
  first.free();
  const again = hold('first again');
  same(await first.end, 'freed', 'a lock that was freed');
  await logged(['first', 'second'], 'the next in the queue');

  // Who waits may leave the queue.
  const leaving = new AbortController();
  const fourth = hold('fourth', { signal: leaving.signal });
  await later();
  leaving.abort();
  same(await fourth.end, 'AbortError', 'one that left the queue');

  // Who steals has it at once, before all that wait; the one that had it is told so.
  const thief = hold('thief', { steal: true });
  same(await second.end, 'AbortError', 'a lock that was stolen');
  await logged(['first', 'second', 'thief'], 'who steals is the next');
  second.free();
  await later();
  same(third.held, false, 'what was stolen cannot be freed');
  thief.free();
  await logged(['first', 'second', 'thief', 'third'], 'the queue is as it was');
  third.free();
  await logged(['first', 'second', 'thief', 'third', 'first again'], 'whoever asked again was behind all');
  again.free();
  same([await third.end, await again.end], ['freed', 'freed'], 'the rest');
  same(await request(`${name} other`, {}, () => undefined) === undefined, true, 'a callback that keeps nothing');

  // What is posted comes to all others, as copies, in order, and not to oneself.
  const [here, there, also] = [open(name), open(name), open(name)];
  const elsewhere = open(`${name} other`);
  const heard = { here: [], there: [], also: [], elsewhere: [] };
  here.onmessage = ({ data }) => heard.here.push(data);
  there.onmessage = ({ data }) => heard.there.push(data);
  also.onmessage = ({ data }) => heard.also.push(data);
  elsewhere.onmessage = ({ data }) => heard.elsewhere.push(data);
  const note = { number: 0, list: ['ü', null] };
  for (const number of [1, 2, 3]) {
    note.number = number;
    here.postMessage(note);
  }
  for (let wait = 0; wait < 100 && (heard.there.length < 3 || heard.also.length < 3); wait += 1) await later();
  const three = [1, 2, 3].map((number) => ({ number, list: ['ü', null] }));
  same(heard, { here: [], there: three, also: three, elsewhere: [] }, 'messages');
  also.close();
  here.postMessage({ number: 4 });
  for (let wait = 0; wait < 100 && heard.there.length < 4; wait += 1) await later();
  await later();
  same([heard.there.length, heard.also.length], [4, 3], 'a channel that was closed');
  here.close();
  let refused = '';
  try {
    here.postMessage({});
  } catch (error) {
    refused = error.name;
  }
  same(refused, 'InvalidStateError', 'posting to one that is closed');
  there.close();
  elsewhere.close();
}
