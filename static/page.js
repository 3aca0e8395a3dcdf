// A plain page on the stream: it keeps what it was last told, and says how old that is.
// Scaffolding with three duties: never blank on an unsynced snapshot, never hide silence, and notice
// a heartbeat that knows of more than we were given.

/** @typedef {Record<string, any>} Value one value of a topic, as JSON */
/** @typedef {{value: Value, at: number}} Row a value and when it came, in performance time */

const LATE_MS = 15_000;
const STALE_MS = 30_000;
const DISCONNECTED_MS = 120_000;
const RETRY_MS = 3_000;

/** @type {Record<string, (value: Value) => string[]>} */
const CELLS = {
  sources: (v) => [`${v.kind}/${v.namespace}`, v.state, '', String(v.objects), v.message ?? ''],
  pods: (v) => [v.name, v.reason ?? v.phase, `${v.readyContainers}/${v.totalContainers}`, String(v.restartCount), v.owner ?? ''],
  cronjobs: (v) => [v.name, v.schedule, v.suspended ? 'yes' : 'no', String(v.activeJobs), clock(v.lastScheduleTime)],
  jobs: (v) => [v.name, v.status, v.exitCode === undefined ? '' : String(v.exitCode), v.cronJobName, clock(v.startTime)],
};

const BAD = new Set(['error', 'forbidden', 'absent', 'failed', 'Error', 'CrashLoopBackOff', 'ImagePullBackOff', 'OOMKilled', 'Evicted']);
const WARN = new Set(['late', 'stale', 'connecting', 'Pending', 'Unknown', 'Terminating']);

/** @type {Map<string, Map<string, Row>>} */
const topics = new Map(Object.keys(CELLS).map((name) => [name, new Map()]));
/** @type {Map<string, Array<{key: string, value: Value}>>} parts of a snapshot that is not whole yet */
const parts = new Map();
/** @type {Record<string, {state: string, ageMs: number}>} */
let vitals = {};
let vitalsAt = performance.now();
let heardAt = performance.now();
let lastId = '';
/** @type {EventSource | undefined} */
let source;

/** @param {string | undefined} time */
function clock(time) {
  return time ? new Date(time).toLocaleTimeString() : '';
}

/** @param {number} ms */
function ago(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** @param {string} id */
function seqOf(id) {
  return Number(id.slice(id.indexOf('-') + 1));
}

/** @param {boolean} resume */
function open(resume) {
  source?.close();
  parts.clear();
  if (!resume) lastId = '';
  const url = new URL('api/stream', document.baseURI);
  url.searchParams.set('topics', Object.keys(CELLS).join(','));
  if (lastId) url.searchParams.set('since', lastId);
  source = new EventSource(url);
  for (const [name, apply] of Object.entries(HANDLERS)) {
    source.addEventListener(name, (event) => {
      heardAt = performance.now();
      apply(JSON.parse(event.data));
      if (event.lastEventId) lastId = event.lastEventId;
      draw();
    });
  }
  source.onerror = () => {
    // An EventSource that has given up stays closed for ever; we never give up.
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => open(true), RETRY_MS);
  };
}

/** @type {Record<string, (data: any) => void>} */
const HANDLERS = {
  hello: () => parts.clear(),
  snapshot: (data) => {
    const items = data.part === 0 ? [] : parts.get(data.topic) ?? [];
    items.push(...data.items);
    parts.set(data.topic, items);
    if (data.part + 1 < data.parts) return;
    parts.delete(data.topic);
    const rows = rowsOf(data.topic);
    section(data.topic).dataset.synced = String(data.synced);
    // An unsynced snapshot adds to what we hold and takes nothing away: the server may just have
    // started, and it knows less than we do.
    const known = new Set(items.map((/** @type {{key: string}} */ item) => item.key));
    if (data.synced) for (const key of [...rows.keys()]) if (!known.has(key)) rows.delete(key);
    for (const { key, value } of items) put(rows, key, value);
  },
  change: (data) => {
    for (const { topic, key, op, value } of data.changes) {
      if (op === 'remove') rowsOf(topic).delete(key);
      else put(rowsOf(topic), key, value);
    }
  },
  heartbeat: (data) => {
    vitals = data.sources;
    vitalsAt = performance.now();
    // More was given to this view than we hold: something was lost without a word.
    if (lastId && data.seq > seqOf(lastId)) open(false);
  },
  goodbye: (data) => {
    source?.close();
    setTimeout(() => open(true), data.retryMs);
  },
};

/** @param {string} name @returns {Map<string, Row>} */
function rowsOf(name) {
  return topics.get(name) ?? new Map();
}

/** @param {Map<string, Row>} rows @param {string} key @param {Value} value */
function put(rows, key, value) {
  const same = JSON.stringify(rows.get(key)?.value) === JSON.stringify(value);
  if (!same) rows.set(key, { value, at: performance.now() });
}

/** @param {string} name @returns {HTMLElement} */
function section(name) {
  const found = document.querySelector(`section[data-topic="${name}"]`);
  if (!(found instanceof HTMLElement)) throw new Error(`no section ${name}`);
  return found;
}

/** @param {string} key */
function ageOfSource(key) {
  const told = vitals[key];
  return told ? told.ageMs + performance.now() - vitalsAt : undefined;
}

let drawing = false;

function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    for (const [name, rows] of topics) drawTopic(name, rows);
    drawLink();
  });
}

/** @param {string} name @param {Map<string, Row>} rows */
function drawTopic(name, rows) {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1));
  const now = performance.now();
  const body = section(name).querySelector('tbody');
  body?.replaceChildren(...sorted.map(([key, row]) => {
    const cells = CELLS[name]?.(row.value) ?? [];
    if (name === 'sources') {
      const age = ageOfSource(key);
      cells[2] = age === undefined ? '' : ago(age);
    } else {
      cells.push(ago(now - row.at));
    }
    const line = document.createElement('tr');
    line.dataset.key = key;
    line.append(...cells.map((text, index) => cell(text, index === 1)));
    const rule = row.value.missingRule;
    if (rule) line.lastElementChild?.append(ruleOf(rule));
    return line;
  }));
  const old = [...rowsOf('sources').values()].some(({ value }) => value.kind === name && value.state !== 'live');
  section(name).dataset.old = String(name !== 'sources' && old);
}

/** @param {string} text @param {boolean} mood */
function cell(text, mood) {
  const made = document.createElement('td');
  made.textContent = text;
  if (mood && (BAD.has(text) || text.startsWith('Init:Error'))) made.dataset.mood = 'bad';
  else if (mood && WARN.has(text)) made.dataset.mood = 'warn';
  return made;
}

/** @param {string} rule */
function ruleOf(rule) {
  const made = document.createElement('pre');
  made.textContent = rule;
  return made;
}

function drawLink() {
  const silent = performance.now() - heardAt;
  const connected = source?.readyState === EventSource.OPEN;
  const state = silent > DISCONNECTED_MS ? 'disconnected' : silent > STALE_MS ? 'stale' : silent > LATE_MS ? 'late'
    : connected ? 'live' : 'connecting';
  document.body.dataset.link = state;
  const link = document.getElementById('link');
  const text = state === 'live' ? 'live' : `${state}, last heard ${ago(silent)} ago`;
  if (link && link.textContent !== text) link.textContent = text;
}

setInterval(draw, 1000);
for (const wake of ['online', 'pageshow', 'visibilitychange']) {
  addEventListener(wake, () => {
    if (!document.hidden && performance.now() - heardAt > LATE_MS) open(true);
  }, true);
}
open(false);
