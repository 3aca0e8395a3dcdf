"""What doctor found: a line for each check, the missing rules last."""

from __future__ import annotations

from app.cli.terminal import safe, write_line
from app.logs import scrubbed

RULES = "The rules that are missing, for somebody who may grant them (kubectl apply -f FILE):"


class Report:
    """Prints findings as they are made and remembers whether all were good."""

    def __init__(self) -> None:
        self.wrong = 0
        self._checks = 0
        self._rules: list[str] = []

    def good(self, check: str, sentence: str) -> None:
        """A check that passed."""
        self._line("ok", check, sentence)

    def bad(self, check: str, sentence: str) -> None:
        """A check that failed; the sentence says how."""
        self.wrong += 1
        self._line("FAIL", check, sentence)

    def rule(self, yaml: str) -> None:
        """A YAML document that would mend something."""
        self._rules.append(yaml)

    def end(self) -> bool:
        """Print what is left; True when all was good."""
        if self._rules:
            write_line(f"\n{RULES}\n")
            write_line("---\n".join(self._rules))
        write_line(f"{self.wrong} of {self._checks} checks failed" if self.wrong else "all is well")
        return not self.wrong

    def _line(self, verdict: str, check: str, sentence: str) -> None:
        self._checks += 1
        # Messages may quote what a server or a credential plugin said.
        write_line(f"{verdict:<5} {check:<14} {safe(scrubbed(sentence))}")
