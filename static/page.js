// A plain page on the stream: it keeps what it was last told, and says how old that is.
// Scaffolding with these duties: a snapshot takes effect when it is whole, an unsynced one blanks
// nothing, silence is never hidden, and a heartbeat that knows of more than we were given is a loss.

/** @typedef {Record<string, any>} Value one value of a topic, as JSON */
/** @typedef {{wall: number, steady: number}} Moment */
/** @typedef {{value: Value, at: Moment | undefined, line: HTMLTableRowElement}} Row */
/** @typedef {{key: string, value: Value}} Item */

const LATE_MS = 15_000;
const STALE_MS = 30_000;
const DISCONNECTED_MS = 120_000;
const HELLO_MS = 4_000; // an attempt without `hello` is given up
const MISSED_BEATS = 2.5;
const REFUSED_MS = 3_000; // then again, after an answer that is no stream
const HIDDEN_MS = 30_000; // the same in a tab that nobody sees
const ENDS = new Set(['auth_expired', 'revoked']);

/** @type {Record<string, (value: Value) => string[]>} each row's cells; its age follows them */
const CELLS = {
  sources: (v) => [`${v.kind}/${v.namespace}`, v.state, String(v.objects), v.message ?? ''],
  pods: (v) => [v.name, v.reason ?? v.phase, `${v.readyContainers}/${v.totalContainers}`, String(v.restartCount), v.owner ?? ''],
  cronjobs: (v) => [v.name, v.suspended ? 'suspended' : v.activeJobs ? 'active' : 'idle', v.schedule, String(v.activeJobs), clock(v.lastScheduleTime)],
  jobs: (v) => [v.name, v.status, v.exitCode === undefined ? '' : String(v.exitCode), v.cronJobName, clock(v.startTime)],
};
const BAD = /^(error|forbidden|absent|failed|Failed|Evicted)$|BackOff|Error|Err[A-Z]|Killed|Exceeded|ExitCode|Signal:/;
const WARN = /^(connecting|late|stale|suspended|Pending|Unknown|Terminating|ContainerCreating|PodInitializing|Init:.*)$/;

/** @type {Map<string, Map<string, Row>>} */
const topics = new Map(Object.keys(CELLS).map((name) => [name, new Map()]));
/** @type {Map<string, Item[]>} parts of snapshots that are not whole yet */
const parts = new Map();
/** @type {Set<string>} topics to draw anew */
const changed = new Set();
/** @type {Record<string, {state: string, ageMs: number}>} */
let vitals = {};
let vitalsAt = moment();
let heardAt = moment();
let heard = false;
let lastId = '';
let epoch = '';
let ended = '';
let retryMs = REFUSED_MS;
let beatMs = 10_000;
let patienceMs = HELLO_MS;
let quietAt = moment();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;
/** @type {EventSource | undefined} */
let source;

/** @returns {Moment} now by two clocks: one stops while the machine sleeps, one jumps when it is set */
function moment() {
  return { wall: Date.now(), steady: performance.now() };
}

/** @param {Moment} then the longer of both: looking too old is the lesser fault */
function since(then) {
  return Math.max(Date.now() - then.wall, performance.now() - then.steady);
}

/** @param {number} ms */
function ago(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** @param {string | undefined} time */
function clock(time) {
  return time ? new Date(time).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'short' }) : '';
}

/** @param {boolean} resume */
function open(resume) {
  clearTimeout(timer);
  source?.close();
  parts.clear();
  wait(HELLO_MS);
  if (!resume) lastId = '';
  const url = new URL('../api/stream', import.meta.url);
  url.searchParams.set('topics', Object.keys(CELLS).join(','));
  if (lastId) url.searchParams.set('since', lastId);
  const attempt = new EventSource(url);
  source = attempt;
  for (const [name, apply] of Object.entries(HANDLERS)) {
    attempt.addEventListener(name, (event) => {
      if (attempt !== source) return;
      heard = true;
      heardAt = moment();
      wait(MISSED_BEATS * beatMs);
      apply(JSON.parse(event.data));
      // After a `hello` that follows a loss the browser still names the id of the connection before.
      if (attempt === source && event.lastEventId) lastId = event.lastEventId;
      drawSoon();
    });
  }
  attempt.onerror = () => {
    if (attempt !== source) return;
    // One that was refused stays closed for ever; otherwise the browser tries again by itself.
    if (attempt.readyState === EventSource.CLOSED) again(document.hidden ? HIDDEN_MS : REFUSED_MS);
    else wait(retryMs + HELLO_MS);
    drawSoon();
  };
}

/** @param {number} ms how long nothing may come before we begin anew */
function wait(ms) {
  quietAt = moment();
  patienceMs = ms;
}

/** @param {number} ms */
function again(ms) {
  source?.close();
  clearTimeout(timer);
  timer = setTimeout(() => open(true), ms);
  wait(ms + HELLO_MS);
}

/** @type {Record<string, (data: any) => void>} */
const HANDLERS = {
  hello: (data) => {
    parts.clear();
    ({ epoch, retryMs, heartbeatMs: beatMs } = data);
    wait(MISSED_BEATS * beatMs);
  },
  snapshot: (data) => {
    if (!topics.has(data.topic)) return;
    /** @type {Item[]} */
    const items = data.part === 0 ? [] : parts.get(data.topic) ?? [];
    items.push(...data.items);
    parts.set(data.topic, items);
    if (data.part + 1 < data.parts) return;
    parts.delete(data.topic);
    const rows = rowsOf(data.topic);
    section(data.topic).dataset.synced = String(data.synced);
    // An unsynced one adds to what we hold and takes nothing away: a server that has just started
    // knows less than we do.
    const known = new Set(items.map((item) => item.key));
    if (data.synced) for (const key of [...rows.keys()]) if (!known.has(key)) rows.delete(key);
    for (const item of items) put(data.topic, item, false);
    changed.add(data.topic);
  },
  change: (data) => {
    for (const { topic, key, op, value } of data.changes) {
      if (!topics.has(topic)) continue;
      if (op === 'remove') rowsOf(topic).delete(key);
      else put(topic, { key, value }, true);
      changed.add(topic);
    }
  },
  heartbeat: (data) => {
    vitals = data.sources;
    vitalsAt = moment();
    const [of, seq] = lastId.split('-');
    if (of === epoch && data.seq > Number(seq)) open(false);
  },
  goodbye: (data) => {
    if (ENDS.has(data.reason)) {
      source?.close();
      ended = data.reason;
    } else again(data.retryMs);
  },
};

/** @param {string} name @returns {Map<string, Row>} */
function rowsOf(name) {
  return topics.get(name) ?? new Map();
}

/** @param {string} name @param {Item} item @param {boolean} now whether it changes as we speak */
function put(name, { key, value }, now) {
  // Heartbeats tell the ages of what we follow; a source of something else would have none.
  if (name === 'sources' && !topics.has(value.kind)) return;
  const rows = rowsOf(name);
  const old = rows.get(key);
  if (old && JSON.stringify(old.value) === JSON.stringify(value)) return;
  // When a value of a first snapshot came to be, nobody has told us.
  rows.set(key, { value, at: now || old ? moment() : undefined, line: lineOf(name, key, value) });
}

/** @param {string} name @param {string} key @param {Value} value */
function lineOf(name, key, value) {
  const line = document.createElement('tr');
  line.dataset.key = key;
  for (const text of [...CELLS[name]?.(value) ?? [], '']) {
    const cell = line.insertCell();
    // A name is one in its namespace only.
    cell.textContent = cell.cellIndex === 0 && 'many' in document.body.dataset ? key : text;
    if (cell.cellIndex === 1) cell.dataset.mood = BAD.test(text) ? 'bad' : WARN.test(text) ? 'warn' : '';
  }
  if (value.missingRule) {
    const rule = document.createElement('details');
    rule.append(document.createElement('summary'), document.createElement('pre'));
    write(rule.firstElementChild, 'The rule that is missing');
    write(rule.lastElementChild, value.missingRule);
    line.cells[3]?.append(rule);
  }
  return line;
}

/** @param {string} name @returns {HTMLElement} */
function section(name) {
  const found = document.querySelector(`section[data-topic="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`no section ${name}`);
  return found;
}

/** @param {Element | null | undefined} element @param {string} text */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

/** @param {string} key since the last proof of a source; undefined before the first heartbeat */
function ageOf(key) {
  const told = vitals[key];
  return told && told.ageMs + since(vitalsAt);
}

let drawing = false;

function drawSoon() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    draw();
  });
}

function draw() {
  for (const name of changed) {
    const sorted = [...rowsOf(name)].sort(([a], [b]) => (a < b ? -1 : 1));
    section(name).querySelector('tbody')?.replaceChildren(...sorted.map(([, row]) => row.line));
  }
  changed.clear();
  drawAges();
  drawLink();
}

function drawAges() {
  for (const [name, rows] of topics) {
    for (const [key, { at, line }] of rows) {
      const age = name === 'sources' ? ageOf(key) : at && since(at);
      write(line.lastElementChild, age === undefined ? (name === 'sources' ? '' : 'earlier') : `${ago(age)} ago`);
    }
    if (name === 'sources') continue;
    const mine = [...rowsOf('sources')].filter(([, { value }]) => value.kind === name);
    const bad = new Set(mine.map(([, { value }]) => value.state).filter((state) => state !== 'live'));
    const ages = mine.map(([key, { value }]) => (value.provedAt ? ageOf(key) : undefined));
    const oldest = ages.includes(undefined) ? '' : `as of ${ago(Math.max(...ages.map(Number)))} ago`;
    section(name).dataset.old = String(bad.size > 0);
    write(section(name).querySelector('small'), [...bad, ...(mine.length && oldest ? [oldest] : [])].join(', '));
  }
}

function drawLink() {
  const silent = since(heardAt);
  const state = ended ? 'ended' : silent > DISCONNECTED_MS ? 'disconnected' : silent > STALE_MS ? 'stale'
    : silent > LATE_MS ? 'late' : heard && source?.readyState === EventSource.OPEN ? 'live' : 'connecting';
  document.body.dataset.link = state;
  write(document.getElementById('link'), ended ? `ended: ${ended.replace('_', ' ')}` : state);
  write(document.getElementById('heard'), state === 'live' ? '' : `${heard ? 'last heard' : 'opened'} ${ago(silent)} ago`);
}

setInterval(() => {
  if (!ended && since(quietAt) > patienceMs) open(true);
  draw();
}, 1_000);
for (const wake of ['online', 'pageshow', 'visibilitychange']) {
  addEventListener(wake, () => {
    const down = source?.readyState !== EventSource.OPEN && since(quietAt) > 1_000;
    if (!ended && !document.hidden && (down || since(heardAt) > LATE_MS)) open(true);
  }, true);
}
open(false);
