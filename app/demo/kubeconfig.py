"""The kubeconfig of a simulated cluster: an ordinary one, and a file that nobody loses by it.

It replaces a file only if that one is empty or was made here too, and by no demo that still runs:
who writes it holds a lock on it until the process ends, however it ends.
"""

from __future__ import annotations

import base64
import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import yaml

from app.demo.api.roles import DEMO, VIEWER
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.demo.papers import Papers

CONTEXTS = (DEMO, VIEWER)
"""One per user; `demo` is the current one."""

EXTENSION = "watchglass.demo"
"""Marks the cluster's entry as ours. Tools that rewrite a kubeconfig keep extensions."""

LONGEST = 1_048_576
"""Bytes of a file that may be a kubeconfig."""


def document(
    papers: Papers, server: str, *, cluster: str, namespace: str, admin: str | None = None
) -> dict[str, Any]:
    """A context for each of `CONTEXTS`, the authority inline.

    `admin` is where the fault switches are: it stands in our extension, with its token.
    """
    authority = base64.b64encode(papers.certificate.authority.encode()).decode()
    ours = {} if admin is None else {"admin": admin, "token": papers.admin_token}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXTS[0],
        "clusters": [
            {
                "name": cluster,
                "cluster": {
                    "server": server,
                    "certificate-authority-data": authority,
                    "extensions": [{"name": EXTENSION, "extension": ours}],
                },
            }
        ],
        "contexts": [
            {"name": name, "context": {"cluster": cluster, "namespace": namespace, "user": name}}
            for name in CONTEXTS
        ],
        "users": [{"name": name, "user": {"token": papers.tokens[name]}} for name in CONTEXTS],
    }


@contextmanager
def written(path: Path, content: dict[str, Any]) -> Iterator[None]:
    """Write the file, for its owner's eyes only, and hold it for the time of the block.

    Raises:
        ConfigurationError: It cannot be written, is not ours, or belongs to a running demo.
    """
    try:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK, 0o600), "r+b")
    except OSError as error:
        raise _unwritable(path, error) from error
    with file:
        try:
            _take(path, file)
            os.fchmod(file.fileno(), 0o600)
            file.seek(0)
            file.truncate()
            file.write(yaml.safe_dump(content, sort_keys=False).encode())
            file.flush()
        except OSError as error:
            raise _unwritable(path, error) from error
        yield


def _take(path: Path, file: BinaryIO) -> None:
    """Make sure that nobody else wants what is in the file."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise ConfigurationError(f"{path} is no file that a kubeconfig can be written to.")
    # Where files cannot be locked, they can still be written.
    with suppress(OSError):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"{path} is the kubeconfig of a demo that is running; name another file."
            ) from None
    if not _is_ours(file.read(LONGEST)):
        raise ConfigurationError(
            f"{path} was not made by a demo, so it stays as it is; name another file."
        )


def _is_ours(content: bytes) -> bool:
    """Whether nothing is lost with it: it is empty, or all its clusters are simulated."""
    if not content.strip():
        return True
    try:
        clusters = yaml.safe_load(content)["clusters"]
        return bool(clusters) and all(
            any(named["name"] == EXTENSION for named in entry["cluster"]["extensions"])
            for entry in clusters
        )
    except (yaml.YAMLError, ValueError, TypeError, LookupError, RecursionError):
        return False


def _unwritable(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"Cannot write the kubeconfig {path}: {error.strerror}.")
