"""A version of a run's model as a folder for other programs: weights, tokenizer, classifier and model card; whole or not there."""

import io
import secrets
import shutil
import zipfile
from pathlib import Path
from typing import Any

from fedviz.carriers.records import CARRIERS
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.registry import MODELS
from fedviz.models.predictor import Predictor
from fedviz.runs.card import Facts, card
from fedviz.runs.folder import RunFolder, view_of
from fedviz.runs.models import predictor_of
from fedviz.runs.versions import Version, version
from fedviz.scenarios import load as scenarios

CARD = "README.md"


def export(folder: RunFolder, to: Path, number: int | None = None, client: int | None = None, *, adapter: bool = False, onnx: bool = False) -> Version:
    """Write the model after round `number` (None: the newest), or that of a client, to the new folder `to`; gives what was written.

    `adapter`: the adapters alone, for peft; `onnx`: the text's part as `model.onnx` too. `InputError` where `to` holds something already, or where the model
    cannot be written so; `RunError` where it is not kept. Written beside and renamed.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise InputError(f"An export must go to a new or empty folder, but {to.name!r} holds something already.")
    chosen = version(folder, number, client)
    beside = to.with_name(f".{to.name}.{secrets.token_hex(4)}")
    try:
        beside.mkdir(parents=True)
        _write(folder, chosen, beside, adapter, onnx)
        for file in beside.iterdir():
            file.chmod(0o644)  # weights are written for their owner alone
        if to.exists():
            to.rmdir()
        beside.rename(to)
    except OSError as error:
        raise InputError(f"The model cannot be written to {to.name!r}: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return chosen


def zipped(place: Path) -> bytes:
    """An exported folder as a zip archive; weights do not shrink, and are stored as they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(place.iterdir()):
            archive.write(file, Path(place.name) / file.name)
    return target.getvalue()


def _write(folder: RunFolder, chosen: Version, into: Path, adapter: bool, onnx: bool) -> None:
    from fedviz.models.exchange import about, check_exportable, write_about, write_text_model
    from fedviz.models.onnx_file import write_onnx

    model = predictor_of(folder, chosen)
    check_exportable(model.model)
    config, view, data = folder.config(), view_of(folder), scenarios.load(folder.config())
    base = base_name(config, check_exportable(model.model))
    write_text_model(model.model, into, adapter, base)
    facts = {**about(model.model, model.classes, config.model.max_tokens), **_beside(folder, config, chosen, model), "adapter": adapter, "class_entities": dict(data.class_entities)}
    write_about(into, facts)
    difference = write_onnx(model.model, into) if onnx else None
    pooler = not model.model.encoder.frozen.family.causal
    (into / CARD).write_text(card(Facts(config, view, data, chosen, base, adapter, pooler, difference)), "utf-8")


def _beside(folder: RunFolder, config: RunConfig, chosen: Version, model: Predictor) -> dict[str, Any]:
    """What the model was trained with, so that a run that starts from it can tell whether it fits."""
    return {
        "run": folder.id,
        "round": chosen.round,
        "client": chosen.client,
        "tuning": config.model.tuning,
        "knowledge": config.to_data()["knowledge"],
        "graph": model.graph.digest,
    }


def base_name(config: RunConfig, source: Path) -> str:
    """What the language model below is called: by its publisher where its carrier says so, by its id on the hub where it came from there, else by its folder."""
    carriers, said = MODELS.get(config.model.name).carriers, str(getattr(config.model, "source", ""))
    if carriers:
        return CARRIERS[carriers[0]].source.split(",")[0]
    return source.name if not said or Path(said).expanduser().is_dir() else said
