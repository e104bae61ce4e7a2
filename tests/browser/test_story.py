"""The whole story as a new user lives it: start, watch, ask, look around; with real data, in a real browser."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

PAGES = {"start": "", "configure": "configure", "live": "live", "graph": "graph", "explain": "explain", "runs": "runs"}
RUN_TIME_MS = 240_000


def settled(page: Page) -> None:
    """Wait until Streamlit has finished the script run that draws the page."""
    page.wait_for_selector("[data-testid='stAppViewContainer']")
    page.wait_for_function("() => !document.querySelector('[data-test-script-state=running]')")
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
    def shown() -> str:
        page.goto(f"{app_url}/live?run={finished_run['id']}")
        expect(page.get_by_text("Why federate?")).to_be_visible(timeout=20_000)
        settled(page)
        return page.get_by_text(re.compile(r"\d+(\.\d)?\s?%")).first.inner_text()

    assert shown() == shown()


def test_explain_adds_up_and_follows_a_switch(finished_run, app_url, page: Page, external_requests):
    page.goto(f"{app_url}/explain?run={finished_run['id']}")
    settled(page)
    page.get_by_label("Text", exact=True).fill("Seizures and a small head since infancy, with delayed speech.")
    page.get_by_label("Text", exact=True).press("Control+Enter")
    expect(page.get_by_text("The model answers")).to_be_visible(timeout=20_000)
    before = page.get_by_text("The model answers").inner_text()
    page.get_by_role("switch").first.click()
    page.wait_for_timeout(1500)
    assert page.get_by_role("switch").first.get_attribute("aria-checked") == "false"
    assert page.get_by_text("The model answers").is_visible() and before
    assert external_requests == []


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
