"""`python -m tests.browser.screenshot FILE`: the page of the demo, as the README shows it.

The film, the size of the page and the moment are always the same; what time it is is not.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from playwright.async_api import async_playwright, expect

from tests.browser.conftest import FLAGS
from tests.cli.commands import Demo
from tests.demo.process.living import ask
from tests.requirements import CHROMIUM

FILM = ("--scenario=busy", "--seed=1", "--port=0")
PODS = "/api/v1/namespaces/agents/pods"
PATIENCE_MS = 120_000


def restart_an_agent(demo: Demo) -> str:
    """Delete the first pod that the page shows, as a person would with kubectl; gives its name."""
    kubeconfig = yaml.safe_load(demo.kubeconfig.read_text())
    cluster = kubeconfig["clusters"][0]["cluster"]
    port = int(cluster["server"].rpartition(":")[2])
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    token = kubeconfig["users"][0]["user"]["token"]
    pods = ask(port, authority, f"{PODS}?labelSelector=app%3Dagent", token)["items"]
    name: str = min(pod["metadata"]["name"] for pod in pods)
    ask(port, authority, f"{PODS}/{name}", token, method="DELETE")
    return name


async def take(file: Path) -> None:
    """Start a demo, let the page follow what is done to it, and write the picture."""
    with TemporaryDirectory() as folder, Demo(Path(folder), *FILM) as demo:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            page = await browser.new_page(
                viewport={"width": 1280, "height": 760},
                color_scheme="light",
                reduced_motion="reduce",
            )
            await page.goto(demo.url)
            live = page.locator('html[data-freshness="live"]')
            await expect(live).to_be_attached(timeout=PATIENCE_MS)
            name = await asyncio.to_thread(restart_an_agent, demo)
            row = page.locator(f'[data-key="agents/{name}"]')
            await expect(row).to_contain_text("Terminating", timeout=PATIENCE_MS)
            await page.screenshot(path=file)
            await browser.close()
    print(f"{file}: {file.stat().st_size} bytes")


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
