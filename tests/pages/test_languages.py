"""Every page in every language: what is shown comes from that language's catalogue, and the choice stays."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from google.protobuf.json_format import MessageToDict

from fedviz.ui import i18n, link
from fedviz.ui.shell import PAGES
from tests.pages.conftest import TOY, parameter

CJK = re.compile(r"[\u4e00-\u9fff]+")


def strings(value: object) -> Iterator[str]:
    """All strings in a nested structure of plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def shown(at) -> set[str]:
    """Everything that the page's elements carry to the browser, one string an entry (Markdown headings and emphasis taken off)."""
    found = set()
    for root in (at.main, at.sidebar):
        for node in root:
            proto = getattr(node, "proto", None)
            for text in strings(MessageToDict(proto)) if proto is not None else ():
                for part in re.split(r"\n+|: ", text):
                    found.add(re.sub(r"^[#\s*\d.]+|\*+$", "", part).strip())
                found.add(text.strip())
    return found


@pytest.fixture(scope="module")
def chinese() -> dict[str, str]:
    """English message -> 中文, where they differ."""
    with i18n.po_path("zh").open("rb") as file:
        return {m.id: m.string for m in read_po(file) if m.id and m.string != m.id and m.context is None}


@pytest.mark.parametrize("name", PAGES)
def test_a_chinese_page_holds_no_english_message(open_page, looked_at, name, chinese):
    at = open_page(name, lang="zh", **({"run": looked_at} if name in ("live", "explain") else {}))
    words = shown(at)
    own = set(i18n.LANGUAGES.values())  # the switch calls each language by its own name
    assert sorted(text for text in words - own if text in chinese) == []
    assert any(CJK.search(text) for text in words)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_an_english_page_holds_no_chinese(open_page, looked_at, name):
    at = open_page(name, **({"run": looked_at} if name in ("live", "explain") else {}))
    assert [text for text in shown(at) if CJK.search(text) and text != "中文"] == []


def test_a_refusal_is_chinese_on_a_chinese_page(open_page):
    too_many = link.encode(TOY.updated({"federation.clients": 9}))
    errors = [error.value for error in open_page("configure", lang="zh", config=too_many).error]
    assert len(errors) == 1
    assert errors[0].startswith("按 toy 的自然划分，客户端不能多于参与方")


def test_the_language_survives_navigation_and_stays_in_the_address(open_page):
    at = open_page("start", lang="zh")
    del at.query_params["lang"]
    at.switch_page("pages/runs.py").run()
    assert at.title[0].value == i18n.catalogue("zh").gettext("Runs")
    assert parameter(at, "lang") == "zh"


def test_the_switch_turns_the_page(open_page):
    at = open_page("runs")
    at.sidebar.button_group[0].set_value("zh").run()
    assert at.title[0].value == i18n.catalogue("zh").gettext("Runs")
    assert parameter(at, "lang") == "zh"
    at.sidebar.button_group[0].set_value("en").run()
    assert at.title[0].value == "Runs"
    assert parameter(at, "lang") in (None, "en")


@pytest.mark.parametrize("code", ["xx", "", "zh-TW<script>", "🙂"])
def test_an_unknown_language_is_english(open_page, code):
    assert open_page("runs", lang=code).title[0].value == "Runs"
