"""The section Together of the page Graph, without a browser: the form follows the rule, the story says what the record says, bad addresses are one sentence."""

import pytest

from fedviz.federation.together.options import TogetherOptions
from fedviz.runs import together
from tests.pages.conftest import TOY, parameter
from tests.pages.test_graph import words

pytestmark = pytest.mark.slow


def labels(at):
    return {element.label for element in (*at.number_input, *at.selectbox, *at.multiselect)}


def test_without_a_construction_there_is_a_form_that_follows_the_rule(open_page):
    at = open_page("graph", section="together", scenario="toy")
    assert not at.exception and "Several parties build one graph" in words(at)
    assert "Parties that must hold a triple" in labels(at) and "Epsilon" not in labels(at)
    at.selectbox(key="kg-together-options.rule").select("private").run()
    assert {"Epsilon", "Delta", "Triples of one unit"} <= labels(at) and "Parties that must hold a triple" not in labels(at)
    at.selectbox(key="kg-together-options.rule").select("consent").run()
    assert not {"Epsilon", "Alignment"} & labels(at) and "Consent refused" in labels(at)


@pytest.mark.parametrize("options", [{"least": 1, "support": 1}, {"rule": "private", "epsilon": 1.0}], ids=str)
def test_the_story_says_what_the_record_says(open_page, options):
    told = together.build(TOY, TogetherOptions(**options), "Two workshops")
    at = open_page("graph", section="together", together="<img src=x>", scenario="toy")
    assert not at.exception and "is the newest" in at.warning[0].value and parameter(at, "together") == told.id
    values = {metric.label: metric.value for metric in at.metric}
    assert values["In the fused graph"] == f"{len(told.fused):,}" and values["Disputed"] == f"{sum(row.disputed for row in told.fused):,}"
    tables = [list(table.value.columns) for table in at.dataframe]
    assert ["Texts", "What became of it", "Triple"] in tables and any("New triples" in columns for columns in tables)
    if options.get("rule") == "private":
        assert "not told" in values["Held by several parties"] and "Nothing was released" in " ".join(info.value for info in at.info) and str(told.threshold) in words(at)
    else:
        assert ["Head", "Relation", "Tail", "Parties", "Status"] in tables


def test_a_damaged_story_is_one_sentence(open_page, home):
    place = home / "together" / "0123456789ab"
    place.mkdir(parents=True)
    (place / "story.json").write_text("{")
    at = open_page("graph", section="together", scenario="toy")
    assert not at.exception and "damaged" in at.warning[0].value
