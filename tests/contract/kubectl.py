"""kubectl as a client of either server, and its text without what no two runs have in common."""

from __future__ import annotations

import asyncio
import difflib
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.control_plane import build

if TYPE_CHECKING:
    from tests.contract.server import Server

TRANSCRIPTS = Path(__file__).parent / "transcripts"
# Set to write what the real server says into the transcripts, for a look at the difference.
RECORD = "WATCHGLASS_RECORD_TRANSCRIPTS"
SECONDS = 60.0

ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
REPLACED: list[tuple[str, str]] = [
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]+ [+-]\d{4}", "TIME"),
    (rf"\b(\w+)-[{ALPHABET}]{{6,10}}-[{ALPHABET}]{{5}}\b", r"\1-HASH-SUFFIX"),
    (rf"(?<=pod-template-hash=)[{ALPHABET}]{{6,10}}\b", "HASH"),
    (rf"\bweb-[{ALPHABET}]{{6,10}}\b", "web-HASH"),
    (rf"\b(Created pod: \w+|by-hand|kube-api-access)-[{ALPHABET}]{{5}}\b", r"\1-SUFFIX"),
    # Ages, and how long something took.
    (r"(?<![\w.=-])(\d+[ydhms]){1,2}\b", "AGE"),
    (r"\b\d+(\.\d+)?s\b", "AGE"),
    (r"\(x\d+ over AGE\)", "(xN over AGE)"),
    # Widths of columns follow from the longest name.
    (r"[ \t]{2,}(?=\S)", "  "),
    (r"[ \t]+$", ""),
]


def plain(text: str, namespace: str) -> str:
    """The text with words in place of names, ages, times and widths."""
    text = text.replace(namespace, "NAMESPACE")
    for pattern, word in REPLACED:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return text


class Kubectl:
    """One user's, in one namespace. `said` is everything that was asked and answered so far."""

    def __init__(
        self, server: Server, namespace: str, home: Path, *, visiting: bool = False
    ) -> None:
        self._server = server
        self._namespace = namespace
        self._home = home
        self._command = str(build.locate() / "kubectl")
        self._environ = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(home),
            "KUBECONFIG": str(server.kubeconfig(namespace, visiting=visiting)),
        }
        self.said: list[str] = []

    def visiting(self) -> Kubectl:
        """The visitor's."""
        return Kubectl(self._server, self._namespace, self._home, visiting=True)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run it; an exit code other than 0 is a result."""
        return subprocess.run(
            [self._command, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env=self._environ,
        )

    def say(self, line: str, stdin: str = "") -> str:
        """Run a line of words and add it to the transcript; what it printed, as it is."""
        done = self.run(*line.split(), stdin=stdin)
        text = plain(done.stdout, self._namespace) + plain(done.stderr, self._namespace)
        code = f"[{done.returncode}]\n" if done.returncode else ""
        self.said.append(f"$ kubectl {plain(line, self._namespace)}\n{text}{code}")
        return done.stdout

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        """Begin something that goes on, such as `get -w`."""
        return await asyncio.create_subprocess_exec(
            self._command,
            *arguments,
            env=self._environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    def compare(self, name: str) -> None:
        """The transcript is that of the reference: `transcripts/NAME.txt`."""
        text = "\n".join(self.said)
        path = TRANSCRIPTS / f"{name}.txt"
        if os.environ.get(RECORD) == "1" and not self._server.simulated:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        wanted = path.read_text()
        shown = difflib.unified_diff(wanted.split("\n"), text.split("\n"), "reference", "now")
        assert text == wanted, "\n".join(shown)
