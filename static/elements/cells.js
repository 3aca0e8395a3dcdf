// What a person reads of a value. `app/web/cells.py` says the same of the same values for the first
// paint; a browser test compares the two.

import { moment } from './words.js';

/** @typedef {import('../wire.js').Source} Source */
/** @typedef {import('../wire.js').PodHealth} PodHealth */
/** @typedef {import('../wire.js').CronJobInfo} CronJobInfo */
/** @typedef {import('../wire.js').JobInfo} JobInfo */
/** @typedef {{sources: Source, pods: PodHealth, cronjobs: CronJobInfo, jobs: JobInfo}} Values by topic; the summary audience gets the same without some that may be absent anyway */
/** @typedef {'' | 'busy' | 'held' | 'warn' | 'bad'} Mood */
/** @typedef {{field: string, text: string, mood?: Mood, time?: string, rule?: string}} Cell */

const BAD = /^(Failed|Evicted)$|BackOff|Error|Err[A-Z]|Killed|Exceeded|ExitCode|Signal:/;
const BUSY = /^(Pending|Terminating|ContainerCreating|PodInitializing|Init:\d+\/\d+)$/;
const WARN = /^(Unknown|NotReady)$/;

/** @type {Record<string, Mood>} */
const MOODS = {
  connecting: 'busy', late: 'warn', stale: 'warn', forbidden: 'bad', absent: 'bad', error: 'bad',
  suspended: 'held', active: 'busy', running: 'busy', failed: 'bad',
};

/** @type {{readonly [T in keyof Values]: (value: Values[T]) => Cell[]}} */
const CELLS = {
  sources: (v) => [
    { field: 'name', text: `${v.kind}/${v.namespace}` },
    { field: 'state', text: v.state, mood: MOODS[v.state] ?? '' },
    { field: 'message', text: v.message ?? '', rule: v.missingRule ?? '' },
  ],
  pods: (v) => [
    { field: 'name', text: v.name },
    { field: 'status', text: v.reason || v.phase, mood: moodOfPod(v) },
    { field: 'ready', text: `${v.readyContainers}/${v.totalContainers}` },
    { field: 'restarts', text: String(v.restartCount) },
    { field: 'owner', text: v.owner ?? '' },
  ],
  cronjobs: (v) => {
    const state = v.suspended ? 'suspended' : v.activeJobs ? 'active' : 'idle';
    return [
      { field: 'name', text: v.name },
      { field: 'state', text: state, mood: MOODS[state] ?? '' },
      { field: 'schedule', text: v.timeZone ? `${v.schedule} ${v.timeZone}` : v.schedule },
      { field: 'active', text: String(v.activeJobs) },
      at('lastScheduleTime', v.lastScheduleTime),
    ];
  },
  jobs: (v) => [
    { field: 'name', text: v.name },
    { field: 'status', text: v.status, mood: MOODS[v.status] ?? '' },
    { field: 'exitCode', text: v.exitCode === undefined ? '' : String(v.exitCode) },
    { field: 'cronJobName', text: v.cronJobName },
    at('startTime', v.startTime),
  ],
};

/** @param {PodHealth} pod @returns {Mood} */
function moodOfPod(pod) {
  const status = pod.reason || pod.phase;
  if (BAD.test(status)) return 'bad';
  if (BUSY.test(status)) return 'busy';
  return WARN.test(status) || (status === 'Running' && pod.readyContainers !== pod.totalContainers) ? 'warn' : '';
}

/** @param {string} field @param {string} [time] @returns {Cell} */
function at(field, time = '') {
  return { field, text: moment(time), time };
}

/** @param {string} topic @returns {(value: any) => Cell[]} nothing of a topic that has no table here */
export function cellsOf(topic) {
  return Object.hasOwn(CELLS, topic) ? CELLS[/** @type {keyof Values} */ (topic)] : () => [];
}
