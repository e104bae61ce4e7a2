"""Words: every message has a translation that keeps its placeholders, and no page speaks past the catalogue."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from streamlit.delta_generator import DeltaGenerator

from fedviz.core.i18n import N_
from fedviz.ui import i18n, messages

ROOT = Path(__file__).parents[1]
OTHERS = [code for code in i18n.LANGUAGES if code != "en"]
PLACEHOLDER = re.compile(r"\{[^{}]*\}")
MARKUP = re.compile(r"\*\*|`[^`]*`")
WORD = re.compile(r"[A-Za-z]{3,}")
SHOWN = {"label", "help", "placeholder", "title", "body", "text", "caption", "options"}
"""Arguments of Streamlit's functions that a viewer reads, beside the first one."""
NOT_SHOWN_FIRST = {
    "container", "columns", "fragment", "cache_resource", "cache_data", "html", "Page",
    "set_page_config", "switch_page", "navigation", "component", "page_link",
}
"""Functions whose first argument is no text for a viewer."""

WIDGETS = {name for name in dir(DeltaGenerator) if not name.startswith("_")}
"""Functions that a column, a tab or any other place of a page has, too."""
LOGS = {"log", "_log"}


@pytest.fixture(scope="module")
def extracted():
    return messages.extract()


def read(language):
    with i18n.po_path(language).open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("language", OTHERS)
def test_every_message_is_translated_and_none_is_left_over(language, extracted):
    kept = {(message.context, message.id): message for message in read(language) if message.id}
    wanted = {(message.context, message.id) for message in extracted if message.id}
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
    for message in ("There is no {kind} named {name}; known: {names}.", "Permission denied", "knowledge fusion"):
        assert extracted.get(message, i18n.SENTENCE) is not None
        assert message not in extracted


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
        if function in ("plain", "clean"):
            yield from literal_words(node.args[0])
        elif function == "format" and isinstance(node.func, ast.Attribute):
            yield from literal_words(node.func.value)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, (ast.JoinedStr, ast.BinOp, ast.IfExp, ast.List, ast.Tuple, ast.BoolOp)):
        for child in ast.iter_child_nodes(node):
            yield from literal_words(child)
    if isinstance(node, ast.Dict):  # a table: its keys are the heads of the columns
        for key in node.keys:
            yield from literal_words(key)


def spoken(tree):
    """(line, text) of every literal that a Streamlit call shows to a viewer: `st.button(...)`, and the same of a column or any other place."""
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            continue
        place = call.func.value.id if isinstance(call.func.value, ast.Name) else ""
        if place != "st" and (call.func.attr not in WIDGETS or place in LOGS):
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
    found = [
        ('st.markdown(f"Hello {name}")', ["Hello "]),
        ('st.button("Launch", help=_("x"))', ["Launch"]),
        ('st.caption(_("Fine"))', []),
        ('st.text_input(_("A"), placeholder="type here")', ["type here"]),
        ('columns[0].selectbox("Class", order)', ["Class"]),
        ('slots.get(name, st).error(plain("Too long: {n}".format(n=3)))', ["Too long: {n}"]),
        ('box.dataframe({"Head": rows, _("Tail"): rows})', ["Head"]),
        ('_log.error("A page failed")', []),
        ('place.write(_("{count} texts").format(count=3))', []),
    ]
    for source, texts in found:
        assert [text for _line, text in spoken(ast.parse(source))] == texts, source
