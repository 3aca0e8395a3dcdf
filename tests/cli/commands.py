"""The command as a user runs it: a process of its own, with a plain environment."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds; a busy machine takes a few to start an interpreter."""

NOWHERE = "http://127.0.0.1:1"
"""An API server that does not answer: nobody listens on a privileged port of loopback."""

FOREIGN = ("WATCHGLASS_", "KUBE", "COV", "PYTEST", "MAKE", "MFLAGS")


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what would choose settings or a cluster."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return plain | {"PYTHONWARNINGS": "error", "HOME": "/nonexistent"} | variables


def watchglass(
    *arguments: str, code: int = 0, variables: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; it must end with `code`."""
    result = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env=environment(**(variables or {})),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    assert result.returncode == code, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result


def write_kubeconfig(
    path: Path, server: str = NOWHERE, *, namespace: str = "agents", token: str = "t0ken-of-a-test"
) -> Path:
    """A kubeconfig (JSON is YAML) with the context `lab`."""
    user = {"name": "somebody", "user": {"token": token}}
    context = {"cluster": "here", "user": "somebody", "namespace": namespace}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [user],
        "contexts": [{"name": "lab", "context": context}],
    }
    path.write_text(json.dumps(document))
    return path


class Running:
    """A command that serves, in a process of its own; a context manager that ends it by SIGTERM."""

    def __init__(
        self,
        directory: Path,
        command: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._errors = (directory / "stderr").open("w+", encoding="utf-8")
        self.process: subprocess.Popen[str] = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(**({"WATCHGLASS_PORT": "0"} | dict(variables or {}))),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
        )
        self.announced = ""

    def __enter__(self) -> Self:
        self.announced = self._out.readline()
        if self.process.poll() is not None or not self.announced:
            self.close()
            raise AssertionError(f"the server did not start: {self.logged}")
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The root of the server, as it said itself."""
        found = re.search(r"http://\S+", self.announced)
        assert found, self.announced
        return found.group()

    @property
    def port(self) -> int:
        return int(self.url.split(":")[2].partition("/")[0])

    @property
    def logged(self) -> str:
        """What it has written to standard error."""
        return Path(self._errors.name).read_text(encoding="utf-8")

    def events(self) -> list[dict[str, object]]:
        """Its log so far, a dictionary for each line."""
        return [json.loads(line) for line in self.logged.splitlines()]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        try:
            if self.process.poll() is None:
                self.end()
        finally:
            # One that does not leave fails its own test, and no other.
            self.process.kill()
            self.process.wait()
            self._out.close()
            self._errors.close()

    @property
    def _out(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


class Serving(Running):
    """`watchglass serve`."""

    def __init__(
        self,
        directory: Path,
        *flags: str,
        variables: Mapping[str, str] | None = None,
        kubeconfig: Path | None = None,
        open_files: str | None = None,
    ) -> None:
        """`open_files` are arguments of `ulimit` that the process starts with."""
        file = kubeconfig or write_kubeconfig(directory / "kubeconfig")
        limited = ["sh", "-c", f'ulimit {open_files} && exec "$@"', "sh"] if open_files else []
        command = [*limited, sys.executable, "-m", "app", "serve", "--kubeconfig", str(file)]
        super().__init__(directory, [*command, *flags], variables=variables)


class Demo(Running):
    """`watchglass demo`."""

    def __init__(
        self, directory: Path, *flags: str, variables: Mapping[str, str] | None = None
    ) -> None:
        directory.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "app", "demo", *flags]
        # What one that is killed leaves behind goes away with the test's folder.
        own = {"TMPDIR": str(directory)} | dict(variables or {})
        super().__init__(directory, command, variables=own)
        self.hints: list[str] = []

    def __enter__(self) -> Self:
        super().__enter__()
        for line in self._out:
            self.hints.append(line.strip())
            if line.startswith("Ctrl-C"):
                return self
        self.close()
        raise AssertionError(f"the demo says only {self.hints}: {self.logged}")

    @property
    def kubeconfig(self) -> Path:
        """The file that it has written, as it said itself."""
        (file,) = {words[2] for words in map(shlex.split, self.hints) if words[0] == "kubectl"}
        return Path(file)

    @property
    def switches(self) -> tuple[str, str]:
        """The URL of the fault switches and their token, as the kubeconfig has them."""
        (entry,) = yaml.safe_load(self.kubeconfig.read_text())["clusters"]
        (ours,) = entry["cluster"]["extensions"]
        return ours["extension"]["admin"], ours["extension"]["token"]

    @property
    def simulator(self) -> int:
        """The id of the process of the simulated cluster: its only child."""
        (pid,) = children(self.process.pid)
        return pid


def children(pid: int) -> list[int]:
    """The processes that a process has started, by whichever of its threads."""
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (thread / "children").read_text().split())
    return found
