"""A pytest plugin: after the run, what was held against an oracle and how much of it differed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

COMPARED = "compared"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print it where the tests ran, in whichever process."""
    lines = [
        str(told)
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        for name, told in getattr(report, "user_properties", ())
        if name == COMPARED and report.when == "call"
    ]
    if lines:
        terminalreporter.section("schedules against oracles")
        for line in sorted(lines):
            terminalreporter.write_line(line)
