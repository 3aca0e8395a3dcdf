"""`python -m tests.browser.screenshot FILE`: the page of the demo, as the README shows it.

The film, the size of the page and the moment are always the same; what time it is is not.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import async_playwright, expect

from tests.browser.conftest import FLAGS
from tests.cli.commands import Demo
from tests.requirements import CHROMIUM

FILM = ("--scenario=busy", "--seed=1", "--port=0")
SIZE = {"width": 1280, "height": 800}
PATIENCE_MS = 120_000


async def take(file: Path) -> None:
    """Start a demo, wait for something to be wrong in it, and write the picture."""
    with TemporaryDirectory() as folder, Demo(Path(folder), *FILM) as demo:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            page = await browser.new_page(
                viewport={"width": SIZE["width"], "height": SIZE["height"]},
                color_scheme="light",
                reduced_motion="reduce",
            )
            await page.goto(demo.url)
            live = page.locator('html[data-freshness="live"]')
            await expect(live).to_be_attached(timeout=PATIENCE_MS)
            await page.screenshot(path=file)
            await browser.close()
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
