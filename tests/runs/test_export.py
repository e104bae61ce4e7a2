"""What is exported gives, in a program that knows nothing of fedviz, the logits that fedviz gives."""

import json
import os
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from fedviz.carriers.fetch import is_present
from fedviz.core.errors import InputError, RunError
from fedviz.runs.export import export, zipped
from fedviz.runs.folder import RunFolder
from fedviz.runs.models import predictor_of
from fedviz.runs.versions import export_name, version
from tests.models.small_folders import FAMILIES, small_folder
from tests.runs.exported import TEXTS, finished, small_model, tiny
from tests.runs.small import small

OUTSIDE = """
import json, os, sys
told = {}
for folder, base in json.loads(sys.argv[1]):
    os.chdir(folder)
    space = {}
    code = open("README.md", encoding="utf-8").read().split("```python\\n")[1].split("```")[0]
    if base:
        lines = ["base = " + repr(base) if line.startswith("base = ") else line for line in code.splitlines()]
        code = "\\n".join(lines)
    exec(code, space)
    told[folder] = [space["logits"](text).tolist() for text in json.loads(sys.argv[2])]
assert not any(name.split(".")[0] == "fedviz" for name in sys.modules)
print("TOLD" + json.dumps(told))
"""


def outside(folders: dict[Path, str]) -> dict[Path, np.ndarray]:
    """What the cards' programs say in a process without fedviz; `folders`: with the base of each that needs one."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"HF_HUB_OFFLINE": "1"}
    asked = json.dumps([(str(folder), base) for folder, base in folders.items()]), json.dumps(TEXTS)
    done = subprocess.run([sys.executable, "-c", OUTSIDE, *asked], capture_output=True, text=True, env=environment, cwd="/", timeout=280)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout[done.stdout.index("TOLD") + 4 :])
    return {Path(folder): np.array(values) for folder, values in told.items()}


def inside(folder: RunFolder, client: int | None = None) -> np.ndarray:
    model = predictor_of(folder, version(folder, client=client))
    return np.stack([model.read(text).text_logits for text in TEXTS])


def test_the_cards_program_gives_the_same_logits_outside(tmp_path: Path) -> None:
    wanted, folders = {}, {}
    for family in FAMILIES:
        base = small_folder(family, tmp_path / family)
        with small_model(base):
            for tuning in ("lora", "full"):
                run = finished(tmp_path / "runs", tiny(**{"model.tuning": tuning}), "Mønday <b>`x`</b>")
                for name, client, adapter in (("all", None, False), ("client", 1, False), ("adapter", None, True)):
                    if adapter and tuning != "lora" or client and family != "gpt2":
                        continue
                    place = tmp_path / f"{family}-{tuning}-{name}"
                    export(run, place, client=client, adapter=adapter)
                    wanted[place], folders[place] = inside(run, client), str(base) if adapter else ""
    told = outside(folders)
    for place, logits in wanted.items():
        assert np.abs(logits).max() > 0.05, "the head must say something"
        np.testing.assert_allclose(told[place], logits, atol=1e-5, rtol=1e-5, err_msg=place.name)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_folder("bert", tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture(scope="module")
def run(bert: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    with small_model(bert):
        return finished(tmp_path_factory.mktemp("runs"), tiny(**{"privacy.name": "central", "federation.weighting": "even"}))


@pytest.fixture
def model(bert: Path):
    with small_model(bert):
        yield


def test_the_card_says_what_a_reader_must_know(run: RunFolder, model: None, tmp_path: Path) -> None:
    export(run, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    for words in ("## Load it", "epsilon", "delta 1e-05", "Licence: MIT", "| Accuracy | 0.", run.id, "```toml", "cut after 40 tokens", "knows its classes"):
        assert words in card, words
    assert str(tmp_path) not in card and str(Path.home()) not in card
    assert re.match(r"---\n(\w+: .+\n)+---\n", card)
    export(run, tmp_path / "client", client=0)
    assert "nothing bounds what this client's own model tells" in (tmp_path / "client" / "README.md").read_text("utf-8")


def test_an_export_is_whole_or_not_there(run: RunFolder, model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(InputError, match="new or empty folder, but 'full' holds something"):
        export(run, tmp_path / "full")
    monkeypatch.setattr("fedviz.runs.export.card", lambda facts: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(InputError, match="No space left"):
        export(run, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_what_is_not_there_is_one_sentence(run: RunFolder, model: None, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="round 7"):
        export(run, tmp_path / "a", 7)
    with pytest.raises(RunError, match="client 9"):
        export(run, tmp_path / "a", 1, client=9)
    toy = finished(tmp_path / "runs", small())
    with pytest.raises(InputError, match="hashes its words"):
        export(toy, tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_zip_holds_the_folder(run: RunFolder, model: None, tmp_path: Path) -> None:
    name = export_name(run.id, 1, 0, adapter=True)
    assert name == f"fedviz-{run.id}-round-1-client-0-adapter"
    export(run, tmp_path / name, 1, 0, adapter=True)
    names = zipfile.ZipFile(BytesIO(zipped(tmp_path / name))).namelist()
    assert {f"{name}/{file}" for file in ("README.md", "adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "classifier.json", "classifier.safetensors")} <= set(names)


@pytest.mark.parametrize("strategy", ["ditto", "local-parts"])
def test_a_personalised_model_is_the_clients_own(bert: Path, tmp_path: Path, strategy: str) -> None:
    with small_model(bert):
        run = finished(tmp_path / "runs", tiny(**{"federation.strategy": strategy}))
        chosen = [version(run, client=client) for client in (0, 1)]
        assert [one.kind for one in chosen] == ["personal", "personal"]
        assert np.abs(chosen[0].arrays["head.weight"] - chosen[1].arrays["head.weight"]).max() > 0
        export(run, tmp_path / "out", client=1)
    assert "The personalised model of the client" in (tmp_path / "out" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("family", FAMILIES)
def test_onnx_runtime_gives_the_same_logits(tmp_path: Path, family: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    with small_model(small_folder(family, tmp_path / family)):
        run = finished(tmp_path / "runs", tiny())
        export(run, tmp_path / "out", onnx=True)
        model = predictor_of(run, version(run))
        session = onnxruntime.InferenceSession(str(tmp_path / "out" / "model.onnx"), providers=["CPUExecutionProvider"])
        for text, tokens in ((text, model.marked(text).tokens) for text in TEXTS):
            ids = np.array([tokens])
            (logits,) = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})
            np.testing.assert_allclose(logits[0], model.read(text).text_logits, atol=1e-3)
    assert "`model.onnx` takes" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_an_onnx_file_that_errs_is_not_kept(run: RunFolder, model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr("fedviz.models.onnx_file._difference", lambda *one: 0.01)
    with pytest.raises(InputError, match="is 1.0e-02 away and was not kept"):
        export(run, tmp_path / "out", onnx=True)
    assert not (tmp_path / "out").exists()


def test_without_its_packages_onnx_is_refused(run: RunFolder, model: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(InputError, match="packages onnx and onnxruntime"):
        export(run, tmp_path / "out", onnx=True)


def test_minilm_reads_outside_what_it_reads_inside(tmp_path: Path) -> None:
    """The carrier's tokenizer by the library is the one that fedviz uses: accents, other scripts, long and odd texts."""
    if not is_present("minilm"):
        pytest.skip("needs the carrier minilm")
    run = finished(tmp_path / "runs", tiny(**{"federation.learning_rate": 0.02}))
    export(run, tmp_path / "out")
    np.testing.assert_allclose(outside({tmp_path / "out": ""})[tmp_path / "out"], inside(run), atol=1e-5, rtol=1e-5)


def test_the_card_names_no_place_on_this_machine(run: RunFolder, model: None, tmp_path: Path) -> None:
    export(run, tmp_path / "first")
    again = finished(tmp_path / "runs", tiny(**{"model.start_from": str(tmp_path / "first"), "federation.weighting": "even"}))
    export(again, tmp_path / "second")
    card = (tmp_path / "second" / "README.md").read_text("utf-8")
    assert str(tmp_path) not in card and 'start_from = "first@' in card and "It began with the weights of another model" in card
