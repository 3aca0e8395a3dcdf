"""One context out of the files of a kubeconfig, and what its entries say.

Whatever a file holds, what is raised is one sentence that quotes nothing of it but names.
"""

from __future__ import annotations

import base64
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kubernetes_asyncio.config.config_exception import ConfigException
from kubernetes_asyncio.config.kube_config import KubeConfigMerger
from yaml import YAMLError

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubernetes_asyncio.config.kube_config import ConfigNode


class Entries(NamedTuple):
    """A context by name, and the cluster and the user that it names."""

    name: str
    context: ConfigNode
    cluster: ConfigNode
    user: ConfigNode | None


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns everything that a malformed file may cause into one sentence.

    Raises:
        ConfigurationError: `what` cannot be read.
    """
    try:
        yield
    except (
        *(ConfigException, YAMLError, OSError, ValueError),
        *(TypeError, AttributeError, LookupError, RecursionError),
    ) as error:
        raise ConfigurationError(f"{what} cannot be read: {_told(error)}.") from error


def find(paths: str, context: str | None) -> Entries | None:
    """The entries of `context`, or of the current one; None when there is no file.

    Of several files, separated as in `KUBECONFIG`, the first one that has a name counts.
    """
    files = KubeConfigMerger(paths)
    merged = files.config
    if merged is None:
        return None
    # As kubectl: the first file that names a context wins. The merger lets the last one win.
    named = (read.get("current-context") for read in files.config_files.values())
    name = context or next(filter(None, named), None)
    if not name:
        raise ValueError("it names no current context")
    chosen = _named(merged, "contexts", str(name))["context"]
    cluster = _named(merged, "clusters", str(chosen["cluster"]))["cluster"]
    user_name = text(chosen, "user")
    user = None if user_name is None else _named(merged, "users", user_name)
    who = user["user"] if user is not None and user.safe_get("user") else None
    if who is not None and not isinstance(who.value, dict):
        raise TypeError("a user is a mapping")
    return Entries(str(name), chosen, cluster, who)


def text(node: ConfigNode, key: str) -> str | None:
    """The text of `key`; None where there is none or an empty one."""
    found = node.safe_get(key)
    return None if found is None or found == "" else str(found)


def flag(node: ConfigNode, key: str) -> bool:
    """Whether `key` is true."""
    found = node.safe_get(key)
    if found is not None and not isinstance(found, bool):
        # The text "false" is true to Python, and this is about not looking at certificates.
        raise ValueError(f"{key} is neither true nor false")
    return bool(found)


def material(node: ConfigNode | None, key: str) -> Path | bytes | None:
    """The file that `key` names, or the PEM that `key`-data carries, which counts before it."""
    if node is None:
        return None
    if inline := text(node, f"{key}-data"):
        # As Go: line breaks do not count, everything else does.
        return base64.b64decode("".join(inline.split()), validate=True)
    named = text(node, key)
    return None if named is None else beside(node, named)


def beside(node: ConfigNode, name: str) -> Path:
    """The file `name` as the kubeconfig of `node` means it."""
    return folder(node) / Path(name).expanduser()


def folder(node: ConfigNode) -> Path:
    """The folder of the kubeconfig of `node`, to which its paths are relative."""
    return Path(node.path).absolute().parent if node.path else Path.cwd()


def _named(merged: ConfigNode, section: str, name: str) -> ConfigNode:
    found = merged[section].get_with_name(name, safe=True)
    if found is None:
        raise ValueError(f"there is no {name!r} in {section}")
    return found


def _told(error: Exception) -> str:
    """What is wrong, in a line, without what the file holds: the parser's own words quote it."""
    if isinstance(error, ConfigException):
        return str(error).partition(" in ")[0]
    if isinstance(error, YAMLError | RecursionError):
        return "it is no YAML"
    if isinstance(error, UnicodeError):
        return "it is no text"
    if isinstance(error, OSError | ValueError):
        return (str(error) or type(error).__name__).splitlines()[0].removesuffix(".")
    return "it does not have the shape of a kubeconfig"
