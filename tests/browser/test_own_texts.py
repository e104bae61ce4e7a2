"""A user brings a file of their own, maps it, trains on it and asks the model: in a real browser, from the first page to the answer."""

import re

from playwright.sync_api import Page, expect

from fedviz.core.config import RunConfig
from fedviz.runs.folder import open_run
from fedviz.ui import link
from tests.browser.test_story import settled

SMALL = RunConfig.parse({"scenario": "own", "partition": "iid", "model": "toy", "federation": {"rounds": 2, "clients": 2, "compare": False}})
ROWS = [f'{n},"The {("invoice", "signal", "price")[n % 3]} of order {n} is wrong",{("billing", "network", "sales")[n % 3]},{("North", "South")[n % 2]}' for n in range(90)]
FILE = "\n".join(["number,complaint,team,branch", *ROWS, "91,a cell is missing,billing", '92,"no team at all",,North']).encode()


def test_a_file_is_brought_mapped_trained_on_and_asked(app_url, server_home, page: Page, external_requests):
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(f"{app_url}/configure?config={link.encode(SMALL)}")
    settled(page)
    expect(page.get_by_role("button", name="Start the run")).to_be_disabled(timeout=30_000)
    page.locator("input[type=file]").first.set_input_files({"name": "calls.csv", "mimeType": "text/csv", "buffer": FILE})
    expect(page.get_by_text("Of the first 92 rows 90 can be used")).to_be_visible(timeout=20_000)
    for column, name in (("Column of the text", "complaint"), ("Column of the client", "branch")):
        page.get_by_role("combobox", name=re.compile(column)).click()
        page.get_by_role("option", name=name, exact=True).click()
        settled(page)
    expect(page.get_by_text("calls.csv, line 92: it has 3 cells, and the table has 4 columns")).to_be_visible()
    expect(page.get_by_text("calls.csv, line 93: The label is missing.")).to_be_visible()
    page.get_by_role("button", name="Keep these texts").click()
    expect(page.get_by_text("calls: 90 texts in 3 classes came in; 2 rows were skipped.")).to_be_visible(timeout=20_000)
    settled(page)
    expect(page.get_by_text("The parties. North, South")).to_be_visible()
    page.get_by_role("button", name="Start the run").click()
    page.wait_for_url(re.compile(r"/live\?.*run="), timeout=20_000)
    run_id = re.search(r"run=([a-z0-9]+)", page.url).group(1)
    expect(page.get_by_role("button", name="Ask the trained model")).to_be_visible(timeout=120_000)
    config = open_run(server_home / "runs", run_id).config()
    assert config.scenario.data.startswith("calls@") and config.federation.clients == 2 and config.partition.name == "natural"
    page.get_by_role("button", name="Ask the trained model").click()
    settled(page)
    expect(page.get_by_label("Text", exact=True)).to_have_value(re.compile("of order [0-9]+ is wrong"), timeout=20_000)
    expect(page.get_by_text(re.compile("The model answers (billing|network|sales)")).first).to_be_visible(timeout=20_000)
    expect(page.get_by_text("so the graph plays no role")).to_be_visible()
    page.goto(f"{app_url}/graph?run={run_id}")
    settled(page)
    expect(page.get_by_text("These texts have no graph.")).to_be_visible(timeout=20_000)
    expect(page.get_by_text(re.compile("failed here"))).to_have_count(0)
    assert external_requests == []
