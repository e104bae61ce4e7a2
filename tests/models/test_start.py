"""A run begins where an exported model ended, or is refused in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, InputError, RunError
from fedviz.models.learner import prepare
from fedviz.models.start import checked, pinned
from fedviz.runs.export import export
from fedviz.runs.folder import create
from fedviz.runs.models import predictor_of
from fedviz.runs.versions import version
from fedviz.scenarios import load as scenarios
from tests.models.small_folders import small_folder
from tests.runs.exported import TEXTS, finished, small_model, tiny


@pytest.fixture(scope="module", params=["bert", "gpt2", "llama"])
def bases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp(request.param)
    small_folder(request.param, root / request.param)
    return root / request.param


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder("bert", tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def exported(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("exported")
    with small_model(bert):
        export(finished(root / "runs", tiny()), root / "model")
    return root / "model"


@pytest.fixture
def model(bert: Path):
    with small_model(bert):
        yield


def begun(config: RunConfig):
    return prepare(config, scenarios.load(config))


@pytest.mark.parametrize(("before", "after"), [("lora", "lora"), ("full", "full"), ("lora", "full"), ("head", "head")])
def test_a_run_begins_where_the_exported_model_ended(bases: Path, tmp_path: Path, before: str, after: str) -> None:
    with small_model(bases):
        run = finished(tmp_path / "runs", tiny(**{"model.tuning": before}))
        export(run, tmp_path / "out")
        learner = begun(tiny(**{"model.tuning": after, "model.start_from": str(tmp_path / "out")}))
        said = predictor_of(run, version(run))
        encoder = learner.model.encoder
        for text in TEXTS:
            reading = said.read(text)
            logits = learner.model.text_logits(encoder.inputs([said.marked(reading.text).tokens], remember=False)).detach().numpy()[0]
            np.testing.assert_allclose(logits, reading.text_logits, atol=2e-5)
        np.testing.assert_array_equal(learner.initial["graph.weight"], said.matrix.astype(np.float32))
        if before == after:
            assert {name: values.tobytes() for name, values in learner.initial.items()} == {name: values.tobytes() for name, values in version(run).arrays.items()}


def test_a_run_keeps_the_digest_and_refuses_another_model(exported: Path, model: None, tmp_path: Path) -> None:
    folder = create(tmp_path, tiny(**{"model.start_from": str(exported)}), "t")
    kept = folder.config()
    assert kept.model.start_from == f"{exported}@{checked(str(exported))}"
    assert pinned(kept) == kept
    begun(kept)
    with pytest.raises(ConfigError, match="has changed since: its digest was 0000000000000000"):
        begun(kept.updated({"model.start_from": f"{exported}@{'0' * 16}"}))


def test_a_name_is_looked_for_in_the_data_folder(exported: Path, model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "mine").symlink_to(exported)
    assert np.abs(begun(tiny(**{"model.start_from": "mine"})).initial["head.weight"]).max() > 0
    with pytest.raises(ConfigError, match="must name a folder that a model of fedviz was exported to, but 'yours' is none"):
        create(tmp_path, tiny(**{"model.start_from": "yours"}), "t")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"model.tuning": "head"}, "`model.tuning` must be full, or lora as in the model to start from, but got tuning=head"),
        ({"knowledge.strength": 1.0}, "section `knowledge`"),
        ({"graph.rewired": 0.5}, "the run's graph"),
        ({"model.lora_rank": 4}, "model's shapes"),
        ({"model.lora_layers": 1}, "model's names"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_does_not_fit_is_refused(exported: Path, model: None, changes: dict, says: str) -> None:
    with pytest.raises((InputError, RunError), match=says):
        begun(tiny(**{"model.start_from": str(exported), **changes}))


@pytest.mark.parametrize(("key", "value", "says"), [("classes", ["a", "b"], "classes in their order"), ("base", "other", "the run's language model, whose weights have the digest [0-9a-f]{16}, but it was trained on other"), ("format", 9, "another version")])
def test_another_models_facts_are_refused(exported: Path, model: None, tmp_path: Path, key: str, value: object, says: str) -> None:
    about = json.loads((exported / "classifier.json").read_text("utf-8"))
    (tmp_path / "classifier.json").write_text(json.dumps({**about, key: value}), "utf-8")
    (tmp_path / "classifier.safetensors").symlink_to(exported / "classifier.safetensors")
    with pytest.raises(InputError, match=says):
        begun(tiny(**{"model.start_from": str(tmp_path)}))
