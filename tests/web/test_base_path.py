"""The same house below `/watchglass`, as a reverse proxy shows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest

from tests.web.house import fill, house
from tests.web.probe import ask
from tests.web.reader import exchange, problem_of, request
from tests.web.served import serving

if TYPE_CHECKING:
    from app.web.front import Application


@pytest.fixture(scope="module")
def application() -> Application:
    made = house(base_path="/watchglass", cluster_name="<night> & day")
    fill(made)
    return made


@pytest.mark.parametrize(
    "target",
    ["", "/", "/api/pods", "/api/pods?q=a", "/livez", "/readyz", "/version", "/metrics"],
)
async def test_everything_is_served_below_it(application: Application, target: str) -> None:
    assert (await ask(application, f"/watchglass{target}")).status == 200


@pytest.mark.parametrize(
    "target", ["/", "/api/pods", "/livez", "/watchglassy/livez", "/static/page.js", "/Watchglass/"]
)
async def test_nothing_is_served_outside_of_it(application: Application, target: str) -> None:
    told = await ask(application, target)
    assert told.status == 404
    assert problem_of(told)["reason"] == "not_found"


async def test_a_slash_too_many_leads_to_the_path_without(application: Application) -> None:
    told = await ask(application, "/watchglass/api/pods/?q=a")
    assert told.status == 307
    assert told.header("location") == "http://127.0.0.1:8420/watchglass/api/pods?q=a"


@pytest.mark.parametrize("page", ["/watchglass", "/watchglass/"])
async def test_the_page_names_what_it_needs_from_wherever_it_was_opened(
    application: Application, page: str
) -> None:
    told = await ask(application, page)
    assert told.header("content-type") == "text/html; charset=utf-8"
    assert told.header("cache-control") == "no-store"
    html = told.body.decode()
    assert "&lt;night&gt; &amp; day" in html
    assert "<night>" not in html
    links = re.findall(r'(?:href|src)="([^"]*)"', html)
    assert len(links) >= 3
    for link in links:
        assert (await ask(application, urljoin(page, link))).status == 200, link
    # The policy allows no script or style inside the page.
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", html) == []


async def test_streams_are_below_it_too() -> None:
    with serving(house(base_path="/watchglass")) as served:
        told = await exchange(served.port, request("/watchglass/api/stream?maxEvents=1"))
        assert told.status == 200
        assert told.body.startswith(b"retry: ")
        told = await exchange(served.port, request("/api/stream"))
        assert told.status == 404


async def test_a_page_of_all_namespaces_says_so() -> None:
    one = (await ask(house(namespaces=["a", "b"]), "/")).body.decode()
    assert "a, b" in one
    every = (await ask(house(all_namespaces=True), "/")).body.decode()
    assert "all namespaces" in every
