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
    expect(page.get_by_text("The model answers").first).to_be_visible(timeout=TIMEOUT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_bars_and_edges_point_at_each_other_and_a_click_opens_the_source(explain: Page, external_requests: list[str]):
    waterfall = explain.locator(".st-key-explain-waterfall .js-plotly-plot")
    waterfall.scroll_into_view_if_needed()
    bar = waterfall.locator(".bars path").nth(1)
    box = bar.bounding_box()
    explain.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    frame, graph = graph_frame(explain), explain.locator(".graph")
    expect(graph).to_have_attribute("data-glowing", re.compile("[1-9]"), timeout=TIMEOUT_MS)
    assert frame.evaluate("() => edges.get().filter((edge) => edge.shadow && edge.shadow.enabled).length") >= 1
    explain.mouse.move(5, 5)
    expect(graph).to_have_attribute("data-glowing", "0", timeout=TIMEOUT_MS)
    edge = strongest_edge(explain)
    frame.evaluate("id => network.body.emitter.emit('hoverEdge', { edge: id, pointer: { DOM: { x: 1, y: 1 } } })", edge["id"])
    expect(waterfall).to_have_attribute("data-pointed", edge["id"], timeout=TIMEOUT_MS)
    frame.evaluate("id => network.body.emitter.emit('click', { nodes: [], edges: [id] })", edge["id"])
    card = explain.locator(".st-key-explain-triple-card")
    expect(card).to_contain_text("invented for fedviz", timeout=TIMEOUT_MS)
    card.get_by_role("button", name="Switch it off").click()
    expect(explain.get_by_text("1 triples off")).to_be_visible(timeout=TIMEOUT_MS)
    assert external_requests == []


def test_many_texts_come_back_as_a_table(explain: Page):
    explain.get_by_text("Ask about many texts").click()
    explain.locator("input[type=file]").set_input_files({"name": "texts.csv", "mimeType": "text/csv", "buffer": b"text\nThe spoke is bent.\nThe lid is lost.\n"})
    expect(explain.get_by_text("2 texts;")).to_be_visible(timeout=TIMEOUT_MS)
    with explain.expect_download(timeout=TIMEOUT_MS) as got:
        explain.locator(".st-key-explain-batch-download button").click()
    rows = got.value.path().read_text("utf-8").splitlines()
    assert rows[0].startswith("text,answer,probability") and len(rows) == 3 and "Bicycle" in rows[1]


def test_the_view_can_be_kept_as_a_file_and_as_a_picture(explain: Page, context, external_requests: list[str], tmp_path):
    explain.get_by_text("Keep or send this view").click()
    with explain.expect_download(timeout=TIMEOUT_MS) as got:
        explain.get_by_role("button", name="Save as PNG").click()
    assert got.value.path().read_bytes().startswith(b"\x89PNG") and got.value.path().stat().st_size > 20_000
    assert explain.locator("button[data-saved]").get_attribute("data-saved") == "3"
    with explain.expect_download(timeout=TIMEOUT_MS) as got:
        explain.get_by_role("button", name="Save as HTML").click()
    file = tmp_path / "explanation.html"
    got.value.save_as(file)
    seen: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: seen.append(request.url))
    page.goto(file.as_uri())
    page.locator("#chart1 .bars path").first.wait_for(timeout=TIMEOUT_MS)
    page.locator("#graph[data-painted]").wait_for(timeout=TIMEOUT_MS)
    assert [url for url in seen if not url.startswith(("file:", "data:", "blob:", "about:"))] == []
    address = explain.locator(".st-key-explain-keep-box code, [data-testid=stCode]").first.inner_text().strip()
    page.goto(address)
    expect(page.get_by_label("Text", exact=True)).to_have_value(re.compile("aerial"), timeout=TIMEOUT_MS)
