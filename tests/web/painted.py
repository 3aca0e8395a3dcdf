"""What a server has painted, read back from its HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "img", "br", "input"}


@dataclass
class Node:
    """One element with its attributes, children, and all the text below it."""

    tag: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def find(self, tag: str | None = None, **wanted: str) -> list[Node]:
        """Elements below, by tag and data attributes; what is in templates is not there yet."""
        found: list[Node] = []
        for child in self.children:
            if (tag is None or child.tag == tag) and all(
                child.attributes.get(f"data-{name}") == value for name, value in wanted.items()
            ):
                found.append(child)
            if child.tag != "template":
                found += child.find(tag, **wanted)
        return found

    def one(self, tag: str | None = None, **wanted: str) -> Node:
        """The only such element."""
        (found,) = self.find(tag, **wanted)
        return found

    def rows(self, topic: str) -> dict[str, Node]:
        """The rows of a topic by their keys, in order."""
        body = self.one("section", topic=topic).one("tbody")
        return {row.attributes["data-key"]: row for row in body.find("tr")}

    def cells(self, topic: str, key: str) -> dict[str, str]:
        """The texts of a row by their fields."""
        row = self.rows(topic)[key]
        return {cell.attributes["data-field"]: cell.text for cell in row.children}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Node("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        for node in self.open:
            node.text += data


def read(body: bytes) -> Node:
    """The root element of a page that is well nested."""
    reader = _Reader()
    reader.feed(body.decode())
    reader.close()
    assert len(reader.open) == 1, "every element is closed"
    return reader.open[0].one("html")
