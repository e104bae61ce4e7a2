"""The page Start: what there is to start, with and without the data."""

from fedviz.runs.folder import list_runs, runs_root


def test_without_carriers_it_offers_to_fetch_and_starts_nothing(open_page):
    at = open_page("start")
    starts = [button for button in at.button if button.key and button.key.startswith("start-")]
    assert {button.key for button in starts} >= {"start-medicine-coding", "start-medicine-vignettes"}
    assert all(button.disabled for button in starts)
    assert any(button.key and button.key.startswith("fetch-") for button in at.button)
    assert not at.error


def test_the_toy_is_no_demonstration(open_page):
    assert not any(button.key == "start-toy" for button in open_page("start").button)


def test_recent_runs_are_linked(open_page, toy_run):
    toy_run("Monday *morning*")
    at = open_page("start")
    assert any("Recent runs" in header.value for header in at.header)
    assert any("accuracy" in caption.value for caption in at.caption)


def test_change_it_first_fills_the_form(open_page):
    at = open_page("start")
    at.button(key="change-medicine-vignettes").click().run()
    assert not at.exception
    assert at.title[0].value == "Configure a run"
    assert next(box for box in at.selectbox if box.label == "Scenario").value == "medicine-vignettes"
    assert list_runs(runs_root()) == []
