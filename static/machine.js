// What the modules take from the browser: clocks, timers, chance, connections, the tab's own life.
// Each takes it as an argument, so that tests need not wait and tabs can live in one process.

/** @typedef {{wall: number, steady: number}} Moment now by two clocks, both in ms */
/**
 * What happens to a tab: seen or not, on or off the network, kept for later and taken out again.
 * @typedef {'visible' | 'hidden' | 'online' | 'offline' | 'pageshow' | 'pagehide' | 'resume' | 'freeze'} Sign
 */
/** @typedef {Pick<LockManager, 'request'>} Locks */
/** @typedef {Pick<BroadcastChannel, 'postMessage' | 'onmessage' | 'close'>} Channel */
/**
 * @typedef {object} Machine
 * @property {() => Moment} moment
 * @property {(call: () => void, ms: number) => () => void} later a timer; what it returns stops it
 * @property {() => number} random from 0 to below 1
 * @property {() => boolean} visible whether somebody may see the tab
 * @property {(hear: (sign: Sign) => void) => () => void} watch what happens to the tab; returns what stops it
 * @property {(url: string, init: RequestInit) => Promise<Response>} fetch
 * @property {(url: string) => WebSocket} socket
 * @property {Locks | undefined} locks none outside of secure contexts
 * @property {(name: string) => Channel | undefined} channel
 */

/**
 * @param {Machine} machine
 * @param {Moment} then
 * @returns {number} ms since then by the clock that ran further: one stops while the machine sleeps,
 *   one jumps when it is set, and looking too old is the lesser fault
 */
export function since(machine, then) {
  const now = machine.moment();
  return Math.max(0, now.wall - then.wall, now.steady - then.steady);
}

/**
 * @param {Machine} machine
 * @param {number} ms
 * @returns {Moment} so long ago
 */
export function earlier(machine, ms) {
  const now = machine.moment();
  return { wall: now.wall - ms, steady: now.steady - ms };
}

/**
 * @param {Machine} machine
 * @param {Moment} then when the tab is known to have run
 * @param {number} ms
 * @param {boolean} [seen] whether somebody has been able to see the tab since: timers of others are held back
 * @returns {boolean} whether the machine slept for so long, or the tab ran nothing for twice as long (one that is busy may
 *   not run for a while, and some machines' clocks all go on while they sleep)
 */
export function stood(machine, then, ms, seen = machine.visible()) {
  const now = machine.moment();
  const wall = now.wall - then.wall;
  const steady = now.steady - then.steady;
  return wall - steady > ms || (seen && steady > 2 * ms);
}

/** @type {Sign[]} */
const OF_WINDOW = ['online', 'offline', 'pageshow', 'pagehide'];
/** @type {Sign[]} */
const OF_DOCUMENT = ['resume', 'freeze'];

/** @returns {Machine} the browser that runs this page */
export function browser() {
  return {
    moment: () => ({ wall: Date.now(), steady: performance.now() }),
    later: (call, ms) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    random: () => Math.random(),
    visible: () => !document.hidden,
    watch,
    fetch: (url, init) => fetch(url, init),
    socket: (url) => new WebSocket(url),
    locks: globalThis.isSecureContext ? navigator.locks : undefined,
    channel: (name) => (typeof BroadcastChannel === 'function' ? new BroadcastChannel(name) : undefined),
  };
}

/** @param {(sign: Sign) => void} hear */
function watch(hear) {
  const leaving = new AbortController();
  const { signal } = leaving;
  document.addEventListener('visibilitychange', () => hear(document.hidden ? 'hidden' : 'visible'), { signal });
  for (const sign of OF_WINDOW) addEventListener(sign, () => hear(sign), { signal });
  for (const sign of OF_DOCUMENT) document.addEventListener(sign, () => hear(sign), { signal });
  return () => leaving.abort();
}
