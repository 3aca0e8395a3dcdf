"""The table: every kind of incident, one row each.

`critical` is for what a person should act on now, `warning` for what may become that, `info` for
what is told and does not count against health. A kind that later work adds is a row here and a rule
that finds it.
"""

from __future__ import annotations

from app.derive.incidents.finding import Kind, Remedy

DESCRIBE_POD = Remedy(
    "describe", "Describe the pod", "kubectl -n {namespace} describe pod {name}", of="Pod"
)
LAST_WORDS = Remedy(
    "logs",
    "Read the log of the run before",
    "kubectl -n {namespace} logs {name} --all-containers --previous",
    of="Pod",
)
DESCRIBE_CRONJOB = Remedy(
    "describe", "Describe the CronJob", "kubectl -n {namespace} describe cronjob {name}"
)
JOB_LOG = Remedy(
    "logs", "Read the log of the run", "kubectl -n {namespace} logs job/{name}", of="Job"
)
DESCRIBE_JOB = Remedy(
    "describe", "Describe the Job", "kubectl -n {namespace} describe job {name}", of="Job"
)
RUN_NOW = Remedy(
    "run_now",
    "Run it now",
    "kubectl -n {namespace} create job --from=cronjob/{name} {title}-by-hand",
    of="CronJob",
)
READY = Remedy("ready", "Ask the API server how it is", "kubectl get --raw '/readyz?verbose'")

TEN_MINUTES = 600.0

POD_CRASH_LOOP = Kind(
    "pod_crash_loop",
    "critical",
    "{name} crashes again and again",
    (LAST_WORDS, DESCRIBE_POD),
)
POD_IMAGE = Kind("pod_image", "critical", "{name}: an image cannot be pulled", (DESCRIBE_POD,))
POD_CONFIG = Kind(
    "pod_config", "critical", "{name}: a Secret or ConfigMap is missing", (DESCRIBE_POD,)
)
POD_UNREADY = Kind("pod_unready", "warning", "{name} is not ready", (DESCRIBE_POD,), lasting=60.0)
POD_PENDING = Kind(
    "pod_pending", "warning", "{name} does not start", (DESCRIBE_POD,), lasting=120.0
)
POD_OOM_KILLED = Kind(
    "pod_oom_killed",
    "warning",
    "{name} ran out of memory",
    (LAST_WORDS, DESCRIBE_POD),
    fades=TEN_MINUTES,
)
POD_RESTARTING = Kind(
    "pod_restarting", "warning", "{name} restarts too often", (LAST_WORDS, DESCRIBE_POD)
)
POD_EVICTED = Kind(
    "pod_evicted", "info", "{name} was evicted", (DESCRIBE_POD,), fades=6 * TEN_MINUTES
)
POD_LOST = Kind("pod_lost", "warning", "{name} is not heard of", (DESCRIBE_POD,))
NODE_LOST = Kind(
    "node_lost",
    "critical",
    "A node is lost",
    (
        Remedy("describe", "Describe the node", "kubectl describe node {name}"),
        Remedy(
            "pods",
            "List its pods",
            "kubectl get pods --all-namespaces --field-selector spec.nodeName={name}",
        ),
    ),
    many="{count} pods on it are not heard of.",
    nameless=True,
)
CRONJOB_FAILED = Kind(
    "cronjob_failed",
    "critical",
    "The last run of {name} failed",
    (JOB_LOG, DESCRIBE_JOB, RUN_NOW),
)
CRONJOB_LATE = Kind("cronjob_late", "warning", "{name} is late", (DESCRIBE_CRONJOB, RUN_NOW))
CRONJOB_MISSED = Kind(
    "cronjob_missed", "critical", "{name} missed its run", (DESCRIBE_CRONJOB, RUN_NOW)
)
CRONJOB_STUCK = Kind(
    "cronjob_stuck",
    "warning",
    "{name} runs much longer than usual",
    (JOB_LOG, DESCRIBE_JOB),
)
CRONJOB_INVALID = Kind(
    "cronjob_invalid",
    "critical",
    "{name} has a schedule that cannot be read",
    (DESCRIBE_CRONJOB, Remedy("edit", "Edit it", "kubectl -n {namespace} edit cronjob {name}")),
)
CRONJOBS_STOPPED = Kind(
    "cronjobs_stopped",
    "critical",
    "CronJobs are not started any more",
    (
        Remedy(
            "controller",
            "See whether the controller manager renews its lease",
            "kubectl -n kube-system get lease kube-controller-manager -o yaml",
        ),
    ),
    many="{count} CronJobs are overdue, and none was started since.",
)
JOB_FAILED = Kind(
    "job_failed", "warning", "Job {name} failed", (JOB_LOG, DESCRIBE_JOB), fades=144 * TEN_MINUTES
)
SOURCE_STALE = Kind(
    "source_stale", "warning", "No news of {name} in {namespace}", (READY,), blinds=True
)
SOURCE_FORBIDDEN = Kind(
    "source_forbidden",
    "warning",
    "No right to read {name} in {namespace}",
    (Remedy("rights", "List our rights", "kubectl auth can-i --list -n {namespace}"),),
    blinds=True,
)
SOURCE_ABSENT = Kind(
    "source_absent",
    "warning",
    "There are no {name} in {namespace} to read",
    (Remedy("namespace", "Look for the namespace", "kubectl get namespace {namespace}"),),
    blinds=True,
)
SOURCE_ERROR = Kind(
    "source_error",
    "warning",
    "What is told of {name} in {namespace} cannot be read",
    (READY,),
    blinds=True,
)
CLUSTER_LOST = Kind("cluster_lost", "warning", "No news from the API server", (READY,))
CLOCK_SKEW = Kind(
    "clock_skew",
    "info",
    "Our clock and the API server's differ",
    (Remedy("clock", "Look at our clock", "date -u"),),
)

KINDS: tuple[Kind, ...] = (
    POD_CRASH_LOOP,
    POD_IMAGE,
    POD_CONFIG,
    POD_UNREADY,
    POD_PENDING,
    POD_OOM_KILLED,
    POD_RESTARTING,
    POD_EVICTED,
    POD_LOST,
    NODE_LOST,
    CRONJOB_FAILED,
    CRONJOB_LATE,
    CRONJOB_MISSED,
    CRONJOB_STUCK,
    CRONJOB_INVALID,
    CRONJOBS_STOPPED,
    JOB_FAILED,
    SOURCE_STALE,
    SOURCE_FORBIDDEN,
    SOURCE_ABSENT,
    SOURCE_ERROR,
    CLUSTER_LOST,
    CLOCK_SKEW,
)
