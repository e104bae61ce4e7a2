"""Words: every message has a translation that keeps its placeholders, and no page speaks past the catalogue."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from fedviz.core.i18n import N_
from fedviz.ui import i18n, messages

ROOT = Path(__file__).parents[1]
OTHERS = [code for code in i18n.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
MARKUP = re.compile(r"\*\*|`[^`]*`")
WORD = re.compile(r"[A-Za-z]{3,}")
SHOWN = {"label", "help", "placeholder", "title", "body", "text", "caption", "options"}
"""Arguments of Streamlit's functions that a viewer reads, beside the first one."""
NOT_SHOWN_FIRST = {"container", "columns", "fragment", "cache_resource", "cache_data", "html", "Page", "set_page_config", "switch_page", "navigation", "component", "page_link"}
"""Functions whose first argument is no text for a viewer."""


@pytest.fixture(scope="module")
def extracted():
    return messages.extract()


def read(language):
    with i18n.po_path(language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(language, extracted):
    kept = {message.id: message for message in read(language) if message.id}
    wanted = {message.id for message in extracted if message.id}
    assert wanted - set(kept) == set(), "run `make messages` and translate what it names"
    assert set(kept) - wanted == set(), "run `make messages`"
    assert [message.id for message in kept.values() if not message.string or message.fuzzy] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_placeholders_and_markup(language):
    for message in read(language):
        if message.id:
            assert sorted(PLACEHOLDER.findall(message.id)) == sorted(PLACEHOLDER.findall(message.string)), message.id
            assert len(MARKUP.findall(message.id)) == len(MARKUP.findall(message.string)), message.id


def test_extraction_finds_code_options_and_entries(extracted):
    for message in (N_("Configure a run"), N_("Rounds"), "FedProx", "Labels per class", "LoRA rank", "Human Phenotype Ontology"):
        assert message in extracted


def test_a_catalogue_answers_and_what_it_lacks_stays_english():
    chinese = i18n.catalogue("zh")
    assert chinese.gettext("Rounds") != "Rounds"
    assert chinese.gettext("no such message") == "no such message"
    assert i18n.catalogue("en").gettext("Rounds") == "Rounds"
    assert i18n.catalogue("xx").gettext("Rounds") == "Rounds"


def literal_words(node):
    """Text constants in an expression that no `_()` or `N_()` encloses, f-strings included."""
    if isinstance(node, ast.Call):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function in ("_", "N_"):
            return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, (ast.JoinedStr, ast.BinOp, ast.IfExp, ast.List, ast.Tuple, ast.BoolOp)):
        for child in ast.iter_child_nodes(node):
            yield from literal_words(child)


def spoken(tree):
    """(line, text) of every literal that a Streamlit call shows to a viewer."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "st"):
            continue
        shown = [] if call.func.attr in NOT_SHOWN_FIRST else call.args[:1]
        for argument in (*shown, *(keyword.value for keyword in call.keywords if keyword.arg in SHOWN)):
            for text in literal_words(argument):
                yield call.lineno, text


@pytest.mark.parametrize("path", [*sorted((ROOT / "fedviz" / "ui").glob("*.py")), *sorted((ROOT / "pages").glob("*.py"))], ids=lambda path: path.name)
def test_no_word_is_shown_past_the_catalogue(path):
    found = [(line, text) for line, text in spoken(ast.parse(path.read_text("utf-8"))) if WORD.search(re.sub(r":material/\w+:|`[^`]*`", "", text))]
    assert found == []


def test_the_search_for_words_can_find_some():
    tree = ast.parse('st.markdown(f"Hello {name}")\nst.button("Launch", help=_("x"))\nst.caption(_("Fine"))\nst.text_input(_("A"), placeholder="type here")')
    assert [text for _line, text in spoken(tree)] == ["Hello ", "Launch", "type here"]
