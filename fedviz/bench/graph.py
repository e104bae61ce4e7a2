"""How long a graph takes until it is painted, and a click until the entity's card is there.

Painted: until the first frame that shows all nodes, once from the page's handing the drawing to its frame, and once from choosing that number
of nodes with the slider, the server's work included. Click: from before the mouse goes down on a node until the entity's card stands on the page.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from fedviz.bench import stage
from fedviz.bench.report import Result, Say, at_least, at_most
from fedviz.core.config import RunConfig
from fedviz.runs.folder import create

PAINTED_MS, CLICK_MS = 1500.0, 400.0
_CARD = ".st-key-entity-card h3"
_SPOTS = """() => nodes.getIds().map((id) => {
  const at = network.canvasToDOM(network.getPositions([id])[id]);
  return [at.x, at.y, id];
}).filter(([x, y, id]) => x > 5 && y > 5 && x < innerWidth - 60 && y < innerHeight - 5 && network.getNodeAt({ x, y }) === id)"""
_WATCH = """(selector) => {
  let shown = '';
  new MutationObserver(() => {
    const name = document.querySelector(selector)?.textContent ?? '';
    if (name && name !== shown) { shown = name; window.cardAt = Date.now(); }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


_PAINTED = """() => {
  const roots = [...document.querySelectorAll('*')].map((element) => element.shadowRoot).filter(Boolean);
  const graph = roots.flatMap((root) => [...root.querySelectorAll('.graph')])[0];
  const before = graph.dataset.version;
  window.paintedAt = 0;
  addEventListener('keydown', (event) => { window.chosenAt = performance.timeOrigin + event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    if (graph.isConnected && graph.dataset.painted && graph.dataset.version !== before) window.paintedAt = Date.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def measure(quick: bool, say: Say) -> Result:
    """The overview of the Human Phenotype Ontology at 200 and 1,000 nodes."""
    stage.need("the graph", "icd10cm", "hpo")
    loads, clicks = (3, 6) if quick else (9, 24)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder, stage.browser() as browser, stage.server(stage.make_home(Path(folder))) as (address, process):
        # a run that never starts, whose many texts name enough entities for a thousand nodes
        texts = RunConfig.parse({"scenario": {"name": "medicine-coding", "train_texts": 20_000}})
        run = create(Path(folder) / "runs", texts, "Many texts").id
        say("waiting until the server is warm")
        stage.idle(process)
        for limit, fewer in ((200, 100), (1000, 500)):
            drawn, whole = _painted(browser, f"{address}/graph?run={run}&nodes={fewer}", loads)
            nodes, answered = _answered(browser, f"{address}/graph?run={run}&nodes={limit}", clicks)
            say(f"{limit} nodes: painted {statistics.median(whole):.0f} ms, click {statistics.median(answered):.0f} ms")
            rows.append(
                {
                    "most nodes": limit,
                    "nodes": nodes,
                    "frame to painted ms, median": statistics.median(drawn),
                    "choice to painted ms, median": statistics.median(whole),
                    "slowest painting ms": max(whole),
                    "click to card ms, median": statistics.median(answered),
                    "slowest click ms": max(answered),
                }
            )
    checks = [
        at_least("nodes in the larger picture", rows[-1]["nodes"], 950),
        at_most("1,000 nodes painted", rows[-1]["choice to painted ms, median"], PAINTED_MS, "ms"),
        at_most("a click among 1,000 nodes answered", rows[-1]["click to card ms, median"], CLICK_MS, "ms"),
    ]
    return Result("graph", rows, checks)


def _open(browser: Any, url: str) -> Any:
    page = browser.new_page(viewport={"width": 1400, "height": 1300})
    page.goto(url)
    page.locator(".graph[data-painted]").wait_for(timeout=60_000)
    return page


def _painted(browser: Any, url: str, times: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the larger picture is painted, from the frame's getting its drawing and from the key that chooses it."""
    page = _open(browser, url)
    slider = page.get_by_role("slider").first
    drawn, whole = [], []
    for _ in range(times + 1):
        page.wait_for_timeout(800)
        page.evaluate(_PAINTED)
        slider.press("ArrowRight")
        page.wait_for_function("() => window.paintedAt", timeout=30_000)
        whole.append(page.evaluate("() => window.paintedAt - window.chosenAt"))
        drawn.append(float(page.locator(".graph").get_attribute("data-painted")))
        page.evaluate(_PAINTED)
        slider.press("ArrowLeft")
        page.wait_for_function("() => window.paintedAt", timeout=30_000)
    page.close()
    return drawn[1:], whole[1:]


def _answered(browser: Any, url: str, clicks: int) -> tuple[int, list[float]]:
    """Nodes in the picture, and milliseconds of each click on a node that lies free in the picture, until its card is there."""
    page = _open(browser, url)
    page.wait_for_timeout(1500)
    page.evaluate(_WATCH, _CARD)
    waits, nodes = [], 0
    for turn in range(clicks + 1):
        frame = stage.graph_frame(page)
        spots = frame.evaluate(_SPOTS)
        nodes = frame.evaluate("() => nodes.length")
        x, y, _node = spots[(37 * turn + 11) % len(spots)]  # anywhere in the picture, and the same places every time
        box = page.locator("iframe").bounding_box()
        page.evaluate("() => { window.cardAt = 0 }")
        before = time.time()
        page.mouse.click(box["x"] + x, box["y"] + y)
        page.wait_for_function("() => window.cardAt", timeout=30_000)
        waits.append(page.evaluate("() => window.cardAt") - 1000 * before)
        page.wait_for_timeout(900)  # the picture moves to the chosen node
        page.get_by_role("button", name="Show the whole graph").click()
        page.wait_for_timeout(600)
    page.close()
    return nodes, waits[1:]
