"""Which cluster, as whom: the first of four places that says so."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kubernetes_asyncio.config.config_exception import ConfigException
from kubernetes_asyncio.config.kube_config import KubeConfigMerger
from yaml import YAMLError

from app.cluster.credentials import Credential, Fixed, TokenFile, basic, bearer
from app.cluster.plugins import ExecPlugin
from app.cluster.tls import make_context
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubernetes_asyncio.config.kube_config import ConfigNode

    from app.clock import Clock

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_FILE = Path("~/.kube/config")


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS connection: PEM, or files that hold it and may be replaced while we run.

    Without `authority` the system's authorities are trusted.
    """

    authority: Path | bytes | None = None
    certificate: Path | bytes | None = None
    key: Path | bytes | None = None
    verify: bool = True
    server_name: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterConfiguration:
    """How to reach one API server."""

    origin: str
    """Where this was read, for one line of the log."""
    server: str
    context: str
    namespace: str
    tls: Tls
    credential: Credential
    proxy: str | None = None


def load(
    clock: Clock,
    *,
    kubeconfig: Path | None = None,
    context: str | None = None,
    environment: Mapping[str, str] | None = None,
    account: Path = ACCOUNT,
) -> ClusterConfiguration:
    """The configuration of the first place that has one.

    In order: the file and context that were asked for, the service account of the pod we run in,
    the files that `KUBECONFIG` lists, the default file.

    Raises:
        ConfigurationError: No place has one, or it cannot be used; one sentence.
    """
    environment = os.environ if environment is None else environment
    if kubeconfig is not None:
        return _kubeconfig(clock, str(kubeconfig), f"--kubeconfig {kubeconfig}", context)
    listed = environment.get("KUBECONFIG")
    if context is None and environment.get("KUBERNETES_SERVICE_HOST"):
        return _in_cluster(clock, environment, account)
    if listed:
        return _kubeconfig(clock, listed, f"KUBECONFIG={listed}", context)
    return _kubeconfig(clock, str(DEFAULT_FILE.expanduser()), str(DEFAULT_FILE), context)


def _in_cluster(
    clock: Clock, environment: Mapping[str, str], account: Path
) -> ClusterConfiguration:
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    if not (account / "token").is_file():
        raise ConfigurationError(
            f"This looks like a pod, but there is no service account token in {account}."
        )
    space = account / "namespace"
    return ClusterConfiguration(
        origin="the pod's service account",
        server=f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}",
        context="in-cluster",
        namespace=space.read_text().strip() if space.is_file() else "default",
        tls=Tls(authority=account / "ca.crt"),
        credential=TokenFile(account / "token", clock),
    )


def _kubeconfig(clock: Clock, paths: str, origin: str, context: str | None) -> ClusterConfiguration:
    try:
        files = KubeConfigMerger(paths)
        merged = files.config
        if merged is None:
            raise ConfigurationError(f"There is no kubeconfig ({origin}).")
        # As kubectl: the first file that names a context wins. The merger lets the last one win.
        named = (read.get("current-context") for read in files.config_files.values())
        name = context or next(filter(None, named), None)
        if not name:
            raise ConfigurationError(f"The kubeconfig names no current context ({origin}).")
        chosen = _named(merged, "contexts", name)["context"]
        cluster = _named(merged, "clusters", str(chosen["cluster"]))
        user_name = chosen.safe_get("user")
        user = _named(merged, "users", str(user_name)) if user_name else None
        return _read(clock, origin, str(name), chosen, cluster, user)
    except (ConfigException, YAMLError, OSError, ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"The kubeconfig cannot be read ({origin}): {_told(error)}"
        ) from error


def _told(error: Exception) -> str:
    """What is wrong, in a line, without what the file holds: the parser's own words quote it."""
    if isinstance(error, ConfigException):
        return str(error).partition(" in ")[0]
    if isinstance(error, YAMLError):
        return "it is no YAML"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _named(merged: ConfigNode, section: str, name: str) -> ConfigNode:
    found = merged[section].get_with_name(name, safe=True)
    if found is None:
        raise ValueError(f"there is no {name!r} in {section}")
    return found


def _read(
    clock: Clock,
    origin: str,
    name: str,
    chosen: ConfigNode,
    cluster: ConfigNode,
    user: ConfigNode | None,
) -> ClusterConfiguration:
    target = cluster["cluster"]
    who = user["user"] if user is not None and user.safe_get("user") else None
    server = str(target["server"]).rstrip("/")
    if not server.startswith(("http://", "https://")):
        raise ConfigurationError(f"The server {server!r} is no http or https URL ({origin}).")
    configuration = ClusterConfiguration(
        origin=origin,
        server=server,
        context=name,
        namespace=str(chosen.safe_get("namespace") or "default"),
        tls=Tls(
            authority=_material(target, "certificate-authority", cluster.path),
            certificate=_material(who, "client-certificate", user.path) if user else None,
            key=_material(who, "client-key", user.path) if user else None,
            verify=not target.safe_get("insecure-skip-tls-verify"),
            server_name=target.safe_get("tls-server-name"),
        ),
        credential=_credential(clock, origin, who, user.path if user else None),
        proxy=target.safe_get("proxy-url"),
    )
    # A certificate that cannot be read is said now; later it is a state that may pass.
    make_context(configuration.tls)
    return configuration


def _credential(clock: Clock, origin: str, who: ConfigNode | None, path: str | None) -> Credential:
    if who is None:
        return Fixed(None)
    if who.safe_get("as"):
        # Ignoring it would mean to act with more rights than its author meant us to have.
        raise ConfigurationError(f"Impersonation in the kubeconfig is not supported ({origin}).")
    if who.safe_get("exec"):
        return ExecPlugin(who["exec"], clock, folder=_folder(path))
    if who.safe_get("auth-provider"):
        raise ConfigurationError(
            f"The kubeconfig's auth-provider is not supported, use an exec plugin ({origin})."
        )
    # As client-go: the file wins over the token, because it is the one that is kept fresh.
    if who.safe_get("tokenFile"):
        return TokenFile(_beside(path, str(who["tokenFile"])), clock)
    if who.safe_get("token"):
        return Fixed(bearer(str(who["token"])))
    if who.safe_get("username"):
        return basic(str(who["username"]), str(who.safe_get("password") or ""))
    return Fixed(None)


def _material(node: ConfigNode | None, key: str, path: str | None) -> Path | bytes | None:
    """The file that `key` names, or the PEM that `key`-data carries."""
    if node is None:
        return None
    if inline := node.safe_get(f"{key}-data"):
        return base64.b64decode(inline, validate=True)
    named = node.safe_get(key)
    return _beside(path, str(named)) if named else None


def _beside(path: str | None, name: str) -> Path:
    """`name` as the kubeconfig at `path` means it: relative to its folder."""
    return _folder(path) / Path(name).expanduser()


def _folder(path: str | None) -> Path:
    return Path(path).absolute().parent if path else Path.cwd()
