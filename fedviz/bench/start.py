"""What a newcomer waits for: from the click on *Start* to the first point on a chart, and to the end of the demonstration.

The server is warm and the carriers are there. The click is the browser's own moment of the press, the point the frame after the chart of the
scores holds one; the end is the time of the journal's last event.
"""

import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

from fedviz.bench import stage
from fedviz.bench.report import Result, Say, at_least, at_most
from fedviz.core import events as e
from fedviz.runs.folder import RunFolder, view_of
from fedviz.runs.journal import read

POINT_S, WHOLE_S, LEARNT = 5.0, 60.0, 20.0
_WATCH = """() => {
  addEventListener('pointerdown', (event) => { window.pressedAt = performance.timeOrigin + event.timeStamp; }, { capture: true, once: true });
  const look = () => {
    const plot = document.querySelector('#fv-scores')?.closest('figure')?.querySelector('.fv-plot');
    if (plot?.data?.some((trace) => trace.y?.length && trace.mode?.includes('markers'))) window.pointAt = Date.now();
    else setTimeout(look, 30);
  };
  look();
}"""


def measure(quick: bool, say: Say) -> Result:
    """The first demonstration on *Start*, by its button."""
    stage.need("the demonstration", "icd10cm", "hpo", "minilm")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder, stage.browser() as browser:
        home = stage.make_home(Path(folder))
        with stage.server(home) as (address, process):
            for turn in range(1 if quick else 3):
                say("waiting until the server is idle")
                stage.idle(process)
                rows.append({"time": turn + 1} | _demonstration(browser, address, home))
                say(", ".join(f"{name}: {value:.1f}" for name, value in rows[-1].items()))
    checks = [
        at_most("from the click to the first point", statistics.median(row["first point s"] for row in rows), POINT_S, "s"),
        at_most("from the click to the end of the demonstration", statistics.median(row["whole run s"] for row in rows), WHOLE_S, "s"),
        at_least("accuracy won by training", min(row["accuracy %"] - row["accuracy before %"] for row in rows), LEARNT, "points"),
    ]
    return Result("start", rows, checks)


def _demonstration(browser: Any, address: str, home: Path) -> dict[str, float]:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(address)
    button = page.get_by_role("button", name="Start and watch").first
    button.wait_for(timeout=60_000)
    page.wait_for_timeout(2000)
    page.evaluate(_WATCH)
    button.click()
    page.wait_for_url(re.compile(r"/live\?.*run="), timeout=30_000)
    run = RunFolder(home / "runs" / re.search(r"run=([a-z0-9]+)", page.url)[1])
    page.wait_for_function("() => window.pointAt", timeout=60_000)
    point, pressed = page.evaluate("() => [window.pointAt, window.pressedAt]")
    while run.is_alive():
        page.wait_for_timeout(500)
    page.close()
    ended = [event for event in read(run.journal_path) if isinstance(event, e.RunEnded)][-1]
    scores = [values["accuracy"] for _, values in view_of(run).global_metrics]
    return {
        "first point s": (point - pressed) / 1000,
        "whole run s": ended.at - pressed / 1000,
        "accuracy before %": 100 * scores[0],
        "accuracy %": 100 * scores[-1],
    }
