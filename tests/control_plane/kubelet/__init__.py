"""The kubelet stand-in: binds pods, reports their state, serves their logs and exec.

It runs no container. What it reports follows from a pod's annotations and the time since it was
bound, so a test needs no channel to it: it writes a pod, or patches a pod's annotations.

Keys below start with `kubelet.watchglass.test/`. A key may end in `.CONTAINER` and is then for that
container alone (`exit-code.git`); without it, for every container that is not an init container.
Init containers take only keys with their own name. Times are whole milliseconds.

    schedule: never           the pod stays unbound (Pending, without a node)
    hands-off: true           the status is the test's; the pod is bound and deleted as others are
    start: never              bound, but its containers wait (ContainerCreating, PodInitializing)
    run-for-ms: N             the container ends N ms after its start; without it and without
                              exit-code it runs on, an init container ends at once
    exit-code: N              the code it ends with (0); alone it means run-for-ms: 0
    termination-reason: WORD  instead of Completed or Error, such as OOMKilled
    termination-message: TEXT
    back-off-ms: N            CrashLoopBackOff between two runs (10000), by the pod's restartPolicy
    waiting-reason: WORD      the container waits for this reason instead of running, such as
                              ImagePullBackOff or CrashLoopBackOff
    waiting-message: TEXT
    restarts: N               added to the restart count
    ready: false              runs, but is not ready
    terminate-after-ms: N     the pod stays Terminating for so long (0)
    log: TEXT                 what `logs` shows (one line that names the container)
    previous-log: TEXT        what `logs --previous` shows
    log-every-ms: N           while a reader follows, another line `line K` each N ms
    exec-stdout: TEXT         what exec prints (the command's words on one line)
    exec-stderr: TEXT
    exec-exit-code: N         (0)
    exec-run-for-ms: N        exec prints, then ends after so long (0)
    exec-reads: N | all       exec reads so many bytes of standard input first, or to its end,
                              which only a v5 client can give (0)
    exec-cat: true            exec prints what it read instead of exec-stdout; reads all
    exec-refuse: TEXT         exec fails to start (HTTP 500 with this text)
"""
