"""Where templates and static files are: beside the package in a checkout, inside it in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.staticfiles import StaticFiles

from app.web.headers import REVALIDATE

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

PACKAGE = Path(__file__).parents[1]


def folder(name: str) -> Path:
    """The folder `templates` or `static`."""
    packed = PACKAGE / name
    return packed if packed.is_dir() else PACKAGE.parent / name


class Static(StaticFiles):
    """Scripts and styles: a browser keeps them, and asks each time whether they are still good.

    They are small and sent whole: whoever asks for ranges gets everything, as HTTP allows.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one file."""
        asked = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": asked}, receive, send)

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or 304."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = REVALIDATE.decode()
        response.headers["accept-ranges"] = "none"
        return response
