"""Every attack on the pages: its form, what a bad option says, and the question who attacks."""

import pytest

from fedviz.core.registry import ADVERSARIES
from fedviz.ui import link
from tests.pages.conftest import parameter
from tests.pages.test_configure import box, opened

AIMED = ("backdoor", "colluders", "little-is-enough")


@pytest.mark.slow
def test_a_bad_trigger_is_told_at_its_field_and_a_good_one_is_kept(open_page):
    at = opened(open_page)
    box(at, "selectbox", "Adversary").set_value("backdoor").run()
    box(at, "multiselect", "Attackers").set_value([1]).run()
    box(at, "text_input", "Trigger word").set_value("two words").run()
    assert [error.value for error in at.error if "must be one word of letters and digits" in error.value] and not at.exception
    box(at, "text_input", "Trigger word").set_value("qwx").run()
    assert not at.error and not at.exception
    kept = link.decode(parameter(at, "config")).adversary
    assert (kept.name, kept.trigger, kept.clients) == ("backdoor", "qwx", (1,))


@pytest.mark.slow
@pytest.mark.parametrize("name", AIMED)
def test_who_attacks_is_asked_and_told_for_new_attacks_too(name, open_page, toy_run):
    run = toy_run(f"Attacked by {name}", **{"adversary.name": name, "adversary.clients": [1]})
    at = open_page("live", run=run)
    assert any(ADVERSARIES.get(name).title in element.value for element in at.markdown)
    at.checkbox(key=f"live-reveal-{run}").check().run()
    assert not at.exception and any(element.value == ADVERSARIES.get(name).summary for element in at.caption)
