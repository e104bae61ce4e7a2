"""The page Graph in a real browser: the frame, clicks, the search field, hostile data."""

import re

import pytest
from playwright.sync_api import Page, expect

from fedviz.bench.stage import graph_frame
from fedviz.charts.graph_document import LIBRARY_MARK, graph_document, library
from fedviz.charts.graph_places import places
from fedviz.charts.graph_scope import subgraph
from fedviz.charts.graph_view import graph_record, picture
from tests.browser.conftest import painted
from tests.charts.hostile import hostile_graph

TIMEOUT_MS = 60_000
SPOT = "id => { const place = network.getPositions([id])[id]; const at = network.canvasToDOM(place); return [at.x, at.y]; }"


@pytest.fixture
def graph(page: Page, app_url: str) -> Page:
    """The graph of the toy scenario, painted."""
    return painted(page, f"{app_url}/graph?scenario=toy", 1400)


def click_node(page: Page, node: str) -> None:
    x, y = graph_frame(page).evaluate(SPOT, f"n:{node}")
    box = page.locator("iframe").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)


def test_a_click_opens_the_card_and_nothing_leaves_the_machine(graph: Page, external_requests: list[str]):
    click_node(graph, "toy:antenna")
    expect(graph.locator(".st-key-entity-card h3")).to_have_text("antenna", timeout=TIMEOUT_MS)
    expect(graph).to_have_url(re.compile("node=toy%3Aantenna"))
    assert external_requests == []


def test_the_frame_is_a_stranger_to_the_page(graph: Page):
    assert graph.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    assert graph_frame(graph).evaluate("() => { try { return window.parent.document.title } catch (error) { return error.name } }") == "SecurityError"
    assert graph_frame(graph).evaluate("() => fetch('http://127.0.0.1:1/').then(() => 'sent', (error) => error.name)") == "TypeError"


def test_search_completes_while_one_types(graph: Page):
    field = graph.get_by_role("combobox", name="Find an entity")
    field.fill("spr")
    expect(graph.get_by_role("option", name=re.compile("mainspring"))).to_be_visible(timeout=TIMEOUT_MS)
    field.press("ArrowDown")
    field.press("Enter")
    expect(graph.locator(".st-key-entity-card h3")).to_have_text("mainspring", timeout=TIMEOUT_MS)


def test_the_frame_stays_when_something_is_chosen(graph: Page):
    graph_frame(graph).evaluate("() => { window.mark = 'the same frame'; network.moveTo({ scale: 2 }) }")
    graph.get_by_role("combobox", name="Node in the picture").click()
    graph.keyboard.type("spoke")  # the list draws only the options that are in sight
    graph.get_by_role("option", name=re.compile("spoke")).first.click()
    expect(graph.locator(".st-key-entity-card h3")).to_have_text("spoke", timeout=TIMEOUT_MS)
    assert graph_frame(graph).evaluate("() => window.mark") == "the same frame"


def test_a_narrow_page_does_not_scroll_sideways(page: Page, app_url: str):
    page.set_viewport_size({"width": 390, "height": 900})
    page.goto(f"{app_url}/graph?scenario=toy")
    page.locator(".graph[data-painted]").wait_for(timeout=TIMEOUT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_hostile_words_stay_words(page: Page, external_requests: list[str]):
    hostile = hostile_graph()
    part = subgraph(hostile, hostile.entities)
    record = graph_record(hostile, part, places(part))
    document = graph_document(record).replace(LIBRARY_MARK, f"<script>{library()}</script>")
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.set_content("<iframe sandbox='allow-scripts' style='width:900px;height:600px'></iframe>")
    colours = dict.fromkeys(("background", "text", "muted", "line", "positive", "negative"), "#808080")
    view = picture(record) | {"selected": None, "version": "1", "look": colours | {"kinds": ["#808080"] * 8, "font": "sans-serif", "still": True}}
    page.evaluate(
        """([html, view]) => new Promise((resolve) => {
          const frame = document.querySelector('iframe');
          addEventListener('message', ({ data }) => {
            if (data.fedviz === 'ready') frame.contentWindow.postMessage({ fedviz: 'view', view }, '*');
            if (data.fedviz === 'painted') resolve(data.nodes);
          });
          frame.srcdoc = html;
        })""",
        [document, view],
    )
    frame = graph_frame(page)
    spots = [frame.evaluate(SPOT, node["id"]) for node in view["nodes"]]
    box = page.locator("iframe").bounding_box()
    for x, y in spots:  # hovering shows the words of each node
        page.mouse.move(box["x"] + x, box["y"] + y)
        page.wait_for_timeout(50)
    assert alerts == [] and external_requests == []
    assert frame.evaluate("() => document.querySelectorAll('img, a, b, #tip *').length") == 0
