"""What the tabs' sharing relies on is so in a real browser too, not only where Node tests it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.house import house
from tests.web.served import serving

if TYPE_CHECKING:
    from tests.browser.conftest import Visit

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.xdist_group("browser"),
]

CONTRACT = Path(__file__).parents[1] / "page_script" / "contract.js"

ASK = """async () => {
  %s
  await contract({
    request: (...all) => navigator.locks.request(...all),
    open: (name) => new BroadcastChannel(name),
    name: 'contract',
  });
  return 'kept';
}"""


async def test_locks_and_channels_are_as_the_modules_take_them_to_be(visit: Visit) -> None:
    source = CONTRACT.read_text().replace("export async function", "async function")
    with serving(house()) as served:
        await visit.page.goto(f"{served.url}/")
        assert await visit.page.evaluate("isSecureContext")
        assert await visit.page.evaluate(ASK % source) == "kept"
