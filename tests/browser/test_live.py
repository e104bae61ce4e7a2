"""The page Live in a real browser: it streams, and a refresh, a second tab, a zoom and a restart of the server leave the picture as it is."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fedviz.bench.stage import free_port, make_home, start_server, stop_server
from fedviz.charts import live
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.runs.folder import RunFolder, fill, view_of
from fedviz.runs.journal import JournalWriter
from fedviz.runs.launcher import Launcher
from fedviz.runs.presets import preset
from tests.runs.fake import fake_events

TIMEOUT_MS = 30_000
PICTURE = "() => document.querySelector('.fv-charts')?.parentElement.fedvizLive?.stream?.picture"
SCORES = "document.querySelector('#fv-scores').closest('figure').querySelector('.fv-plot')"
CONFIG = RunConfig.parse({"scenario": {"name": "toy"}})


def new_run(home: Path, run_id: str) -> RunFolder:
    """A run with the first line of its journal."""
    folder = RunFolder(home / "runs" / run_id)
    folder.path.mkdir(parents=True)
    fill(folder, CONFIG, "Fake run")
    return folder


def write(folder: RunFolder, events: list[e.Event], pause_s: float = 0.0) -> None:
    with JournalWriter(folder.journal_path) as journal:
        for event in events:
            journal.append(event)
            if pause_s:
                time.sleep(pause_s)


@contextmanager
def writing(folder: RunFolder, events: list[e.Event], pause_s: float) -> Iterator[threading.Thread]:
    """Events written meanwhile, at their own pace, by a worker that lives."""
    thread = threading.Thread(target=write, args=(folder, events, pause_s))
    with folder.lock():
        thread.start()
        try:
            yield thread
        finally:
            thread.join()


def picture_of(folder: RunFolder) -> dict[str, Any]:
    return json.loads(json.dumps(live.document(view_of(folder), alive=folder.is_alive()).data()))


def wait_for_seq(page: Page, seq: int) -> None:
    page.wait_for_function(f"() => document.querySelector('.fv-charts')?.parentElement.fedvizLive?.stream?.seq >= {seq}", timeout=TIMEOUT_MS)


def wait_for_charts(page: Page) -> None:
    page.wait_for_selector(".fv-plot .main-svg", timeout=TIMEOUT_MS)


def see_scores(page: Page) -> None:
    """Scroll to the chart of the scores and wait until it is drawn."""
    page.locator("figure:has(#fv-scores)").scroll_into_view_if_needed()
    page.wait_for_function(f"() => {SCORES}.querySelector('.js-line')", timeout=TIMEOUT_MS)


def test_a_finished_run_is_shown_whole(page: Page, app_url: str, server_home: Path, external_requests: list[str]) -> None:
    folder = new_run(server_home, "live000000000001")
    write(folder, fake_events(8, 3, failing=2)[1:])
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{app_url}/live?run={folder.id}")
    wait_for_charts(page)
    expect(page.get_by_role("heading", name="Fake run")).to_be_visible()
    expect(page.locator(".fv-charts figure")).to_have_count(12 + 8)
    expect(page.get_by_role("heading", name="Why federate?")).to_be_visible()
    expect(page.get_by_role("button", name="Ask the trained model")).to_be_visible()
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    page.get_by_text("The numbers of every round as a table").click()
    expect(page.locator(".fv-table tbody tr")).to_have_count(4)
    assert page.evaluate(PICTURE) == picture_of(folder)
    assert external_requests == []


SHAPES = """(key) => {
  const rounded = (words) => (words?.match(/-?[0-9.]+/g) ?? []).map((number) => Math.round(number)).join(' ');
  const paths = [...document.querySelector(`#fv-${key}`).closest('figure').querySelectorAll('.js-line, .points .point path, .points path.point')];
  const places = (path) => rounded(path.getAttribute('d')).split(' ');
  const shape = (path) => (path.classList.contains('js-line') ? [...places(path).slice(0, 2), ...places(path).slice(-2)] : places(path)).join(' ');
  return paths.map((path) => `${shape(path)} at ${rounded(path.getAttribute('transform'))}`).sort();
}"""
"""All lines, points and bars of a chart in whole pixels; of a line its two ends, since Plotly leaves out points that lie on the way."""


def test_what_has_grown_looks_as_what_is_drawn_anew(page: Page, app_url: str, server_home: Path) -> None:
    """Lines, points and bars that were added without a redraw are where Plotly puts them; a pointer that comes makes Plotly draw."""
    folder = new_run(server_home, "live000000000012")
    page.set_viewport_size({"width": 1400, "height": 1500})
    with writing(folder, fake_events(4, 6)[1:-1], 0.03) as writer:
        page.goto(f"{app_url}/live?run={folder.id}")
        wait_for_charts(page)
        page.mouse.move(2, 2)
        writer.join()
        page.wait_for_timeout(1500)
        for key in ("scores", "loss", "lanes"):
            grown = page.evaluate(SHAPES, key)
            page.locator(f"figure:has(#fv-{key}) .fv-plot").hover()
            page.wait_for_timeout(400)
            page.mouse.move(2, 2)
            page.wait_for_timeout(200)
            assert len(grown) > 4 and page.evaluate(SHAPES, key) == grown, key


def test_refresh_second_tab_and_late_viewer_see_the_same(page: Page, app_url: str, server_home: Path) -> None:
    folder = new_run(server_home, "live000000000002")
    events = fake_events(4, 3)[1:]
    with writing(folder, events, 0.03) as writer:
        page.goto(f"{app_url}/live?run={folder.id}")
        wait_for_charts(page)
        second = page.context.new_page()
        second.goto(f"{app_url}/live?run={folder.id}")
        wait_for_charts(second)
        page.bring_to_front()
        page.reload()
        wait_for_charts(page)
        writer.join()
    last = len(events) + 1
    for tab in (page, second):
        tab.bring_to_front()
        wait_for_seq(tab, last)
        assert tab.evaluate(PICTURE) == picture_of(folder)
    late = page.context.new_page()
    late.goto(f"{app_url}/live?run={folder.id}")
    wait_for_seq(late, last)
    assert late.evaluate(PICTURE) == picture_of(folder)
    # What is drawn is what the picture says: the same numbers in the plot that was brought up to date and in the fresh one.
    for tab in (second, late):
        tab.bring_to_front()
        see_scores(tab)
        drawn = tab.evaluate(f"() => {SCORES}.data.map((trace) => [trace.x, trace.y])")
        assert drawn == [[trace["x"], trace["y"]] for trace in picture_of(folder)["charts"]["scores"]["data"]]


def test_zoom_survives_updates_and_can_be_taken_back(page: Page, app_url: str, server_home: Path) -> None:
    folder = new_run(server_home, "live000000000003")
    events = fake_events(4, 6)[1:]
    half = len(events) // 2
    with folder.lock():
        write(folder, events[:half])
        page.set_viewport_size({"width": 1400, "height": 900})
        page.goto(f"{app_url}/live?run={folder.id}")
        page.wait_for_selector("#fv-scores", timeout=TIMEOUT_MS)
        page.wait_for_function(f"() => {SCORES}.querySelector('.nsewdrag')", timeout=TIMEOUT_MS)
        area = page.locator("figure:has(#fv-scores) .nsewdrag").bounding_box()
        assert area is not None
        page.mouse.move(area["x"] + 40, area["y"] + 30)
        page.mouse.down()
        page.mouse.move(area["x"] + 220, area["y"] + 120, steps=5)
        page.mouse.up()
        page.wait_for_function(f"() => !{SCORES}.closest('figure').querySelector('.fv-reset').hidden", timeout=TIMEOUT_MS)
        zoomed = page.evaluate(f"() => [{SCORES}._fullLayout.xaxis.range, {SCORES}._fullLayout.yaxis.range]")
        points = page.evaluate(f"() => {SCORES}.data[0].x.length")
        write(folder, events[half:], 0.005)
    wait_for_seq(page, len(events) + 1)
    page.wait_for_function(f"() => {SCORES}.data[0].x.length > {points}", timeout=TIMEOUT_MS)
    assert page.evaluate(f"() => [{SCORES}._fullLayout.xaxis.range, {SCORES}._fullLayout.yaxis.range]") == zoomed
    assert zoomed[1][1] < 100
    page.locator("figure:has(#fv-scores) .fv-reset").click()
    page.wait_for_function(f"() => {SCORES}._fullLayout.yaxis.range[1] === 100", timeout=TIMEOUT_MS)


def test_the_charts_follow_the_theme_and_the_screen(page: Page, app_url: str, server_home: Path) -> None:
    folder = new_run(server_home, "live000000000004")
    write(folder, fake_events(3, 2)[1:])
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{app_url}/live?run={folder.id}")
    wait_for_charts(page)
    colour = f"() => getComputedStyle({SCORES}.querySelector('.js-line')).stroke"
    see_scores(page)
    assert page.evaluate(colour) == "rgb(63, 74, 168)"
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"() => getComputedStyle({SCORES}.querySelector('.js-line')).stroke === 'rgb(170, 180, 255)'", timeout=TIMEOUT_MS)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    widths = page.evaluate("() => [...document.querySelectorAll('.fv-charts figure')].map((figure) => figure.getBoundingClientRect().right)")
    assert max(widths) <= 390


@pytest.mark.parametrize("run_id", ["doesnotexist0000", "..%2F..%2Fetc", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"])
def test_an_unknown_run_is_said_in_a_sentence(page: Page, app_url: str, run_id: str) -> None:
    page.goto(f"{app_url}/live?run={run_id}")
    expect(page.get_by_text("There is no run")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_text("Start a demonstration")).to_be_visible()


def test_a_run_that_waits_or_prepares_says_so(page: Page, app_url: str, server_home: Path) -> None:
    folder = new_run(server_home, "live000000000005")
    with folder.lock():
        page.goto(f"{app_url}/live?run={folder.id}")
        expect(page.get_by_text("in the queue")).to_be_visible(timeout=TIMEOUT_MS)
        expect(page.get_by_role("button", name="Cancel")).to_be_enabled()
        expect(page.get_by_role("button", name="Resume")).to_be_disabled()
        write(folder, [e.RunPreparing(step="Link the texts to the graph", done=340, total=1200)])
        expect(page.get_by_text("340 of 1,200")).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_text("Interrupted", exact=True)).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_role("button", name="Resume")).to_be_enabled(timeout=TIMEOUT_MS)


def test_a_paused_run_goes_on_from_the_page(page: Page, app_url: str, server_home: Path) -> None:
    launcher = Launcher(server_home / "runs")
    run_id = launcher.submit(preset("toy").config, "Toy run")
    launcher.pause(run_id)
    assert launcher.wait(run_id, 60)
    launcher.leave()
    page.goto(f"{app_url}/live?run={run_id}")
    expect(page.get_by_text("Paused", exact=True)).to_be_visible(timeout=TIMEOUT_MS)
    page.get_by_role("button", name="Step one round").click()
    page.wait_for_function("() => document.querySelector('.fv-n-round dd span')?.textContent === '1'", timeout=TIMEOUT_MS)
    expect(page.get_by_text("Paused", exact=True)).to_be_visible(timeout=TIMEOUT_MS)
    expect(page.get_by_role("button", name="Resume")).to_be_enabled(timeout=TIMEOUT_MS)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Finished", exact=True)).to_be_visible(timeout=2 * TIMEOUT_MS)
    expect(page.get_by_role("button", name="Ask the trained model")).to_be_visible(timeout=TIMEOUT_MS)


def test_a_restart_of_the_server_is_survived(page: Page, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    folder = new_run(home, "live000000000006")
    events = fake_events(3, 3)[1:]
    port = free_port()
    with folder.lock():
        server = start_server(home, port)
        try:
            write(folder, events[:40])
            page.goto(f"http://127.0.0.1:{port}/live?run={folder.id}")
            wait_for_seq(page, 41)
            expect(page.locator(".fv-link")).to_have_text("Live", timeout=TIMEOUT_MS)
            began = time.monotonic()
            server.terminate()
            server.wait(timeout=20)
            assert time.monotonic() - began < 10, "an open stream must not keep the server from stopping"
            expect(page.locator(".fv-link")).to_have_text("Connection lost, trying again", timeout=TIMEOUT_MS)
            write(folder, events[40:60])
            server = start_server(home, port)
            wait_for_seq(page, 61)
            expect(page.locator(".fv-link")).to_have_text("Live", timeout=TIMEOUT_MS)
            assert page.evaluate(PICTURE)["charts"] == picture_of(folder)["charts"]
        finally:
            stop_server(server)
