"""From an event to the pixel, what the page costs the server and the browser, and what one open page costs training.

Latency: the journal says when an event was written, the page says when a chart that contains it had been drawn and the next
frame began; both are clocks of this machine. Training: steps per second of the same run, alone and with its Live page open, in turn.
"""

import asyncio
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil

from fedviz.bench import stage
from fedviz.bench.report import Check, Result, Say, at_most
from fedviz.carriers.fetch import is_present
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.runs.folder import RunFolder
from fedviz.runs.journal import read
from fedviz.runs.launcher import Launcher
from fedviz.runs.presets import preset

P95_MS = 250.0
HEAP_MB = 5.0
VIEWERS_CPU = 10.0
LOST = 5.0

_WATCH = """() => {
  window.drawnAt = [];
  document.addEventListener('fedviz-drawn', ({ detail }) => {
    if (detail.charts.some((key) => key.startsWith('client-'))) {
      requestAnimationFrame(() => window.drawnAt.push([detail.seq, performance.timeOrigin + performance.now()]));
    }
  });
}"""


def measure(quick: bool, say: Say) -> Result:
    """All of it: two minutes with `quick`, thirteen without."""
    seconds, pairs = (20.0, 2) if quick else (300.0, 6)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    notes: list[str] = []
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder, stage.browser() as browser:
        home = stage.make_home(Path(folder))
        with stage.server(home) as (address, process):
            say("waiting until the server is warm")
            stage.idle(process)
            for per_second, watched_s in ((4.0, min(seconds, 60.0)), (20.0, seconds)):
                say(f"{per_second:g} events a second for {watched_s:g} s")
                row = _latency(browser, home, address, process, per_second, watched_s)
                rows.append({"what": f"10 clients, {per_second:g} events/s"} | row)
                say("  " + ", ".join(f"{name} {value:.1f}" for name, value in row.items()))
                checks.append(at_most(f"event to pixel at {per_second:g} events/s, p95", row["p95 ms"], P95_MS, "ms"))
                checks.append(at_most(f"heap growth in {watched_s:g} s at {per_second:g} events/s", row["heap MB"], HEAP_MB, "MB"))
            say("50 viewers")
            cpu = _viewers(home, address, process, 50, 10.0 if quick else 30.0)
            say(f"  server CPU {cpu:.1f} %")
            rows.append({"what": "50 viewers, 20 events/s"} | dict.fromkeys(rows[0].keys() - {"what"}) | {"server CPU %": cpu})
            checks.append(at_most("server with 50 viewers", cpu, VIEWERS_CPU, "% of a core"))
            name = "medicine-coding" if all(is_present(key) for key in ("icd10cm", "hpo", "minilm")) else "toy"
            say(f"training {name}, alone and with an open page, {pairs} times each")
            alone, watched = _training(browser, home, address, preset(name).config.updated({"federation.rounds": 12 if quick else 60}), pairs, say)
        lost = 100 * (1 - statistics.median(watched) / statistics.median(alone))
        notes.append(f"{name}: {_words(alone)} training steps/s alone, {_words(watched)} with an open page.")
        checks.append(at_most("training speed lost to one open page", lost, LOST, "%"))
    columns = list(rows[0])
    return Result("streaming", [{column: row.get(column) for column in columns} for row in rows], checks, notes)


def _words(rates: list[float]) -> str:
    return ", ".join(f"{rate:.1f}" for rate in rates)


def _latency(browser: Any, home: Path, address: str, process: psutil.Process, per_second: float, seconds: float) -> dict[str, float]:
    """Milliseconds from event to pixel, the server's share of a core, the heap's growth in the browser, all after a warm-up."""
    page = browser.new_page(viewport={"width": 1400, "height": 1100})
    with stage.Pace(home, 10, per_second) as pace:
        page.goto(f"{address}/live?run={pace.folder.id}")
        page.wait_for_selector("#fv-client-0", timeout=60_000)
        page.locator("#fv-lanes").scroll_into_view_if_needed()
        page.locator("figure:has(#fv-client-9)").scroll_into_view_if_needed()
        page.wait_for_selector("figure:has(#fv-client-9) .main-svg", timeout=60_000)
        page.evaluate(_WATCH)
        session = page.context.new_cdp_session(page)
        page.wait_for_timeout(min(5000.0, 200 * seconds))
        heap, cpu, began = _heap(session), sum(process.cpu_times()[:2]), time.time()
        page.wait_for_timeout(1000 * seconds)
        cpu, ended = sum(process.cpu_times()[:2]) - cpu, time.time()
        drawn: list[tuple[int, float]] = page.evaluate("() => window.drawnAt")
        heap = _heap(session) - heap
    page.close()
    waits = []
    for seq, at in pace.at.items():
        if began <= at < ended - 2:
            waits.append(next((pixel for reached, pixel in drawn if reached >= seq), float("inf")) - 1000 * at)
    cuts = statistics.quantiles(waits, n=100)
    return {
        "events": float(len(waits)),
        "p50 ms": cuts[49],
        "p95 ms": cuts[94],
        "p99 ms": cuts[98],
        "server CPU %": 100 * cpu / (ended - began),
        "heap MB": heap / 1e6,
    }


def _heap(session: Any) -> float:
    """Bytes of the page's heap that are in use after a collection."""
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _viewers(home: Path, address: str, process: psutil.Process, viewers: int, seconds: float) -> float:
    """The server's share of a core, in per cent, while so many follow one run."""
    host, port = address.removeprefix("http://").split(":")

    async def follow(run_id: str) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /fedviz/runs/{run_id}/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        try:
            while await reader.read(65536):
                pass
        finally:
            writer.close()

    async def watch(run_id: str) -> float:
        tasks = [asyncio.create_task(follow(run_id)) for _ in range(viewers)]
        await asyncio.sleep(3)
        cpu, began = sum(process.cpu_times()[:2]), time.monotonic()
        await asyncio.sleep(seconds)
        share = 100 * (sum(process.cpu_times()[:2]) - cpu) / (time.monotonic() - began)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return share

    # Playwright keeps an event loop on this thread, so ours needs another one.
    with stage.Pace(home, 10, 20.0) as pace, ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, watch(pace.folder.id)).result()


def _training(browser: Any, home: Path, address: str, config: RunConfig, pairs: int, say: Say) -> tuple[list[float], list[float]]:
    """Training steps a second in the server's process: alone, and with the run's Live page open; one of each in turn."""
    rates: tuple[list[float], list[float]] = ([], [])
    config = config.updated({"federation.compare": False})
    for turn in range(2 * pairs + 1):
        watched = turn % 2
        folder = _waiting_run(home, config)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{address}/live?run={folder.id}")
        page.get_by_role("button", name="Resume").click(timeout=60_000)
        while not any(isinstance(event, e.RunPreparing | e.RunStarted) for event in read(folder.journal_path)):
            page.wait_for_timeout(100)
        if not watched:
            page.close()
        while folder.is_alive():
            if watched:
                page.wait_for_timeout(300)
            else:
                time.sleep(0.3)
        if watched:
            page.close()
        rate = _rate(folder)
        if turn:  # the first one warms up the server
            rates[watched].append(rate)
        say(f"  {'with an open page' if watched else 'alone'}: {rate:.2f} steps/s{'' if turn else ' (not counted)'}")
    return rates


def _waiting_run(home: Path, config: RunConfig) -> RunFolder:
    """A run that waits for somebody to press Resume."""
    launcher = Launcher(home / "runs", at_a_time=0)
    run_id = launcher.submit(config, "Training speed")
    launcher.pause(run_id)
    return RunFolder(home / "runs" / run_id)


def _rate(folder: RunFolder) -> float:
    """Training steps by the seconds that the rounds spent waiting for training clients, from the journal."""
    events = read(folder.journal_path)
    seconds = sum(event.phases_s["train"] for event in events if isinstance(event, e.RoundEnded))
    return sum(isinstance(event, e.BatchTrained) for event in events) / seconds
