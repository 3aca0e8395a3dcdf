"""`watchglass openapi`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.cli import main
from app.web.files import folder
from app.web.openapi import describe
from app.web.routes import ROUTES, STREAMS

if TYPE_CHECKING:
    import pytest


def test_it_prints_the_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads(json.dumps(describe((*ROUTES, *STREAMS))))
    assert printed["openapi"] == "3.2.0"


def test_it_prints_the_types_of_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi", "--types"]) == 0
    assert capsys.readouterr().out == (folder("static") / "wire.d.ts").read_text()
