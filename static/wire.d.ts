// Made by `watchglass openapi --types` from the models and the stream's schemas: do not edit.

/** Something a person can do about an incident. */
export interface Action {
  /** A word for the action. */
  id: string;
  /** What to do, in words. */
  label: string;
  /** To copy into a shell. */
  command?: string;
}

/** A CronJob for the detail audience: its schedule, its last runs, whether it is held. */
export interface CronJobInfo {
  /** The name of the object. */
  name: string;
  /** Its schedule as its author wrote it. */
  schedule: string;
  /** The slot for which a Job was last made. */
  lastScheduleTime?: string;
  /** When a Job of it last succeeded. */
  lastSuccessfulTime?: string;
  /** Its Jobs that run. */
  activeJobs: number;
  /** Whether it is held. */
  suspended: boolean;
  /** The CronJob's namespace. */
  namespace?: string;
  /** The zone of its schedule; absent where it names none. */
  timeZone?: string;
  /** When it is due next; absent where it never is, or is held. */
  nextScheduleTime?: string;
  /** How it keeps its schedule. */
  state?: "on_time" | "late" | "missed" | "waiting" | "suspended" | "never_ran" | "invalid" | "unknown";
  /** Why it is in that state; may repeat what the schedule's author wrote. */
  stateMessage?: string;
  /** At most 20, newest first. */
  recentRuns?: ReadonlyArray<RecentRun>;
  /** The schedule as a person would say it; absent where no words are better than wrong ones. */
  scheduleWords?: string;
  /** The zone in which its times were reckoned, where it names none itself: what the settings say of the controller's own. */
  assumedTimeZone?: string;
}

/** A CronJob for the summary audience: the same without the free text. */
export interface CronJobSummary {
  /** The name of the object. */
  name: string;
  /** Its schedule as its author wrote it. */
  schedule: string;
  /** The slot for which a Job was last made. */
  lastScheduleTime?: string;
  /** When a Job of it last succeeded. */
  lastSuccessfulTime?: string;
  /** Its Jobs that run. */
  activeJobs: number;
  /** Whether it is held. */
  suspended: boolean;
  /** The CronJob's namespace. */
  namespace?: string;
  /** The zone of its schedule; absent where it names none. */
  timeZone?: string;
  /** When it is due next; absent where it never is, or is held. */
  nextScheduleTime?: string;
  /** How it keeps its schedule. */
  state?: "on_time" | "late" | "missed" | "waiting" | "suspended" | "never_ran" | "invalid" | "unknown";
  /** At most 20, newest first. */
  recentRuns?: ReadonlyArray<RecentRun>;
  /** The schedule as a person would say it; absent where no words are better than wrong ones. */
  scheduleWords?: string;
  /** The zone in which its times were reckoned, where it names none itself: what the settings say of the controller's own. */
  assumedTimeZone?: string;
}

/** How many incidents of each severity count at present. */
export interface HealthCounts {
  /** Critical ones. */
  critical: number;
  /** Warnings. */
  warning: number;
  /** Those that only inform. */
  info: number;
}

/** Health over the last 24 hours; a step of which nothing is known is absent. */
export interface HealthHistory {
  /** The length of a step in milliseconds. */
  stepMs: number;
  /** Oldest first. */
  points: ReadonlyArray<HealthPoint>;
}

/** The worst that health was within one step of its history. */
export interface HealthPoint {
  /** Where the step begins. */
  at: string;
  /** The word for the whole. */
  status: "healthy" | "degraded" | "unhealthy";
}

/** Health with the pods it was judged by, made when somebody asks. */
export interface HealthStatus {
  /** The word for the whole. */
  status: "healthy" | "degraded" | "unhealthy";
  /** Every pod. */
  pods: ReadonlyArray<PodHealth>;
  /** When it was judged. */
  timestamp: string;
}

/** Health as the stream carries it, to both audiences. */
export interface HealthSummary {
  /** The word for the whole. */
  status: "healthy" | "degraded" | "unhealthy";
  /** Titles of the incidents that made it so, worst first. */
  reasons: ReadonlyArray<string>;
  /** Incidents that count, by severity. */
  counts: HealthCounts;
  /** Since when the word is the same. */
  since: string;
}

/** Something that wants attention, for the detail audience. `title` and `reason` are words of ours; the cluster's are in `message`. */
export interface Incident {
  /** `kind/namespace/name`, the same as long as it lasts. */
  key: string;
  /** Which rule found it. */
  kind: string;
  /** How bad it is: a critical one wants somebody now. */
  severity: "critical" | "warning" | "info";
  /** `new` until it has lasted; `unknown` while its source cannot be trusted. */
  state: "new" | "active" | "unknown" | "resolved";
  /** What is wrong, in a few words. */
  title: string;
  /** Why, in a sentence. */
  reason: string;
  /** When it began. */
  since: string;
  /** When it last changed. */
  lastChange: string;
  /** How often it came back; more than one means that it is flapping. */
  count: number;
  /** Whom it is about, at most as many as fit. */
  objects: ReadonlyArray<ObjectReference>;
  /** What can be done about it. */
  actions: ReadonlyArray<Action>;
  /** The key of the incident that explains this one. */
  causedBy?: string;
  /** What the cluster says of the first object. */
  message?: string;
}

/** An incident for the summary audience: not what can be done, nor the cluster's own words. Nor the names of nodes, which are in no key, title or reason. */
export interface IncidentSummary {
  /** `kind/namespace/name`, the same as long as it lasts. */
  key: string;
  /** Which rule found it. */
  kind: string;
  /** How bad it is: a critical one wants somebody now. */
  severity: "critical" | "warning" | "info";
  /** `new` until it has lasted; `unknown` while its source cannot be trusted. */
  state: "new" | "active" | "unknown" | "resolved";
  /** What is wrong, in a few words. */
  title: string;
  /** Why, in a sentence. */
  reason: string;
  /** When it began. */
  since: string;
  /** When it last changed. */
  lastChange: string;
  /** How often it came back; more than one means that it is flapping. */
  count: number;
  /** Whom it is about, at most as many as fit. */
  objects: ReadonlyArray<ObjectReference>;
  /** The key of the incident that explains this one. */
  causedBy?: string;
}

/** A Job for the detail audience; its status comes from its conditions, never from counters. */
export interface JobInfo {
  /** The Job's name. */
  name: string;
  /** The CronJob that owns it, `""` when none does. */
  cronJobName: string;
  /** When its controller first took it up. */
  startTime?: string;
  /** When it succeeded; a failed Job has none. */
  completionTime?: string;
  /** What its conditions say: `running` also while it is tried again. */
  status: "running" | "succeeded" | "failed";
  /** Of the main container of the newest pod it owns; absent when that is not known. Unbounded: the cluster reports an int32, and Windows containers use all of it. */
  exitCode?: number;
  /** From its start to its end, well or not. */
  durationMs?: number;
  /** The Job's namespace. */
  namespace?: string;
  /** Which Job it is, whatever it is called. */
  uid?: string;
  /** Started by a person from a CronJob's template. */
  manual?: boolean;
  /** The word of the condition that ended it, such as `BackoffLimitExceeded`. */
  reason?: string;
  /** Pods that failed so far; a retry is not yet a failed Job. */
  failures?: number;
}

/** A Job for the summary audience. The same fields today; named one by one, so that a field added for operators does not appear on walls by itself. */
export interface JobSummary {
  /** The Job's name. */
  name: string;
  /** The CronJob that owns it, `""` when none does. */
  cronJobName: string;
  /** When its controller first took it up. */
  startTime?: string;
  /** When it succeeded; a failed Job has none. */
  completionTime?: string;
  /** What its conditions say: `running` also while it is tried again. */
  status: "running" | "succeeded" | "failed";
  /** Of the main container of the newest pod it owns; absent when that is not known. Unbounded: the cluster reports an int32, and Windows containers use all of it. */
  exitCode?: number;
  /** From its start to its end, well or not. */
  durationMs?: number;
  /** The Job's namespace. */
  namespace?: string;
  /** Which Job it is, whatever it is called. */
  uid?: string;
  /** Started by a person from a CronJob's template. */
  manual?: boolean;
  /** The word of the condition that ended it, such as `BackoffLimitExceeded`. */
  reason?: string;
  /** Pods that failed so far; a retry is not yet a failed Job. */
  failures?: number;
}

/** Which object something is about. */
export interface ObjectReference {
  /** The kind of the object, such as `Pod`. */
  kind: string;
  /** Absent for an object of the whole cluster, such as a node. */
  namespace?: string;
  /** The object's name. */
  name: string;
}

/** A pod for the detail audience: the summary, why it is so, and where it runs. */
export interface PodHealth {
  /** The pod's name. */
  name: string;
  /** The phase, which says little: `reason` is what people read. */
  phase: "Running" | "Pending" | "Failed" | "Succeeded" | "Unknown";
  /** Containers that are ready, sidecars among them. */
  readyContainers: number;
  /** Containers by the spec, sidecars among them. */
  totalContainers: number;
  /** Restarts of all of them. */
  restartCount: number;
  /** When a container last ended before a restart. */
  lastRestartTime?: string;
  /** The pod's namespace. */
  namespace?: string;
  /** Which pod it is, whatever it is called. */
  uid?: string;
  /** What the STATUS column of `kubectl get pods` says. */
  reason?: string;
  /** The sentence behind `reason`, in the cluster's words. */
  message?: string;
  /** Who made it; for a ReplicaSet's pod the name without the pod-template-hash. */
  owner?: string;
  /** Where it runs. */
  node?: string;
  /** When it was made. */
  createdAt?: string;
}

/** A pod for the summary audience: what a wall may show to everyone who passes. */
export interface PodSummary {
  /** The pod's name. */
  name: string;
  /** The phase, which says little: `reason` is what people read. */
  phase: "Running" | "Pending" | "Failed" | "Succeeded" | "Unknown";
  /** Containers that are ready, sidecars among them. */
  readyContainers: number;
  /** Containers by the spec, sidecars among them. */
  totalContainers: number;
  /** Restarts of all of them. */
  restartCount: number;
  /** When a container last ended before a restart. */
  lastRestartTime?: string;
  /** The pod's namespace. */
  namespace?: string;
  /** Which pod it is, whatever it is called. */
  uid?: string;
  /** What the STATUS column of `kubectl get pods` says. */
  reason?: string;
  /** Who made it; for a ReplicaSet's pod the name without the pod-template-hash. */
  owner?: string;
  /** When it was made. */
  createdAt?: string;
}

/** An error: `code` is the HTTP status, `reason` a fixed word, `error` safe to show. */
export interface Problem {
  /** What is wrong, in a sentence that is safe to show. */
  error: string;
  success: false;
  /** The HTTP status. */
  code?: number;
  /** A fixed word for it, such as `unknown_topic`. */
  reason?: string;
  /** What the log calls this request. */
  requestId?: string;
}

/** One of a CronJob's latest Jobs; it outlives the Job, which history limits delete. */
export interface RecentRun {
  /** The name of the object. */
  name: string;
  /** `running` also for a Job that was deleted before it had ended. */
  status: "running" | "succeeded" | "failed";
  /** When the Job's controller first took it up. */
  startTime?: string;
  /** From its start to its end, well or not. */
  durationMs?: number;
  /** Which Job it is. */
  uid?: string;
  /** The slot that it was made for; absent for a manual one, and where nobody wrote it down. */
  scheduledFor?: string;
  /** When it ended, well or not: a failed Job ends with its condition. */
  completionTime?: string;
  /** Of the main container of its newest pod; absent when that is not known. */
  exitCode?: number;
  /** Whether a person started it. */
  manual?: boolean;
  /** True when the Job is no longer there. */
  deleted?: boolean;
}

/** One kind in one namespace (`*`: all of them), for the detail audience. The value changes with state, cause and rule only; how old the last proof is travels in heartbeats. `proved_at`, `proof` and `objects` are those of the moment of that change. */
export interface Source {
  /** What is watched, as the topic is called. */
  kind: string;
  /** Where, `*` for all namespaces. */
  namespace: string;
  /** How fresh it is. */
  state: "connecting" | "live" | "late" | "stale" | "forbidden" | "absent" | "error";
  /** When what we hold was last known to be right. */
  provedAt?: string;
  /** What proved it. */
  proof?: "event" | "bookmark" | "list";
  /** How many objects it has. */
  objects: number;
  /** What went wrong, in our words. */
  message?: string;
  /** The RBAC rule that is missing when `forbidden`, as YAML that can be applied. */
  missingRule?: string;
}

/** A source for the summary audience: how fresh, not why not. */
export interface SourceSummary {
  /** What is watched, as the topic is called. */
  kind: string;
  /** Where, `*` for all namespaces. */
  namespace: string;
  /** How fresh it is. */
  state: "connecting" | "live" | "late" | "stale" | "forbidden" | "absent" | "error";
  /** When what we hold was last known to be right. */
  provedAt?: string;
  /** What proved it. */
  proof?: "event" | "bookmark" | "list";
  /** How many objects it has. */
  objects: number;
}

/** A Kubernetes event of type Warning; repeated ones are one value with a count. */
export interface Warning {
  /** The event's namespace. */
  namespace: string;
  /** The word for what happened. */
  reason: string;
  /** What happened, in the cluster's words. */
  message: string;
  /** Whom it is about. */
  object: ObjectReference;
  /** How often it happened. */
  count: number;
  /** When it first happened. */
  firstSeen: string;
  /** When it last happened. */
  lastSeen: string;
}

/** The first event: what follows, and why it starts where it does. */
export interface StreamHello {
  schema: "watchglass.stream/1";
  /** The name of this life of the server. */
  epoch: string;
  /** Whether the reader keeps what it holds, in part at least. */
  resumed: boolean;
  /** Why the stream starts where it does. */
  reason: "fresh" | "resumed" | "epoch" | "gap" | "ahead";
  /** The server's time. */
  serverTime: string;
  /** Milliseconds between heartbeats. */
  heartbeatMs: number;
  /** Milliseconds without an event after which all is old. */
  staleAfterMs: number;
  /** Milliseconds to wait before coming back. */
  retryMs: number;
  /** Those that will come, in this order. */
  topics: ReadonlyArray<"pods" | "cronjobs" | "jobs" | "incidents" | "events" | "sources" | "health">;
  /** The server's version. */
  build: string;
}

export type StreamSnapshot = {
  topic: "pods";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: PodHealth | PodSummary;
  }>;
} | {
  topic: "cronjobs";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: CronJobInfo | CronJobSummary;
  }>;
} | {
  topic: "jobs";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: JobInfo | JobSummary;
  }>;
} | {
  topic: "incidents";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: Incident | IncidentSummary;
  }>;
} | {
  topic: "events";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: Warning;
  }>;
} | {
  topic: "sources";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: Source | SourceSummary;
  }>;
} | {
  topic: "health";
  /** Its number, from 0. */
  part: number;
  /** How many there are. */
  parts: number;
  /** Whether it is the whole topic. If not, nothing is taken away by it. */
  synced: boolean;
  /** Keys and values. */
  items: ReadonlyArray<{
    /** The key of a value, such as `namespace/name`. */
    key: string;
    /** The whole value. */
    value: HealthSummary;
  }>;
};

/** The last values of keys that changed, in the order of their changes. */
export interface StreamChange {
  /** One for each key. */
  changes: ReadonlyArray<{
    topic: "pods";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: PodHealth | PodSummary;
  } | {
    topic: "cronjobs";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: CronJobInfo | CronJobSummary;
  } | {
    topic: "jobs";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: JobInfo | JobSummary;
  } | {
    topic: "incidents";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: Incident | IncidentSummary;
  } | {
    topic: "events";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: Warning;
  } | {
    topic: "sources";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: Source | SourceSummary;
  } | {
    topic: "health";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "upsert";
    /** The whole value. */
    value: HealthSummary;
  } | {
    /** A topic's name. */
    topic: "pods" | "cronjobs" | "jobs" | "incidents" | "events" | "sources" | "health";
    /** The key of a value, such as `namespace/name`. */
    key: string;
    op: "remove";
  }>;
}

/** A sign of life: the time, the position, and how fresh the sources are. */
export interface StreamHeartbeat {
  /** The server's time. */
  serverTime: string;
  /** Of the last change given to readers of the same choice. */
  seq: number;
  /** By `kind/namespace`. */
  sources: Record<string, {
    /** How fresh it is. */
    state: "connecting" | "live" | "late" | "stale" | "forbidden" | "absent" | "error";
    /** Milliseconds since the last proof, at `serverTime`. */
    ageMs: number;
  }>;
}

/** The server ends the stream. */
export interface StreamGoodbye {
  /** Why, which says whether to come back. */
  reason: "drain" | "auth_expired" | "revoked" | "limit";
  /** Milliseconds to wait before coming back. */
  retryMs: number;
}

/** The data of each event, by its name. */
export interface Events {
  hello: StreamHello;
  snapshot: StreamSnapshot;
  change: StreamChange;
  heartbeat: StreamHeartbeat;
  goodbye: StreamGoodbye;
}

/** The values of each topic, by its name. */
export interface Topics {
  pods: PodHealth | PodSummary;
  cronjobs: CronJobInfo | CronJobSummary;
  jobs: JobInfo | JobSummary;
  incidents: Incident | IncidentSummary;
  events: Warning;
  sources: Source | SourceSummary;
  health: HealthSummary;
}
