"""*Configure*, scenario "Your own texts": bring a file in, map its columns, see what was skipped, and launch; and the card of every scenario."""

import pytest

from fedviz.core.registry import SCENARIOS
from fedviz.runs.folder import list_runs, open_run, runs_root
from fedviz.runs.launcher import launcher
from fedviz.scenarios import documents
from fedviz.scenarios.texts import folder
from fedviz.scenarios.texts.records import TextsOptions
from fedviz.scenarios.texts.tables import File
from fedviz.ui import link, names_of_texts
from tests.pages.conftest import TOY, parameter
from tests.pages.test_configure import box, opened

CALLS = "id,complaint,team,branch\n" + "".join(f'{n},"{("invoice wrong", "no signal")[n % 2]}, number {n}",{("billing", "network")[n % 2]},{"NSE"[n % 3]}\n' for n in range(60))
TWO = "".join(f'{{"text": "words {n}", "label": {n % 2}}}\n' for n in range(20)).encode()
OWN = TOY.updated({"scenario": {"name": "own"}, "partition": "iid"})


def said(at):
    return " ".join(element.value for element in (*at.markdown, *at.caption, *at.success, *at.info, *at.error, *at.warning)).replace("\\", "")


def brought(at, *files):
    at.file_uploader(key="own-upload-False").upload(*files[0]).run()
    assert not at.exception, at.exception
    return at


@pytest.mark.slow
def test_a_file_is_mapped_kept_and_trained_on(open_page):
    at = opened(open_page, OWN)
    assert at.button(key="configure-launch").disabled and "There are no texts yet" in said(at)
    brought(at, ("calls.csv", CALLS.encode() + b"61,too,few\n", "text/csv"))
    assert box(at, "selectbox", "Column of the label").value == "team", "a column is not called label, and few values say which it is"
    box(at, "selectbox", "Column of the text").select("complaint").run()
    box(at, "selectbox", "Column of the client").select("branch").run()
    box(at, "text_input", "Name of the data set").input("Calls <b>").run()
    at.button(key="own-keep").click().run()
    assert not at.exception and not at.error, said(at)
    assert "60 texts in 2 classes came in; 1 rows were skipped." in said(at)
    assert "calls.csv, line 62: it has 3 cells" in said(at)
    config = link.decode(parameter(at, "config"))
    assert (config.scenario.data, config.partition.name, config.federation.clients) == ("calls-b", "natural", 3)
    at.button(key="configure-launch").click().run()
    (run,) = list_runs(runs_root())
    assert launcher(runs_root()).wait(run.id, 60) and [run.status for run in list_runs(runs_root())] == ["finished"]
    assert open_run(runs_root(), run.id).config().scenario.data == folder.read("calls-b").pinned


def test_a_file_without_clients_is_dealt_out_and_can_be_removed(open_page):
    at = brought(opened(open_page, OWN.updated({"partition": "natural"})), ("two.jsonl", TWO * 2, "text/plain"))
    at.button(key="own-keep").click().run()
    config = link.decode(parameter(at, "config"))
    assert not at.error and config.partition.name == "iid" and "copies are never in the training and the test at once" in said(at)
    at.button(key="own-remove-two").click().run()
    assert folder.kept() == () and link.decode(parameter(at, "config")).scenario.data == "" and not at.exception


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.csv", b"", "is empty"),
        ("x.csv", b"text,label\n", "begins with no row"),
        ("x.csv", b"text,label\na,b\nc,b\n", "classes >= 2"),
        ("x.zip", b"PK\x03\x04 and more", "a ZIP archive or a workbook"),
        ("x.bin", b"text,label\na,b\n", "names no format"),
        ("x.parquet", b"PAR1 nothing PAR1", "no Parquet that can be read"),
        ("x.csv", "text,label\nä,b\nö,c\n".encode("latin-1"), "which is not utf-8"),
    ],
)
def test_a_bad_file_is_one_sentence_and_keeps_nothing(open_page, name, data, words):
    at = brought(opened(open_page, OWN), (name, data, "text/plain"))
    if keep := [button for button in at.button if button.key == "own-keep"]:
        keep[0].click().run()
    assert words in said(at) and not at.exception and folder.kept() == ()


@pytest.mark.slow
def test_a_name_that_is_taken_is_replaced_only_when_asked(open_page):
    at = brought(opened(open_page, OWN), ("two.csv", CALLS.encode(), "text/csv"))
    at.button(key="own-keep").click().run()
    first = folder.read("two").digest
    brought(at, ("two.csv", CALLS.encode() + b"61,one more,billing,N\n", "text/csv"))
    assert at.button(key="own-keep").disabled
    box(at, "checkbox", "Replace the data set of that name").check().run()
    at.button(key="own-keep").click().run()
    assert folder.read("two").digest != first and folder.read("two").rows == 61


def test_start_leads_to_the_place_where_texts_are_brought(open_page):
    at = open_page("start")
    at.button(key="bring-own").click().run()
    assert box(at, "selectbox", "Scenario").value == "own" and at.file_uploader


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_every_scenario_has_a_card_that_says_why_its_texts_lie_apart(open_page, name):
    at = opened(open_page, TOY.updated({"scenario": {"name": name}}))
    assert SCENARIOS.get(name).why and SCENARIOS.get(name).why in said(at)


def test_the_card_tells_size_parties_limits_and_starts_the_demonstration(open_page):
    at = opened(open_page)
    words = said(at)
    assert "32 texts to train on and 16 to test with, in 4 classes" in words and "Old Town Workshop" in words and "are invented" in words
    at.button(key="card-start-toy").click().run()
    assert [run.title for run in list_runs(runs_root())] == ["Toy: invented repair tickets"]


def test_graphs_are_built_from_texts_of_ones_own(home):
    folder.keep("two", [File("two.jsonl", TWO)], TextsOptions())
    folder.keep("calls", [File("calls.csv", CALLS.encode())], TextsOptions(text="complaint", label="team", client="branch"))
    keys = list(names_of_texts.scenarios())
    assert {"own/two", "own/calls", "medicine-coding"} <= set(keys) and "own" not in keys and keys[-1] == "toy"
    assert {document.party for document in documents.documents(names_of_texts.config_of("own/calls"))} == {"N", "S", "E"}
    assert len(documents.documents(names_of_texts.config_of("own/two"))) == 16
