"""A pytest plugin: after the run, the table of faults that were planted and caught."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

FAULT = "planted fault"
CATCH = "caught by"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print it where the tests ran, in whichever process."""
    table: dict[str, str] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            properties = dict(getattr(report, "user_properties", ()))
            if FAULT in properties:
                table.setdefault(str(properties[FAULT]), str(properties.get(CATCH, "NOT CAUGHT")))
    if not table:
        return
    caught = sum(catch != "NOT CAUGHT" for catch in table.values())
    terminalreporter.section("mutants of the stream room")
    width = max(map(len, table))
    for fault, catch in sorted(table.items()):
        terminalreporter.write_line(f"{fault:{width}}  {catch}")
    terminalreporter.write_line(f"{len(table)} planted, {caught} caught")
