"""Copies of the stream room with a fault in them, importable beside the true one."""

from __future__ import annotations

import importlib
import sys
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

from app import stream
from tests.stream.world import Room

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.mutants.faults import Fault

ROOM = Path(stream.__file__).parent


def planted(fault: Fault, text: str) -> str:
    """A file's text with the fault in it."""
    assert text.count(fault.old) == 1, f"{fault.name}: its place in {fault.file} is not one"
    return text.replace(fault.old, fault.new)


@contextmanager
def copy(directory: Path, fault: Fault | None) -> Iterator[Room]:
    """A copy of the stream room, with `fault` in it, for as long as the context lasts."""
    name = "mutated_stream"
    package = directory / name
    package.mkdir()
    for path in ROOM.glob("*.py"):
        text = path.read_text()
        if fault is not None and path.name == fault.file:
            text = planted(fault, text)
        (package / path.name).write_text(text.replace("app.stream", name))
    spec = spec_from_file_location(
        name, package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        for path in package.glob("*.py"):
            importlib.import_module(f"{name}.{path.stem}" if path.stem != "__init__" else name)
        yield Room(module.Hub, module.Limits, module.WriterClosed)
    finally:
        for known in [known for known in sys.modules if known.partition(".")[0] == name]:
            del sys.modules[known]
