"""TLS contexts from a configuration, and whether their files have changed."""

from __future__ import annotations

import ssl
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import ConfigurationError

if TYPE_CHECKING:
    from app.cluster.configuration import Tls


def make_context(tls: Tls) -> ssl.SSLContext:
    """A client context.

    Raises:
        ConfigurationError: A certificate or key cannot be read.
    """
    try:
        context = _trusting(tls)
        if tls.certificate is not None:
            with ExitStack() as stack:
                files = [_as_file(part, stack) for part in (tls.certificate, tls.key)]
                context.load_cert_chain(str(files[0]), str(files[1]) if files[1] else None)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The cluster's certificates cannot be read: {error}") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def stamps(tls: Tls) -> tuple[float, ...]:
    """When the files were last changed; two equal answers mean that nothing was."""
    return tuple(_changed(part) for part in (tls.authority, tls.certificate, tls.key))


def _trusting(tls: Tls) -> ssl.SSLContext:
    if isinstance(tls.authority, Path):
        return ssl.create_default_context(cafile=tls.authority)
    if tls.authority is not None:
        return ssl.create_default_context(cadata=tls.authority.decode())
    return ssl.create_default_context()


def _as_file(part: Path | bytes | None, stack: ExitStack) -> Path | None:
    if part is None or isinstance(part, Path):
        return part
    # ssl reads a client's certificate and key from files only: 0600, and gone after the reading.
    file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="watchglass-"))
    file.write(part)
    file.flush()
    return Path(file.name)


def _changed(part: Path | bytes | None) -> float:
    try:
        return part.stat().st_mtime if isinstance(part, Path) else 0.0
    except OSError:
        return -1.0
