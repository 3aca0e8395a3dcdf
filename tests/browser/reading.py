"""Where things stand in the page, and how a test waits for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

GONE = (
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_INCOMPLETE_CHUNKED",
    "ERR_EMPTY_RESPONSE",
    "ERR_SOCKET_NOT_CONNECTED",
    "ERR_TIMED_OUT",
    "WebSocket connection to",
)
"""What a browser says by itself of a server that is not there."""

PATIENCE = 20_000.0
"""Milliseconds."""


def section(page: Page, topic: str) -> Locator:
    return page.locator(f'section[data-topic="{topic}"]')


def row(page: Page, topic: str, key: str) -> Locator:
    return section(page, topic).locator(f'tr[data-key="{key}"]')


def cells(page: Page, topic: str, key: str) -> Locator:
    return row(page, topic, key).locator("th, td")


def cell(page: Page, topic: str, key: str, field: str) -> Locator:
    return row(page, topic, key).locator(f'[data-field="{field}"]')


def note(page: Page, topic: str) -> Locator:
    """What a topic's heading says of its sources."""
    return section(page, topic).locator("h2 small")


def hop(page: Page, name: str) -> Locator:
    return page.locator(f'[data-hop="{name}"] dd')


async def opened(page: Page, url: str) -> None:
    await page.goto(f"{url}/")
    await linked(page, "live")


async def linked(page: Page, state: str, timeout: float = PATIENCE) -> None:
    await expect(page.locator("html")).to_have_attribute("data-link", state, timeout=timeout)


async def fresh(page: Page, topic: str, freshness: str, timeout: float = PATIENCE) -> None:
    """Wait until every value of a topic, and there are some, is marked so."""
    rows = section(page, topic).locator("tbody tr")
    await expect(rows).not_to_have_count(0)
    # Rows come and go meanwhile: none may be marked otherwise, however many there are.
    others = section(page, topic).locator(f'tbody tr:not([data-freshness="{freshness}"])')
    await expect(others).to_have_count(0, timeout=timeout)


async def hatched(line: Locator) -> bool:
    """Whether a row looks as what may be old looks."""
    image: Any = await line.evaluate("element => getComputedStyle(element).backgroundImage")
    return "gradient" in image


async def later(page: Page, seconds: float) -> None:
    """Let so much time pass for the page, at once."""
    await page.clock.fast_forward(round(seconds * 1_000))
