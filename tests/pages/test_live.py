"""The page Live as Streamlit builds it; what streams into it is looked at in a browser (tests/browser)."""

import pytest


def words(at):
    return [element.value for element in (*at.markdown, *at.caption)]


def test_the_attackers_are_told_to_who_asks_and_to_nobody_else(open_page, toy_run):
    run = toy_run("Attacked", **{"adversary.name": "sign-flip", "adversary.clients": [1]})
    at = open_page("live", run=run)
    assert any("1 of" in text and "Sign flip" in text for text in words(at))
    before = set(words(at))
    at.checkbox(key=f"live-reveal-{run}").check().run()
    told = [text for text in words(at) if text not in before]
    assert not at.exception and len(told) == 2 and any("turned round" in text for text in told)


def test_where_nobody_attacks_nothing_is_asked(open_page, toy_run):
    at = open_page("live", run=toy_run("Quiet"))
    assert not at.exception and not any("attack" in text for text in words(at))


@pytest.mark.slow
def test_the_ledger_is_told_and_can_be_taken_along(open_page, toy_run):
    run = toy_run("Books")
    at = open_page("live", run=run)
    table = next(frame.value for frame in at.dataframe if "Record" in frame.value.columns)
    assert {"head.weight", "confusion", "num-examples"} <= set(table["Name"]) and set(table["Direction"]) == {"from a client", "to a client"}
    assert any("was in no message" in text and "optimiser" in text for text in words(at))


@pytest.mark.slow
def test_contributions_are_computed_on_a_button(open_page, toy_run):
    run = toy_run("Shares")
    at = open_page("live", run=run)
    assert not any("Shapley value" in frame.value.columns for frame in at.dataframe)
    at.button(key=f"live-contribution-go-{run}").click().run()
    assert not at.exception
    table = next(frame.value for frame in at.dataframe if "Shapley value" in frame.value.columns)
    assert len(table) == 2 and any("so that the values are exact" in text for text in words(at))
