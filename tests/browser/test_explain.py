"""The page Explain in a real browser: switches, colours of influence, marks, hostile text."""

import re

import pytest
from playwright.sync_api import Page, expect

from fedviz.bench.stage import graph_frame
from fedviz.core.config import RunConfig
from fedviz.runs.launcher import Launcher
from tests.browser.conftest import painted

TIMEOUT_MS = 60_000
CONFIG = RunConfig.parse({"scenario": {"name": "toy"}, "model": "toy", "federation": {"rounds": 2, "clients": 4, "compare": False}})


@pytest.fixture(scope="module")
def toy_run(server_home) -> str:
    """A finished toy run in the server's folder."""
    launcher = Launcher(server_home / "runs")
    run_id = launcher.submit(CONFIG, "A run to explain")
    assert launcher.wait(run_id, 120)
    return run_id


@pytest.fixture
def explain(page: Page, app_url: str, toy_run: str) -> Page:
    return painted(page, f"{app_url}/explain?run={toy_run}", 2600)


def strongest_edge(page: Page) -> dict:
    return graph_frame(page).evaluate("() => edges.get().reduce((a, b) => (a.width >= b.width ? a : b))")


def test_a_switch_changes_words_charts_and_graph_without_a_new_frame(explain: Page, external_requests: list[str]):
    before = explain.locator(".st-key-explain-waterfall [data-drawn], [data-drawn]").first.get_attribute("data-drawn")
    edge = strongest_edge(explain)
    frame = graph_frame(explain)
    frame.evaluate("() => { window.mark = 'the same frame' }")
    switch = explain.get_by_role("switch").first
    switch.focus()
    explain.keyboard.press("Space")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(explain.get_by_text("1 triples off")).to_be_visible(timeout=TIMEOUT_MS)
    expect(explain.locator("[data-drawn]").first).not_to_have_attribute("data-drawn", before, timeout=TIMEOUT_MS)
    explain.wait_for_timeout(1000)
    assert frame.evaluate("() => window.mark") == "the same frame"
    after = frame.evaluate("id => edges.get(id)", edge["id"])
    assert after["color"]["color"] != edge["color"]["color"] and after["width"] < edge["width"]
    explain.get_by_role("button", name="Undo all changes").click()
    expect(explain.get_by_text("1 triples off")).to_be_hidden(timeout=TIMEOUT_MS)
    assert external_requests == []


def test_marks_are_buttons_that_name_their_entity(explain: Page):
    explain.get_by_role("button", name=re.compile("aerial")).click()
    expect(explain.locator(".st-key-explain-entity-card")).to_contain_text("antenna", timeout=TIMEOUT_MS)


def test_markup_in_a_text_runs_nothing(explain: Page, external_requests: list[str]):
    alerts: list[str] = []
    explain.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    field = explain.get_by_label("Text", exact=True)
    field.fill("<img src=x onerror=alert(1)><a href='https://example.org'>the aerial</a> and the cord")
    field.press("Control+Enter")
    expect(explain.get_by_text("<img src=x onerror=alert(1)>").last).to_be_visible(timeout=TIMEOUT_MS)
    explain.wait_for_timeout(500)
    assert alerts == [] and external_requests == []


def test_a_narrow_page_does_not_scroll_sideways(page: Page, app_url: str, toy_run: str):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{app_url}/explain?run={toy_run}")
    expect(page.get_by_text("The model answers")).to_be_visible(timeout=TIMEOUT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
