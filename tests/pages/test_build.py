"""Section Build of the page Graph, without a browser: text in, mentions and triples out, what is denied held back, accepting writes a graph."""

import time

import pytest

from fedviz.kg.store.store import GraphStore

pytestmark = pytest.mark.slow


def words(at):
    shown = (*at.markdown, *at.caption, *at.text, *at.warning, *at.info, *at.error, *at.success)
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def build(at, text, names):
    at.selectbox(key="kg-build-names-").select("list").run()
    at.text_area(key="kg-build-list").set_value(names).run()
    at.text_area(key="kg-build-text").set_value(text).run()
    at.button(key="kg-build-go").click().run()
    for _turn in range(100):
        if at.tabs or at.error:
            break
        time.sleep(0.05)
        at.run()
    return at


def test_from_text_to_a_graph(open_page):
    at = build(open_page("graph", section="build"), "Anemia due to lead, without deafness\n<b>[x](http://y) $z$", "Anemia\nDeafness; hearing loss")
    assert not at.exception and "Mentions: 2. Triples: 1. Held back: 1." in words(at)
    assert [tab.label for tab in at.tabs] == ["Mentions", "Triples", "Held back", "Accept", "Missing"]
    assert "\\<b\\>\\[x" in " ".join(element.value for element in at.markdown)
    assert ":green-background[**Anemia**]" in words(at)
    assert any("denied by “without”" in frame.value.to_string() for frame in at.dataframe)
    at.text_input(key="kg-build-title").set_value("My graph").run()
    at.button(key="kg-build-write").click().run()
    assert not at.exception and "were written to My graph" in words(at)
    assert GraphStore("my-graph").info.version.number == 1
    assert at.selectbox(key="kg-graph").value == "my-graph" and not at.button(key="kg-propose-go").disabled


def test_a_list_without_names_is_one_sentence(open_page):
    at = build(open_page("graph", section="build"), "Anemia due to lead", " ; ")
    assert [error.value.replace("\\", "") for error in at.error] == ["A list of names needs at least one line with a name."] and not at.exception
