"""The laws of partitions and of limits under all options, on the toy scenario as a run loads it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.carriers.store import is_present
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import PARTITIONS, SCENARIOS
from fedviz.core.seeds import generator
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.load import preview
from fedviz.scenarios.partitions.base import Shards

OPTIONS = {
    "natural": st.just({}),
    "iid": st.just({}),
    "dirichlet": st.fixed_dictionaries({"alpha": st.sampled_from([1e-3, 0.1, 1.0, 1000.0])}),
    "shards": st.fixed_dictionaries({"shards_per_client": st.integers(1, 4)}),
    "quantity": st.fixed_dictionaries({"exponent": st.floats(0, 5)}),
    "entity": st.fixed_dictionaries({"hidden_share": st.floats(0.05, 0.95)}),
    "feature": st.fixed_dictionaries({"skew": st.floats(0, 1)}),
}


def split(name: str, data: ScenarioData, clients: int, seed: int = 0, **options: object) -> Shards:
    """`data` dealt out by the partition of that name."""
    entry = PARTITIONS.get(name)
    return entry.split(data, clients, entry.options(**options), generator(seed, "test"))


def toy(seed: int = 0, **options: int) -> ScenarioData:
    """The toy scenario with these options."""
    entry = SCENARIOS.get("toy")
    return entry.load(entry.options(**options), seed)


def test_every_partition_is_tested() -> None:
    assert tuple(OPTIONS) == PARTITIONS.names()


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=15, deadline=None)
@given(texts=st.integers(8, 80), labels=st.integers(0, 3), clients=st.integers(1, 12), seed=st.integers(0, 999), data=st.data())
def test_every_text_has_one_client_and_every_client_a_text(name: str, texts: int, labels: int, clients: int, seed: int, data: st.DataObject) -> None:
    scenario = toy(seed, train_texts=texts, test_texts=max(4, texts // 2), labels_per_class=labels)
    options = data.draw(OPTIONS[name])
    try:
        shards = split(name, scenario, clients, seed, **options)
    except ConfigError as error:
        assert str(error).endswith(".") and "\n" not in str(error) and ". " not in str(error)
        assert clients > 1 or name in ("entity", "shards")
        return
    for rows, part in ((shards.train, scenario.train), (shards.test, scenario.test)):
        assert len(rows) == clients
        assert sorted(np.concatenate(rows)) == list(range(len(part)))
    assert min(map(len, shards.train)) >= 1


@pytest.mark.parametrize("name", OPTIONS)
def test_a_usual_number_of_clients_is_possible(name: str) -> None:
    assert len(split(name, toy(), 8).names) == 8


def test_alpha_runs_from_one_class_to_even() -> None:
    data = toy(train_texts=800)
    distances = []
    for alpha in (0.02, 0.5, 5.0, 1000.0):
        dealt = [rows for seed in range(5) for rows in split("dirichlet", data, 5, seed, alpha=alpha).train]
        mixes = np.array([np.bincount(data.train.labels[rows], minlength=4) / len(rows) for rows in dealt])
        distances.append(np.abs(mixes - 0.25).sum(1).mean() / 2)
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 0.5 and distances[-1] < 0.05


def test_the_test_does_not_change_with_the_labels() -> None:
    assert toy(labels_per_class=2).test.texts == toy().test.texts


def test_one_client_that_holds_everything_has_met_everything() -> None:
    whole = RunConfig.parse({"scenario": {"name": "toy", "train_texts": 400}, "model": "toy", "partition": "iid", "federation": {"clients": 1}})
    assert preview(whole).unseen == (0.0,)


@pytest.mark.parametrize("word", ["", "nothing"])
def test_an_unknown_scenario_lists_the_known_ones(word: str) -> None:
    with pytest.raises(ConfigError, match="toy, medicine-coding, medicine-vignettes"):
        RunConfig.parse({"scenario": word})


def test_a_run_has_no_more_clients_than_its_scenario_has_parties_unless_somebody_says_so() -> None:
    for entry in SCENARIOS:
        assert RunConfig.parse({"scenario": entry.name}).federation.clients == min(8, entry.parties)
        assert RunConfig.parse({"scenario": {"name": entry.name}, "federation": {"clients": 5, "rounds": 2}}).federation.clients == 5


@pytest.mark.parametrize("name", SCENARIOS.names())
def test_the_entry_says_how_many_parties_there_are(name: str) -> None:
    entry = SCENARIOS.get(name)
    if name == "own":
        pytest.skip("the user's texts decide")
    if not all(map(is_present, entry.carriers)):
        pytest.skip("its carriers are not in the data folder; run `python -m fedviz fetch`")
    assert len(entry.load(entry.options(), 0).parties) == entry.parties
