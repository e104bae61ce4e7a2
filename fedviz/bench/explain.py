"""What the influence of every triple of a prediction takes, and what a switch on *Explain* takes until the page has followed.

Influence: wall time of a text that the model has not read before, encoding, linking and all summands included, on this process's threads.
Switch: from the moment the browser sees the press until bars, waterfall and graph of the new prediction are drawn. Removal for everyone: from the set of
triples to each client's accuracy over 2,000 test texts, from what is kept of them, masked and with the graph weighted anew.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from fedviz.bench import stage
from fedviz.bench.report import Result, Say, at_most
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError

INFLUENCE_MS, SWITCH_MS, REMOVAL_MS = 100.0, 300.0, 1000.0
REMOVAL_TEXTS = 2000
TASKS = ("medicine-vignettes", "medicine-coding")
# Plotly's charts say which version is drawn, the graph's frame says which one is painted: a switch is answered when all three have changed in
# place. The page has other charts too, of measured figures, which no switch touches.
_WATCH = """() => {
  const roots = [...document.querySelectorAll('*')].map((element) => element.shadowRoot).filter(Boolean);
  const find = (selector) => [document, ...roots].flatMap((root) => [...root.querySelectorAll(selector)]);
  const [charts, graphs] = [find('.st-key-explain-probabilities [data-drawn], .st-key-explain-waterfall [data-drawn]'), find('.graph')];
  const state = () => [...charts.map((chart) => chart.dataset.drawn), ...graphs.map((graph) => graph.dataset.version)];
  const before = state();
  if (before.length !== 3) throw new Error(`two charts and a graph were expected, not ${before.length}`);
  window.followedAt = 0;
  addEventListener('pointerdown', (event) => { window.pressedAt = performance.timeOrigin + event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    const now = state();
    if (now.every((version, place) => version !== before[place])) window.followedAt = Date.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def measure(quick: bool, say: Say) -> Result:
    """Influence over texts of both medical tasks, and switches on the page, on a model that was trained for one round."""
    stage.need("explanations", "icd10cm", "hpo", "minilm")
    texts, switches = (40, 6) if quick else (240, 24)
    rows: list[dict[str, Any]] = []
    checks = []
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder, stage.browser() as browser:
        home = stage.make_home(Path(folder))
        runs = {}
        for task in TASKS:
            say(f"{task}: training one round")
            runs[task] = _trained(home, task)
            waits, triples = _influence(home, runs[task], texts)
            rows.append(_row(f"{task}: influence of all triples", waits, triples))
            checks.append(at_most(f"{task}: influence of every triple of a text, median", statistics.median(waits), INFLUENCE_MS, "ms"))
            checks.append(at_most(f"{task}: influence of every triple of a text, p95", rows[-1]["p95 ms"], INFLUENCE_MS, "ms"))
        say(f"removing triples for everyone over {REMOVAL_TEXTS} texts")
        for mode, waits in _removals(home, REMOVAL_TEXTS, 5 if quick else 30).items():
            rows.append(_row(f"medicine-vignettes, {REMOVAL_TEXTS} texts: a triple removed for everyone, {mode}", waits, None))
            checks.append(at_most(f"a triple removed for everyone over {REMOVAL_TEXTS} texts, {mode}, median", statistics.median(waits), REMOVAL_MS, "ms"))
        with stage.server(home) as (address, process):
            say("waiting until the server is warm")
            stage.idle(process)
            for task in TASKS:
                waits = _switches(browser, f"{address}/explain?run={runs[task]}", switches)
                rows.append(_row(f"{task}: a switch on the page", waits, None))
                checks.append(at_most(f"{task}: a switch until the page has followed, median", statistics.median(waits), SWITCH_MS, "ms"))
                say(f"{task}: switch {statistics.median(waits):.0f} ms")
    return Result("explain", rows, checks)


def _row(what: str, waits: list[float], triples: float | None) -> dict[str, Any]:
    return {
        "what": what,
        "times": len(waits),
        "triples a text": triples,
        "median ms": statistics.median(waits),
        "p95 ms": sorted(waits)[int(0.95 * (len(waits) - 1))],
        "worst ms": max(waits),
    }


def _trained(home: Path, task: str, **scenario: int) -> str:
    """Id of a run of one round; a little training is enough, since the time does not depend on the weights."""
    from fedviz.runs.launcher import Launcher

    config = RunConfig.parse({"scenario": {"name": task} | scenario, "model": {"name": "minilm"}, "knowledge": {"name": "evidence"}, "federation": {"rounds": 1, "compare": False}})
    launcher = Launcher(home / "runs")
    run_id = launcher.submit(config, f"Measured: {task}")
    if not launcher.wait(run_id, 600):
        raise RunError(f"The run to be explained must end within 600 s, but {run_id} did not.")
    return run_id


def _influence(home: Path, run_id: str, texts: int) -> tuple[list[float], float]:
    """Milliseconds of each explanation of a text that was not read before, and the mean number of triples."""
    from fedviz.explain.influence import explain
    from fedviz.runs.folder import open_run
    from fedviz.runs.models import predictor
    from fedviz.scenarios.load import load

    folder = open_run(home / "runs", run_id)
    model = predictor(folder, 1)
    chosen = list(dict.fromkeys(load(folder.config()).test.texts))[: texts + 3]
    waits, triples = [], []
    for text in chosen:
        start = time.perf_counter()
        explained = explain(model, text)
        waits.append(1000 * (time.perf_counter() - start))
        triples.append(len(explained.contributions))
    return waits[3:], statistics.mean(triples[3:])


def _removals(home: Path, texts: int, times: int) -> dict[str, list[float]]:
    """Milliseconds of each removal of a triple of the graph, another each time, with each client's accuracy; by mode."""
    from fedviz.runs.folder import open_run
    from fedviz.runs.many import Many, corpus
    from fedviz.runs.models import predictor

    folder = open_run(home / "runs", _trained(home, "medicine-vignettes", train_texts=48, test_texts=texts))
    model = predictor(folder, 1)
    found, clients = corpus(folder, model)
    many = Many(found, clients, model, model.text_logits(found.texts))
    triples = found.above.triples
    many.accuracy(triples[:1]), many.accuracy(triples[:1], "rebuild")
    waits: dict[str, list[float]] = {"mask": [], "rebuild": []}
    for mode in ("mask", "rebuild"):
        for turn in range(times):
            start = time.perf_counter()
            many.accuracy((triples[turn * len(triples) // times],), mode)
            waits[mode].append(1000 * (time.perf_counter() - start))
    return waits


def _switches(browser: Any, url: str, switches: int) -> list[float]:
    """Milliseconds of each switch of the first rows of the table, off and on in turn."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.goto(url)
    page.locator(".graph[data-painted]").wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    waits = []
    for turn in range(switches + 2):
        switch = page.get_by_role("switch").nth(turn // 2 % 3)
        switch.scroll_into_view_if_needed()
        page.wait_for_timeout(400)
        box = switch.bounding_box()
        page.evaluate(_WATCH)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_function("() => window.followedAt", timeout=30_000)
        waits.append(page.evaluate("() => window.followedAt - window.pressedAt"))
    page.close()
    return waits[2:]
