"""What the end of a run means: one table.

| the run | its status |
|---|---|
| was ended by a person | `error` |
| was ended by us because its time was over | `timeout` |
| said that the agent is signed out | `auth_failure` |
| never gave an exit code | `error` |
| exited with 0 | `success` |
| exited with 57 | `auth_failure` |
| exited with 124 | `timeout` |
| exited with anything else | `error` |

The first row that holds decides: what we did to a run outweighs what it said while it died, and a
run that says it is signed out has not succeeded, whatever it exits with. The exit code itself is
kept as the process gave it (143 after a TERM, 124 at our own timeout) and is absent when the
infrastructure failed.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

ExecutionStatus = Literal["success", "error", "auth_failure", "timeout", "running"]

SIGNED_OUT_EXIT = 57
"""What the agent's command gives when its credential is not accepted."""

TIMEOUT_EXIT = 124
"""What coreutils' `timeout` gives, and we with it."""

BY_EXIT_CODE: Mapping[int, ExecutionStatus] = MappingProxyType(
    {0: "success", SIGNED_OUT_EXIT: "auth_failure", TIMEOUT_EXIT: "timeout"}
)
"""Every other code is `error`."""


def execution_status(
    exit_code: int | None,
    *,
    timed_out: bool = False,
    cancelled: bool = False,
    signed_out: bool = False,
) -> ExecutionStatus:
    """The status of an ended run; never `running`.

    Args:
        exit_code: What the process gave (0-255), None when the infrastructure failed it.
        timed_out: We ended it because its time was over.
        cancelled: A person ended it.
        signed_out: Its output says that the agent has no good credential.
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
