"""What an exit code means: one table."""

from __future__ import annotations

from typing import Literal

ExecutionStatus = Literal["success", "error", "auth_failure", "timeout", "running"]

SIGNED_OUT_EXIT = 57
"""What the agent's command gives when its credential is not accepted."""

TIMEOUT_EXIT = 124
"""What coreutils' `timeout` gives, and we with it."""

BY_EXIT_CODE: dict[int, ExecutionStatus] = {
    0: "success",
    SIGNED_OUT_EXIT: "auth_failure",
    TIMEOUT_EXIT: "timeout",
}
"""Every other code is `error`."""


def execution_status(
    exit_code: int | None,
    *,
    timed_out: bool = False,
    cancelled: bool = False,
    signed_out: bool = False,
) -> ExecutionStatus:
    """The status of an ended run.

    Args:
        exit_code: What the process gave (0-255), None when the infrastructure failed it.
        timed_out: We ended it because its time was over.
        cancelled: A person ended it.
        signed_out: Its output says that the agent has no good credential.

    What we did to the run outweighs what it said when it died, and a run that says it is signed out
    has not succeeded even when it exits with 0.
    """
    if cancelled:
        return "error"
    if timed_out:
        return "timeout"
    if signed_out:
        return "auth_failure"
    if exit_code is None:
        return "error"
    return BY_EXIT_CODE.get(exit_code, "error")
