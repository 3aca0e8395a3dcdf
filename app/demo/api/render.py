"""Objects in the form that the caller asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from app.demo.api.calls import Answer, answered
from app.demo.api.negotiation import META, PARTIAL, PARTIAL_LIST, TABLE, YAML_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.clock import Clock
    from app.demo.api.kinds import Json, Kind
    from app.demo.api.lists import Page
    from app.demo.api.negotiation import Form
    from app.demo.api.ports import Tables


class Renderer:
    """Knows the time, because tables say how old things are."""

    def __init__(self, clock: Clock, tables: Tables) -> None:
        self._clock = clock
        self._tables = tables

    def answer_object(self, kind: Kind, value: Json, form: Form, code: int = 200) -> Answer:
        """One object, or a Status, which has no other form."""
        if value["kind"] != "Status":
            value = self.one_in_form(kind, value, form)
        return answer_value(value, form, code)

    def answer_page(self, page: Page, form: Form) -> Answer:
        """A list."""
        if form.whole and not form.yaml:
            return Answer(200, page.body)
        items = [one.value() for one in page.items]
        if form.shape == TABLE:
            return answer_value(self._table(page.kind, items, form, page.metadata), form)
        if form.shape:
            kind, version, found = PARTIAL_LIST, META, [_partial(item) for item in items]
        else:
            kind, version = f"{page.kind.kind}List", page.kind.api_version
            found = [_nameless(item) for item in items]
        value = {"kind": kind, "apiVersion": version, "metadata": page.metadata, "items": found}
        return answer_value(value, form)

    def one_in_form(self, kind: Kind, value: Json, form: Form, *, headers: bool = True) -> Json:
        """One object; `headers` says whether a table has its columns' definitions."""
        if form.whole:
            return value
        if form.shape == TABLE:
            metadata = {"resourceVersion": value["metadata"].get("resourceVersion", "")}
            return self._table(kind, [value], form, metadata, headers=headers)
        return _partial(value)

    def _table(
        self,
        kind: Kind,
        items: Sequence[Json],
        form: Form,
        metadata: Json,
        *,
        headers: bool = True,
    ) -> Json:
        made = self._tables(kind, items, self._clock.now(), include=form.include, headers=headers)
        return {
            "kind": TABLE,
            "apiVersion": META,
            "metadata": metadata,
            "columnDefinitions": made["columnDefinitions"],
            "rows": made["rows"],
        }


def answer_value(value: Json, form: Form, code: int = 200) -> Answer:
    """JSON, or YAML of it."""
    if form.yaml:
        text = yaml.safe_dump(value, default_flow_style=False, allow_unicode=True)
        return Answer(code, text.encode(), YAML_TYPE)
    return answered(value, code)


def _nameless(value: Json) -> Json:
    return {name: part for name, part in value.items() if name not in ("kind", "apiVersion")}


def _partial(value: Json) -> Json:
    return {"kind": PARTIAL, "apiVersion": META, "metadata": value["metadata"]}
