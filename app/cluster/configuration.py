"""Which cluster, as whom: the first of four places that says so."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.cluster.credentials import Credential, Fixed, TokenFile, basic, bearer
from app.cluster.kubeconfig import beside, find, flag, folder, material, reading, text
from app.cluster.plugins import ExecPlugin
from app.cluster.tls import make_context
from app.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kubernetes_asyncio.config.kube_config import ConfigNode

    from app.clock import Clock
    from app.cluster.kubeconfig import Entries

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_FILE = "~/.kube/config"

# RFC 1123 label, as Kubernetes demands of a namespace's name: it becomes part of every path.
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

IMPERSONATION = ("as", "as-uid", "as-groups", "as-user-extra")


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
    in_pod = context is None and bool(environment.get("KUBERNETES_SERVICE_HOST"))
    if in_pod and (account / "token").is_file():
        return _in_cluster(clock, environment, account)
    if listed := environment.get("KUBECONFIG"):
        return _kubeconfig(clock, listed, f"KUBECONFIG={listed}", context)
    if in_pod:
        raise ConfigurationError(
            f"This looks like a pod, but there is no service account token in {account}."
        )
    return _kubeconfig(clock, DEFAULT_FILE, DEFAULT_FILE, context)


def _in_cluster(
    clock: Clock, environment: Mapping[str, str], account: Path
) -> ClusterConfiguration:
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT") or "443"
    space = account / "namespace"
    with reading("The pod's service account"):
        return ClusterConfiguration(
            origin="the pod's service account",
            server=_url(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"),
            context="in-cluster",
            namespace=_namespace(space.read_text() if space.is_file() else None),
            tls=Tls(authority=account / "ca.crt"),
            credential=TokenFile(account / "token", clock),
        )


def _kubeconfig(clock: Clock, paths: str, origin: str, context: str | None) -> ClusterConfiguration:
    with reading(f"The kubeconfig ({origin})"):
        entries = find(paths, context)
        if entries is None:
            raise ConfigurationError(f"There is no kubeconfig ({origin}).")
        configuration = _read(clock, origin, entries)
    # A certificate that cannot be read is said now; later it is a state that may pass.
    make_context(configuration.tls)
    return configuration


def _read(clock: Clock, origin: str, entries: Entries) -> ClusterConfiguration:
    cluster, user = entries.cluster, entries.user
    tls = Tls(
        authority=material(cluster, "certificate-authority"),
        certificate=material(user, "client-certificate"),
        key=material(user, "client-key"),
        verify=not flag(cluster, "insecure-skip-tls-verify"),
        server_name=text(cluster, "tls-server-name"),
    )
    if tls.authority is not None and not tls.verify:
        # As kubectl: whoever wrote both meant one of them.
        raise ValueError("an authority is named for a server that is not to be verified")
    proxy = text(cluster, "proxy-url")
    return ClusterConfiguration(
        origin=origin,
        server=_url(str(cluster["server"])),
        context=entries.name,
        namespace=_namespace(text(entries.context, "namespace")),
        tls=tls,
        credential=Fixed(None) if user is None else _credential(clock, user),
        proxy=None if proxy is None else _url(proxy, "proxy", secret=True),
    )


def _credential(clock: Clock, user: ConfigNode) -> Credential:
    if any(user.safe_get(key) for key in IMPERSONATION):
        # Ignoring it would mean to act with more rights than its author meant us to have.
        raise ValueError("it asks for impersonation, which is not supported")
    # As client-go: what is given counts before what has to be fetched, and the file before the
    # token, because it is the one that is kept fresh.
    if token_file := text(user, "tokenFile"):
        return TokenFile(beside(user, token_file), clock)
    if token := text(user, "token"):
        return Fixed(bearer(token))
    if name := text(user, "username"):
        return basic(name, text(user, "password") or "")
    if user.safe_get("exec"):
        return ExecPlugin(user["exec"], clock, folder=folder(user))
    if user.safe_get("auth-provider"):
        raise ValueError("it has an auth-provider, which is not supported: use an exec plugin")
    return Fixed(None)


def _url(address: str, what: str = "server", *, secret: bool = False) -> str:
    """An address that requests can be made of; the one of a proxy may carry a password."""
    parts = urlsplit(address)
    named = parts.scheme in ("http", "https") and parts.hostname
    # An invalid port raises by itself.
    if not named or parts.port == 0 or parts.query or parts.fragment:
        raise ValueError(f"the {what} is no http or https URL")
    if parts.username is not None and not secret:
        raise ValueError(f"the {what} is a URL with a user")
    return address.rstrip("/")


def _namespace(name: str | None) -> str:
    found = (name or "").strip() or "default"
    if not LABEL.fullmatch(found):
        raise ValueError(f"{found[:63]!r} is not the name of a namespace")
    return found
