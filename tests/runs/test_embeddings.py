"""A comparison of federated embeddings: what came of it is kept, what passed is counted by way, and a cancelled one leaves no story."""

import pytest

from fedviz.core import events as e
from fedviz.core.errors import InputError, UnknownNameError
from fedviz.federation.embeddings.options import FederatedOptions
from fedviz.kg.store import folder
from fedviz.kg.store.change import Cancelled, change
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.terms import Statement, entity, relation
from fedviz.runs import embeddings
from fedviz.runs.journal import read

SMALL = FederatedOptions(by="party", repetitions=2, width=8, epochs=6)
WAYS = ("isolation", "FedE", "FedR", "FedE and FedR", "pooled")


@pytest.fixture
def ring(tmp_path, monkeypatch):
    """Thirty things in a ring, three relations; two parties hold every other link."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return made("ring")


def made(name):
    folder.create(name, "Ring")
    rows = [Statement(entity(f"n{k}"), relation(f"shift {step}"), entity(f"n{(k + step) % 30}")) for step in (1, 2, 5) for k in range(30)]
    with change(name, "Made") as write:
        for party in range(2):
            key = write.new_source(SourceInfo(key="", title=f"file {party}", reader="hand", party=f"Hospital {party}")).key
            write.add(key, [(row, None) for row in rows[party::2]])
    return name


@pytest.mark.slow
def test_every_way_is_judged_at_every_party_and_only_what_is_shared_leaves(ring):
    told = embeddings.compare(ring, SMALL)
    assert embeddings.story(told.id) == told and embeddings.stories() == (told.id,)
    assert told.ways == WAYS and told.parties == ("Hospital 0", "Hospital 1") and len(told.found) == 2 * 2 * len(WAYS)
    assert {entry.way for entry in told.attacks} == {"FedE", "FedR", "FedE and FedR"} and told.attack("isolation") is None
    assert told.gain("isolation") == (0.0, 0.0)
    shapes = {way: {(entry.record, entry.shape) for content in embeddings.book(told.id, number).contents for entry in content.entries if len(entry.shape) == 2} for number, way in enumerate(WAYS[:4], 1)}
    assert shapes["isolation"] == set() and {shape for _record, shape in shapes["FedR"]} == {(3, 8)}
    assert all(shape[0] > 3 for _record, shape in shapes["FedE"])
    rows = embeddings.book(told.id, 2).passed
    assert {row.client for row in rows} == {0, 1} and all(row.bytes > 0 and row.messages > 0 for row in rows)
    again = embeddings.compare(ring, SMALL)
    assert again.found == told.found and again.attacks == told.attacks, "all randomness follows from the seed"


def test_a_cancelled_comparison_leaves_a_journal_and_no_story(ring):
    with pytest.raises(Cancelled):
        embeddings.compare(ring, SMALL, cancelled=lambda: True)
    (path,) = embeddings.root().glob("*/journal.jsonl")
    assert embeddings.stories() == () and [event.status for event in read(path) if isinstance(event, e.RunEnded)] == ["cancelled"]


@pytest.mark.parametrize(("options", "words"), [({"by": "triple", "share": 0.02}, "at least 20 triples"), ({"by": "party"}, "belong to 1 parties")])
def test_what_cannot_be_compared_is_one_sentence(ring, options, words):
    if options["by"] == "party":
        with change(ring, "Less") as write:
            write.remove_source(write.info.sources[0].key)
    with pytest.raises(InputError, match=words):
        embeddings.compare(ring, SMALL.model_copy(update=options))


def test_an_unknown_or_damaged_comparison_is_one_sentence(ring):
    with pytest.raises(UnknownNameError):
        embeddings.story("nobody00")
    place = embeddings.root() / "damaged0"
    place.mkdir(parents=True)
    (place / "story.json").write_text("{}")
    with pytest.raises(InputError, match="is damaged"):
        embeddings.story("damaged0")
