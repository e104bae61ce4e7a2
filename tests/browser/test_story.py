"""The whole story as a new user lives it: start, watch, ask, look around; with real data, in a real browser."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from fedviz.runs.launcher import Launcher
from fedviz.runs.presets import preset

PAGES = {"start": "", "configure": "configure", "live": "live", "graph": "graph", "explain": "explain", "runs": "runs", "studies": "studies", "leakage": "leakage", "evidence": "evidence", "proofs": "proofs"}
RUN_TIME_MS = 240_000


def settled(page: Page) -> None:
    """Wait until Streamlit has finished the script run that draws the page, and shows nothing faded of a run before."""
    page.wait_for_selector("[data-testid='stAppViewContainer']")
    for _again in range(2):
        page.wait_for_function("() => !document.querySelector('[data-test-script-state=running], [data-stale=true]')")
        page.wait_for_timeout(600)


@pytest.fixture(scope="session")
def finished_run(browser, app_url: str, server_home) -> dict[str, str]:
    """A medicine demonstration, started by its button on Start and watched to its end; its id, and what the browser asked for."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not re.match(r"(http|ws)://127\.0\.0\.1:|data:|blob:|about:", request.url) else None)
    page.goto(app_url)
    page.get_by_role("button", name="Start and watch").first.click()
    page.wait_for_url(re.compile(r"/live\?.*run="), timeout=20_000)
    run_id = re.search(r"run=([a-z0-9]+)", page.url).group(1)
    expect(page.get_by_role("button", name="Ask the trained model")).to_be_visible(timeout=RUN_TIME_MS)
    page.close()
    return {"id": run_id, "outside": json.dumps(outside)}


def journal(server_home, run_id: str) -> list[dict]:
    """The events of a run as its journal holds them."""
    lines = (server_home / "runs" / run_id / "journal.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_the_demonstration_learns_and_asks_nobody_outside(finished_run, server_home):
    events = journal(server_home, finished_run["id"])
    assert events[-1]["type"] == "RunEnded" and events[-1]["status"] == "finished"
    accuracy = [m["value"] for e in events if e["type"] == "GlobalEvaluated" for m in e["metrics"] if m["key"]["name"] == "accuracy"]
    assert len(accuracy) == 11
    assert accuracy[-1] > accuracy[0] + 0.2
    assert len([e for e in events if e["type"] == "Compared"]) == 8
    assert json.loads(finished_run["outside"]) == []


def test_a_refresh_and_a_second_tab_show_the_same_numbers(finished_run, app_url, page: Page):
    def shown(tab: Page) -> str:
        expect(tab.get_by_role("heading", name="Why federate?")).to_be_visible(timeout=20_000)
        settled(tab)
        return tab.locator(".fv-head").inner_text()

    address = f"{app_url}/live?run={finished_run['id']}"
    page.goto(address)
    first = shown(page)
    second = page.context.new_page()
    second.goto(address)
    page.reload()
    assert re.search(r"\d+\.\d %", first)
    assert shown(page) == first == shown(second)


def sums(page: Page) -> tuple[float, float, float]:
    """What the text alone gives, what the triples add, and their sum, as the page says it below the waterfall."""
    words = page.get_by_text(re.compile("the text alone gives .* together")).inner_text()
    return tuple(float(number.replace("\u2212", "-")) for number in re.findall(r"[+\u2212]?\d+\.\d+", words)[:3])


def test_explain_adds_up_and_follows_a_switch(finished_run, app_url, page: Page, external_requests):
    page.goto(f"{app_url}/explain?run={finished_run['id']}")
    settled(page)
    page.get_by_label("Text", exact=True).fill("Seizures and a small head since infancy, with delayed speech.")
    page.get_by_label("Text", exact=True).press("Control+Enter")
    expect(page.get_by_role("button", name=re.compile("Seizure"))).to_be_visible(timeout=20_000)
    text, gain, total = before = sums(page)
    assert text + gain == pytest.approx(total, abs=0.011)
    page.get_by_role("switch").first.click()
    expect(page.get_by_text("1 triples off")).to_be_visible(timeout=20_000)
    text, gain, total = after = sums(page)
    assert text + gain == pytest.approx(total, abs=0.011)
    assert after[0] == before[0] and after[1] != before[1]
    assert external_requests == []


def test_a_run_is_configured_started_and_cancelled(app_url, page: Page):
    page.goto(f"{app_url}/configure")
    settled(page)
    page.get_by_role("combobox", name=re.compile("Ready-made configuration")).click()
    page.get_by_role("option", name=re.compile("^Toy")).click()
    settled(page)
    page.get_by_role("tab", name="Federation").click()
    page.get_by_label("Rounds", exact=True).fill("300")
    page.get_by_label("Rounds", exact=True).press("Enter")
    settled(page)
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/live\?.*run="), timeout=20_000)
    expect(page.get_by_text("Running", exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("Cancelled", exact=True)).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name="Resume")).to_be_enabled(timeout=20_000)


def test_a_click_on_a_row_chooses_that_run(app_url, server_home, page: Page):
    launcher = Launcher(server_home / "runs")
    for title in ("Row one", "Row two"):
        assert launcher.wait(launcher.submit(preset("toy").config.updated({"federation.rounds": 1}), title), 120)
    launcher.leave()
    page.set_viewport_size({"width": 1400, "height": 900})
    page.goto(f"{app_url}/runs")
    settled(page)
    box = page.locator("[data-testid=stDataFrame]").bounding_box()
    for row, title in ((1, "Row one"), (0, "Row two"), (1, "Row one")):  # newest first
        page.mouse.click(box["x"] + 18, box["y"] + 35 * (row + 1) + 17)
        expect(page.locator(".st-key-fedviz-runs-chosen").get_by_role("combobox")).to_have_value(re.compile(title), timeout=10_000)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("This removes the folder of the run Row one")).to_be_visible(timeout=10_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_accessibility(name: str, scheme: str, finished_run, app_url, page: Page, external_requests):
    """axe-core finds nothing serious on any page, on either background."""
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{app_url}/{PAGES[name]}?run={finished_run['id']}" if name in ("live", "explain") else f"{app_url}/{PAGES[name]}")
    settled(page)
    page.wait_for_timeout(1500)
    found = Axe().run(page).response["violations"]
    serious = [(v["id"], v["nodes"][0]["target"], v["nodes"][0].get("failureSummary", "")) for v in found if v["impact"] in ("serious", "critical")]
    assert serious == []
    assert external_requests == []


@pytest.mark.parametrize("name", PAGES)
def test_narrow_screens_do_not_scroll_sideways(name: str, finished_run, app_url, page: Page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app_url}/{PAGES[name]}?run={finished_run['id']}" if name in ("live", "explain") else f"{app_url}/{PAGES[name]}")
    settled(page)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - document.querySelector('[data-testid=stMain]').clientWidth") <= 1


@pytest.mark.parametrize("name", PAGES)
def test_chinese_reaches_every_page(name: str, app_url, page: Page):
    page.goto(f"{app_url}/{PAGES[name]}?lang=zh")
    settled(page)
    assert re.search(r"[\u4e00-\u9fff]", page.locator("[data-testid=stMain]").inner_text())
