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
                certificate = _as_file(tls.certificate, stack)
                key = None if tls.key is None else _as_file(tls.key, stack)
                # The empty password makes a key that needs one an error, not a question on the
                # terminal that nobody answers.
                context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The cluster's certificates cannot be read: {error}.") from error
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


Stamp = tuple[int, ...]


def stamps(tls: Tls) -> tuple[Stamp, ...]:
    """Which files they are and when they were changed; two equal answers: nothing was."""
    return tuple(_stamp(part) for part in (tls.authority, tls.certificate, tls.key))


def _trusting(tls: Tls) -> ssl.SSLContext:
    if isinstance(tls.authority, Path):
        return ssl.create_default_context(cafile=tls.authority)
    if tls.authority is not None:
        return ssl.create_default_context(cadata=tls.authority.decode())
    return ssl.create_default_context()


def _as_file(part: Path | bytes, stack: ExitStack) -> Path:
    if isinstance(part, Path):
        return part
    # ssl reads a client's certificate and key from files only: 0600, and gone after the reading.
    file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="watchglass-"))
    file.write(part)
    file.flush()
    return Path(file.name)


def _stamp(part: Path | bytes | None) -> Stamp:
    if not isinstance(part, Path):
        return ()
    try:
        found = part.stat()
    except OSError:
        return (-1,)
    return (found.st_ino, found.st_size, found.st_mtime_ns)
