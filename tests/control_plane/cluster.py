"""One cluster: etcd, kube-apiserver, kube-controller-manager and the kubelet stand-in.

Every method blocks. In an async test run it beside the loop: `await asyncio.to_thread(...)`.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from tests.control_plane.commands import (
    apiserver_command,
    etcd_command,
    kcm_command,
    kubelet_command,
)
from tests.control_plane.door import Door, DoorFailure
from tests.control_plane.grants import grant
from tests.control_plane.keys import write_keys
from tests.control_plane.processes import Nursery, Program, ReservedPort
from tests.control_plane.rooms import claim_directory
from tests.control_plane.users import ADMIN, KCM, KUBELET, USERS, write_kubeconfig, write_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.control_plane.grants import Grant
    from tests.control_plane.objects import Json

Part = Literal["etcd", "apiserver", "kcm", "kubelet"]
# Alone a cluster is ready in 3 to 5 s; several workers may start theirs on two busy cores.
READY_SECONDS = 60.0
NODE = "stand-in"
CHECKOUT = Path(__file__).parents[2]


class ControlPlane:
    """A running cluster; a context manager, or `start()` and `close()`.

    `assets` holds the binaries (`build.locate`), `apiserver_flags` are appended to the recipe's,
    so they win: `("--watch-cache-sizes=pods#0",)`, `("--feature-gates=WatchList=false",)`.
    """

    def __init__(self, assets: Path, *, apiserver_flags: tuple[str, ...] = ()) -> None:
        self.assets = assets
        self._room = claim_directory()
        self.directory = self._room.path
        self._etcd_port = ReservedPort()
        self._port = ReservedPort()
        self._kubelet_port = ReservedPort()
        self._nursery = Nursery()
        self._outage = False
        keys = write_keys(self.directory)
        self.ca = keys.ca
        self.url = f"https://127.0.0.1:{self._port.number}"
        tokens = write_tokens(self.directory)
        self.door = Door(self.url, self.ca, USERS[ADMIN].token)
        self._etcd = Door(f"http://127.0.0.1:{self._etcd_port.number}", None, None)
        ports = self._port.number, self._etcd_port.number
        # Not the caller's environment: a proxy or a KUBECONFIG of the machine is none of ours.
        plain = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.directory)}
        commands: dict[Part, list[str]] = {
            "etcd": etcd_command(assets, self.directory, self._etcd_port.number),
            "apiserver": apiserver_command(assets, keys, tokens, *ports, apiserver_flags),
            "kcm": kcm_command(assets, self.kubeconfig(KCM)),
            "kubelet": kubelet_command(NODE, self.kubeconfig(KUBELET), self._kubelet_port.number),
        }
        self._programs = {
            part: Program(
                part,
                command,
                self.directory / f"{part}.log",
                self._nursery,
                plain | ({"PYTHONPATH": str(CHECKOUT)} if part == "kubelet" else {}),
            )
            for part, command in commands.items()
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # ---- life

    def start(self) -> None:
        """Start everything and wait until a pod can be created and would run.

        Raises StartFailed with the end of the log of the part that was not ready; all is stopped
        then.
        """
        try:
            for part in self._programs.values():
                # The stand-in tries until the API server answers; the controllers would give up.
                if part.name != "kcm":
                    part.start()
            self._await_api()
            self._programs["kcm"].start()
            account = "/api/v1/namespaces/default/serviceaccounts/default"
            self._await("kcm", lambda: self.door.exists(account))
            self._await("kubelet", lambda: self.door.exists(f"/api/v1/nodes/{NODE}"))
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop everything in the order that takes no time, and remove every file."""
        # etcd last: without it the API server ignores SIGTERM for a minute and a half.
        for part in ("kubelet", "kcm", "apiserver", "etcd"):
            self._programs[part].stop()
        self._nursery.close()
        for port in (self._kubelet_port, self._port, self._etcd_port):
            port.close()
        self._room.release()

    def heal(self) -> None:
        """Wake what is paused and start what is stopped: the state other tests expect."""
        for program in self._programs.values():
            if program.running:
                program.resume()
            elif program.name != "kcm":
                program.start()
        self._await_api()
        kcm = self._programs["kcm"]
        if self._outage:
            # Controllers that could not ask wait up to half a minute before they ask again.
            kcm.stop(signal.SIGKILL)
            self._outage = False
        kcm.start()
        self._await("kubelet", self._kubelet_port.answers)

    # ---- access

    def kubeconfig(
        self, user: str = ADMIN, namespace: str | None = None, *, token: str | None = None
    ) -> Path:
        """The path of a kubeconfig for a user of `USERS`, or for any name with a bearer token."""
        bearer = USERS[user].token if token is None else token
        return write_kubeconfig(self.directory, self.url, self.ca, user, bearer, namespace)

    def kubectl(
        self,
        *arguments: str,
        user: str = ADMIN,
        namespace: str | None = None,
        stdin: str = "",
        seconds: float = 30.0,
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as a user; an exit code other than 0 is a result, no error."""
        return subprocess.run(
            [str(self.assets / "kubectl"), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=seconds,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "HOME": str(self.directory),
                "KUBECONFIG": str(self.kubeconfig(user, namespace)),
            },
        )

    def create_namespace(self, name: str) -> None:
        """Create a namespace that takes pods at once.

        Pods need its default ServiceAccount. The controller makes it too, after some milliseconds,
        but only seconds later where the API server was just restarted: so it is made here.
        """
        body: Json = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        self.door.call("POST", "/api/v1/namespaces", body)
        account: Json = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default"},
        }
        try:
            self.door.call("POST", f"/api/v1/namespaces/{name}/serviceaccounts", account)
        except DoorFailure as failure:
            if failure.code != http.client.CONFLICT:
                raise

    def grant(self, user: str, rules: Sequence[Json], namespace: str | None = None) -> Grant:
        """Give a user rights in a namespace (None: everywhere); in force on return.

        `grants.rule` makes the rules; `Grant.revoke()` takes them back, equally in force on return.
        """
        return grant(self.door, user, rules, namespace)

    def memory(self) -> dict[Part, int]:
        """Resident memory of each running part in bytes (Linux)."""
        found: dict[Part, int] = {}
        for part, program in self._programs.items():
            if program.running:
                pages = int(Path(f"/proc/{program.pid}/statm").read_text().split()[1])
                found[part] = pages * os.sysconf("SC_PAGE_SIZE")
        return found

    # ---- faults

    def stop_part(self, part: Part, number: signal.Signals = signal.SIGTERM) -> None:
        """Stop one part; a stopped `kcm` makes a cluster without progress."""
        self._outage = self._outage or part in ("etcd", "apiserver")
        self._programs[part].stop(number)

    def start_part(self, part: Part) -> None:
        """Start one part again with the same flags and data, and wait until it answers."""
        self._programs[part].start()
        if part == "kubelet":
            self._await(part, self._kubelet_port.answers)
        elif part != "kcm":
            self._await_api()

    def restart_apiserver(self, number: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM ends open watches cleanly, SIGKILL cuts them; returns when ready again."""
        self.stop_part("apiserver", number)
        self.start_part("apiserver")

    def pause(self, part: Part) -> None:
        """Freeze one part (SIGSTOP), at rest on return: connections stay, and nothing answers."""
        self._outage = self._outage or part in ("etcd", "apiserver")
        self._programs[part].pause()

    def resume(self, part: Part) -> None:
        """Go on after `pause`."""
        self._programs[part].resume()

    @contextmanager
    def paused(self, part: Part) -> Iterator[None]:
        """`pause`, and `resume` at the end."""
        self.pause(part)
        try:
            yield
        finally:
            self.resume(part)

    def compact(self) -> int:
        """Forget every revision of etcd before now and return the current one.

        Old resource versions give 410 at once only where the watch cache of the kind is off
        (`--watch-cache-sizes=pods#0`); else the API server's own history answers until it restarts.
        """
        answer = self._etcd.call("POST", "/v3/kv/range", {"key": "AA=="})
        revision = int(answer["header"]["revision"])
        try:
            self._etcd.call(
                "POST", "/v3/kv/compaction", {"revision": str(revision), "physical": True}
            )
        except DoorFailure as failure:
            # Two compactions without a write between them: it is what was asked for.
            if "has been compacted" not in failure.text:
                raise
        return revision

    # ---- inside

    def _await_api(self) -> None:
        self._await("apiserver", lambda: self.door.answers("/readyz"))

    def _await(self, part: Part, ready: Callable[[], bool]) -> None:
        self._programs[part].wait_until(ready, seconds=READY_SECONDS)
