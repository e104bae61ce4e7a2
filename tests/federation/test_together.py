"""One graph built by several parties: what leaves follows the rule, nothing else is in any message, and the private rule keeps its account."""

import itertools
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
from flwr.app import ArrayRecord
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core import seeds
from fedviz.core.errors import ConfigError
from fedviz.core.options import parse
from fedviz.core.types import Triple
from fedviz.federation.client_app import client_contexts
from fedviz.federation.contents import Contents
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.together import names, wire
from fedviz.federation.together.extract import extract, labelled
from fedviz.federation.together.gain import gain
from fedviz.federation.together.local import at_home
from fedviz.federation.together.options import TogetherOptions
from fedviz.federation.together.party import Home, client_app
from fedviz.federation.together.release import Budget, held_by
from fedviz.federation.together.server import Server
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.kg.store.terms import expand

WORDS = ("quartz", "zephyr", "jinx", "vortex", "glyph", "sphinx", "waltz")
GRAPH = KnowledgeGraph("words", "a test", {f"W:{n:07d}": Entity(f"W:{n:07d}", word) for n, word in enumerate(WORDS)}, (Triple("W:0000000", "is_a", "W:0000001"),))
TEXTS = (
    (("quartz and zephyr", "red"), ("zephyr with quartz", "red"), ("jinx alone", "blue")),
    (("quartz near zephyr", "red"), ("vortex due to glyph", "blue"), ("quartz", "blue")),
    (("zephyr, quartz and sphinx", "blue"), ("no waltz here", "blue"), ("quartz", "blue")),
)


def homes_of(options, seed=3, texts=TEXTS):
    return [Home(at_home(k, f"party {k}", *zip(*rows, strict=True), GRAPH, options), options, seed) for k, rows in enumerate(texts)]


def built(options, seed=3, texts=TEXTS, homes=None):
    """What came of it, all messages both ways, the books, and what the parties were told."""
    homes = homes_of(options, seed, texts) if homes is None else homes
    passed, books, told, events = [], Contents(), {}, []

    def before(client, message):
        passed.append(("received", client, message))
        books.saw(client, message, "received")

    def after(client, reply):
        if not reply.has_error():
            passed.append(("sent", client, reply))
            books.saw(client, reply, "sent")

    grid = InProcessGrid(client_app(homes, told.__setitem__), client_contexts(len(homes)), before, after)
    fused = Server(grid, options, seed, events.append, books.closed).run()
    return SimpleNamespace(fused=fused, passed=passed, events=events, told=told, homes=homes, names={entry.name for entry in fused.told})


def bytes_of(message):
    parts = []
    for record in message.content.values():
        for key, value in record.items():
            parts.append(key.encode())
            parts.append(value.data if isinstance(record, ArrayRecord) else json.dumps(value, ensure_ascii=False, default=str).encode())
    return b"\x00".join(parts)


def all_names(homes):
    return {home.local.called(said) for home in homes for said in home.local.held}


OPTIONS = (
    {"least": 1, "support": 1}, {"least": 2, "support": 1}, {"least": 2, "support": 1, "alignment": "blinded"}, {"least": 3, "support": 1, "refused": ("points_to@1",)},
    {"rule": "consent", "support": 1, "refused": ("points_to", "occurs_with@0")},
    {"rule": "private", "epsilon": 20.0, "delta": 0.01, "most": 2}, {"rule": "private", "unit": "party", "epsilon": 20.0, "delta": 0.01, "most": 2, "support": 1, "alignment": "blinded"},
)  # fmt: skip


@pytest.mark.parametrize("given_options", OPTIONS, ids=str)
def test_what_is_released_is_part_of_the_union_and_nothing_else_stands_in_a_message(given_options):
    options = TogetherOptions(**given_options)
    done = built(options)
    assert done.names <= all_names(done.homes)
    released = {text for entry in done.fused.told for text in (entry.triple.head_name, entry.triple.tail_name, entry.triple.head, entry.triple.tail)}
    secret = {word for word in (*WORDS, "red", "blue") if word not in released} | {expand(key) for key in GRAPH.entities if expand(key) not in released}
    assert secret  # waltz is denied, so that something is always left to be found
    everything = b"".join(bytes_of(message) for _way, _client, message in done.passed)
    assert [word for word in secret if word.strip("<>").encode() in everything] == []
    assert all(b"near" not in bytes_of(message) and b"alone" not in bytes_of(message) for _way, _client, message in done.passed)
    assert {entry.name for entries in done.told.values() for entry in entries} == done.names and len(done.told) == 3
    assert not [event for event in done.events if type(event).__name__ == "ClientFailed"]


def test_with_one_party_enough_the_fused_graph_is_the_union():
    for alignment in ("keyed", "blinded"):
        done = built(TogetherOptions(least=1, support=1, alignment=alignment))
        assert done.names == all_names(done.homes)


@pytest.mark.parametrize("alignment", ["keyed", "blinded"])
@pytest.mark.parametrize("least", [2, 3])
def test_exactly_what_enough_parties_hold_is_released(alignment, least):
    done = built(TogetherOptions(least=least, support=1, alignment=alignment))
    holders = [all_names([home]) for home in done.homes]
    assert done.names == {name for name in set().union(*holders) if sum(name in some for some in holders) >= least} != set()
    for entry in done.fused.told:
        assert entry.parties == tuple(k for k, some in enumerate(holders) if entry.name in some) and entry.count == len(entry.parties)


def test_consent_is_asked_before_anything_else():
    done = built(TogetherOptions(least=1, support=1, refused=("points_to@1", "occurs_with")))
    relations = {(client, entry.triple.relation.rpartition(":")[2]) for client, entry in done.fused.said}
    assert (0, "points_to>") in relations and (1, "points_to>") not in relations and not any("occurs_with" in name for _client, name in relations)
    tags = {client: len(wire.read_offer(message)[0]) for way, client, message in done.passed if way == "sent" and message.metadata.message_type.endswith("offer")}
    assert tags[1] == sum("caused_by" in said.predicate for said in done.homes[1].local.held)  # not even a tag of what is refused


def test_a_party_answers_only_under_the_rule_that_it_agreed_to():
    agreed, asked = TogetherOptions(least=3), TogetherOptions(rule="consent")
    with pytest.raises(Exception, match="agreed to"):
        built(asked, homes=homes_of(agreed))


def test_a_party_that_fails_drops_out():
    options = TogetherOptions(least=1, support=1)
    homes = homes_of(options)
    homes[1] = Home(homes[1].local, TogetherOptions(least=3), 3)
    done = built(options, homes=homes)
    failed = [event for event in done.events if type(event).__name__ == "ClientFailed"]
    assert failed and {event.client for event in failed} == {1} and done.names == all_names([homes[0], homes[2]])


def test_two_objects_of_a_functional_relation_are_disputed_and_both_stay():
    done = built(TogetherOptions(least=1, support=1))
    quartz = {(entry.triple.tail_name, entry.parties): entry.disputed for entry in done.fused.told if entry.triple.head_name == "quartz" and "points_to" in entry.triple.relation}
    assert quartz == {("red", (0,)): True, ("blue", (1, 2)): True}
    assert not any(entry.disputed for entry in done.fused.told if "points_to" not in entry.triple.relation)


def test_it_repeats_with_the_seed_and_the_books_count_every_byte():
    options = TogetherOptions(rule="private", epsilon=6.0, delta=0.01, most=2)
    first, again = built(options), built(options)
    assert first.fused == again.fused and [bytes_of(m) for *_, m in first.passed] == [bytes_of(m) for *_, m in again.passed]
    other = built(TogetherOptions(least=1, support=1), seed=4)
    assert [bytes_of(m) for *_, m in built(TogetherOptions(least=1, support=1)).passed] != [bytes_of(m) for *_, m in other.passed]
    ended = [event for event in first.events if type(event).__name__ == "RoundEnded"]
    rows = [row for event in first.events if type(event).__name__ == "MessagesPassed" for row in event.rows]
    assert sum(event.sent_bytes + event.received_bytes for event in ended) == sum(row.bytes for row in rows) > 0
    assert sum(row.messages for row in rows) == len(first.passed)


@given(*[st.text("aAéÉßsﬁfi\u0130 -1", max_size=5)] * 2)
@settings(max_examples=25, deadline=None)
def test_tags_are_equal_exactly_for_equal_normalised_names(one, other):
    same = names.normalised(one) == names.normalised(other)
    key, secrets = names.shared_key(1), [names.own_secret(1, k) for k in range(2)]
    pair = [names.normalised(name) for name in (one, other)]
    tags = names.keyed(key, pair)
    assert (tags[0].tobytes() == tags[1].tobytes()) == same
    there, back = (names.blinded(second, names.blinded(first, names.points(pair))) for first, second in (secrets, reversed(secrets)))
    assert (there == back).all() and (there[0].tobytes() == there[1].tobytes()) == same
    assert names.normalised(names.normalised(one)) == names.normalised(one) == names.normalised(f" {one}! ")


def test_without_the_key_tags_tell_nothing_of_a_name():
    assert names.keyed(names.shared_key(1), ["quartz"]).tobytes() != names.keyed(names.shared_key(2), ["quartz"]).tobytes()
    x = int.from_bytes(names.points(["quartz"]).tobytes(), "little")
    assert pow(x**3 + 486662 * x**2 + x, (2**255 - 20) // 2, 2**255 - 19) == 1  # on the curve, not on its twist


def outcomes(counts, budget, window=14):
    """P(outcome) of the release over so many keys: each is hidden (None) or shows its noisy count; what lies above the window is one outcome."""
    def one(count):
        if count == 0:
            return {None: 1.0}
        chance = {value: (1 - budget.ratio) / (1 + budget.ratio) * budget.ratio ** abs(value - count) for value in range(budget.threshold, budget.threshold + window)}
        top = budget.threshold + window
        above = budget.ratio ** (top - count) / (1 + budget.ratio) if top > count else 1 - sum(chance.values())
        chance["above"] = above
        return {None: 1 - sum(chance.values())} | chance

    singles = [one(count) for count in counts]
    return {keys: math.prod(single[key] for single, key in zip(singles, keys, strict=True)) for keys in itertools.product(*(tuple(dict.fromkeys((None, *single))) for single in singles))}


def slip(with_unit, without, epsilon):
    """The smallest delta at which the two distributions are within epsilon of each other, from the first to the second."""
    return sum(max(0.0, chance - math.exp(epsilon) * without.get(key, 0.0)) for key, chance in with_unit.items())


@pytest.mark.parametrize(("epsilon", "delta", "most"), [(1.0, 0.05, 1), (1.0, 0.05, 2), (2.0, 0.01, 2), (0.3, 0.1, 2), (4.0, 1e-4, 2)])
def test_the_private_rule_keeps_its_account_on_small_cases(epsilon, delta, most):
    budget = Budget(epsilon, delta, most)
    worst = 0.0
    for base in itertools.product((0, 1, 2, budget.threshold), repeat=2):
        for added in ((1, 0), (0, 1), (1, 1)):
            if sum(added) <= most:
                more = tuple(one + other for one, other in zip(base, added, strict=True))
                there, back = outcomes(more, budget), outcomes(base, budget)
                assert slip(there, back, epsilon) <= delta * (1 + 1e-9) and slip(back, there, epsilon) <= delta * (1 + 1e-9)
                worst = max(worst, slip(there, back, epsilon))
    lower = 1 - (1 - budget.slip(budget.threshold - 1)) ** most if budget.threshold > 2 else 1.0
    assert worst > 0 and (lower > delta or budget.slip(budget.threshold - 1) > 1 - budget.ratio)  # one less would break it


def test_the_noise_is_discrete_laplace():
    budget = Budget(1.0, 0.01, 2)
    drawn = budget.noise(np.random.default_rng(0), 200_000)
    for value in (-2, 0, 1, 3):
        assert np.mean(drawn == value) == pytest.approx((1 - budget.ratio) / (1 + budget.ratio) * budget.ratio ** abs(value), abs=0.004)


@given(st.lists(st.tuples(st.sampled_from((" and ", " due to ", ", ")), st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.sampled_from(("red", "blue"))), min_size=1, max_size=5), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_one_text_changes_at_most_so_many_counts_by_one_each(rows, most):
    options = TogetherOptions(rule="private", most=most)
    texts = [glue.join(words) for glue, words, _label in rows]
    labels = [label for *_, label in rows]
    whole, less = (at_home(0, "one", texts[start:], labels[start:], GRAPH, options).contributions(options) for start in (0, 1))
    change = {name: whole.get(name, (None, 0))[1] - less.get(name, (None, 0))[1] for name in whole.keys() | less.keys()}
    assert set(change.values()) <= {0, 1} and sum(change.values()) <= most


def test_the_private_rule_tells_neither_parties_nor_confidence():
    done = built(TogetherOptions(rule="private", epsilon=40.0, delta=0.01, most=4))
    assert done.names and all(entry.parties == () and entry.triple.confidence == 0 and not entry.triple.method for entry in done.fused.told)
    counted = Budget(40.0, 0.01, 4).released({b"a": 9, b"b": 1}, seeds.generator(0, "x"))
    assert set(counted) == {b"a"} and held_by({b"a": 2, b"b": 1}, 2) == {b"a": 2}


def test_what_is_denied_is_not_said_and_a_cause_has_a_direction():
    said = {(s.subject, s.predicate.rpartition(":")[2], s.object) for s, _e in extract(["vortex due to glyph", "no waltz and jinx"], GRAPH)}
    vortex, glyph = (expand(f"W:{WORDS.index(word):07d}") for word in ("vortex", "glyph"))
    assert (vortex, "caused_by>", glyph) in said and not any(expand("W:0000006") in row for row in said)
    assert list(labelled("no waltz here", "red", GRAPH)) == []


def test_gain_counts_what_is_new_and_named_at_home():
    options = TogetherOptions(least=1, support=1)
    done = built(options)
    had = gain(done.homes[0].local, done.told[0], ["a glyph"], ["vortex", "quartz", "nothing"], GRAPH, options.functional)
    own = all_names(done.homes[:1])
    assert had.triples == len(done.names - own) and (had.before, had.after, had.test_texts) == (1, 2, 3) and had.entities == 2  # glyph and vortex; sphinx came too, but none of its texts names it
    nothing = gain(done.homes[0].local, (), ["a glyph"], ["vortex"], GRAPH, options.functional)
    assert (nothing.triples, nothing.entities, nothing.before) == (0, 0, nothing.after)


@pytest.mark.parametrize("wrong", [{"least": 0}, {"epsilon": 0}, {"refused": ["@1"]}, {"refused": ["points_to@x"]}, {"rule": "none"}])
def test_options_that_break_a_rule_are_one_sentence(wrong):
    with pytest.raises(ConfigError) as error:
        parse(TogetherOptions, wrong)
    assert len(str(error.value)) < 300
