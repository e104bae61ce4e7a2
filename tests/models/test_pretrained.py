"""A model of one's own choice takes part in whole runs, whatever its family, and what is no model is refused in one sentence before and in a run."""

import threading
from pathlib import Path
from typing import Any

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, FedvizError, InputError
from fedviz.models import hub
from fedviz.models.pretrained import PretrainedOptions, folder, load, pinned
from fedviz.runs.folder import create, view_of
from fedviz.runs.worker import work
from tests.models.small_folders import FAMILIES, small_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def config(source: Path | str, **model: Any) -> RunConfig:
    return RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 24, "test_texts": 8}, "model": {"name": "pretrained", "source": str(source), "max_tokens": 16, **model},
        "federation": {"rounds": 1, "clients": 2, "batch_size": 4, "compare": False},
    })  # fmt: skip


def done(one: RunConfig, root: Path) -> Any:
    run = create(root, one, "small")
    work(run, threading.Event())
    return view_of(run)


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["head", "lora", "full"])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_takes_part_in_a_run(family: str, tuning: str, tmp_path: Path) -> None:
    view = done(config(small_folder(family, tmp_path / family), tuning=tuning, lora_targets="all linear"), tmp_path / "runs")
    assert view.status == "finished" and view.rounds_done == 1, view.reason


def test_a_run_with_no_model_fails_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    view = done(config(tmp_path / "empty"), tmp_path / "runs")
    assert view.status == "failed" and "must hold a config.json" in view.reason


def test_files_that_changed_are_read_again(tmp_path: Path) -> None:
    place = small_folder("bert", tmp_path / "m")
    options = PretrainedOptions(source=str(place))
    first, same = load(options), load(options)
    small_folder("bert", place, layers=2)
    other = load(options)
    assert first is same and (len(first.layers), len(other.layers)) == (3, 2) and first.key != other.key


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "got source=''"),
        ({"source": "/no/such/place"}, "'/no/such/place' is neither"),
        ({"source": "a/b/c"}, "is neither"),
        ({"source": "."} | {"revision": COMMIT}, "must be empty for a folder"),
    ],
)
def test_a_source_that_is_none_is_refused(given: dict[str, str], says: str) -> None:
    with pytest.raises(FedvizError, match=says):
        folder(PretrainedOptions(**given))


def test_a_revision_is_a_commit() -> None:
    with pytest.raises(ConfigError, match="revision"):
        config("owner/model", revision="main")


def test_a_model_of_the_hub_without_a_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both ways to have no network: told to use none, and none that answers."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for revision in ("", COMMIT):
        with pytest.raises(InputError, match="switched off by HF_HUB_OFFLINE; name a local folder"):
            load(PretrainedOptions(source="owner/model", revision=revision))


def test_only_weights_settings_and_tokenizer_of_one_commit_are_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub

    asked: list[dict[str, Any]] = []

    def download(source: str, **wanted: Any) -> str:
        asked.append(wanted)
        if wanted.get("local_files_only"):
            raise OSError("not here")
        return str(tmp_path / COMMIT)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert hub.snapshot("owner/model", COMMIT).name == COMMIT
    assert [one["revision"] for one in asked] == [COMMIT, COMMIT]
    assert not [name for name in asked[-1]["allow_patterns"] if name.endswith((".bin", ".py", ".pt", ".pkl"))]
    held = pinned(config("owner/model"))
    assert held.model.revision == COMMIT and pinned(held) is held
    assert not any("safetensors" in name for name in asked[-1]["allow_patterns"]), "a commit is found without the weights"
