"""Any pretrained model of the four families, from a local folder or from the Hugging Face hub."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, InputError
from fedviz.core.i18n import N_
from fedviz.models import hub
from fedviz.models.folders import from_folder, kind_of, settings_of
from fedviz.models.options import Facts, ModelEntry, ModelOptions
from fedviz.models.shapes import Shape, shape_of

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.models.backbone import Backbone


class PretrainedOptions(ModelOptions):
    """Options of a model of one's own choice: the shared ones, and where it is."""

    name: Literal["pretrained"] = "pretrained"
    source: Annotated[str, Field(max_length=300, title="Folder or hub id", description="A folder on this machine with config.json, safetensors and a tokenizer, or the id of a model on the Hugging Face hub, such as FacebookAI/roberta-base. BERT, RoBERTa, GPT-2 and Llama can take part.")] = ""
    revision: Annotated[str, Field(pattern=r"^([0-9a-f]{40})?$", title="Commit on the hub", description="The commit of the hub's model, 40 hexadecimal digits, so that a repeated run reads the same weights. Left empty, the newest is taken and written into the run.")] = ""
    lora_layers: Annotated[int, Field(ge=1, le=64, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 2


def folder(options: PretrainedOptions, weights: bool = True) -> Path:
    """The model's folder, downloaded now where it is one of the hub; without `weights` perhaps with its settings only.

    `ConfigError` where no source is given, `InputError` where there is no such folder or the hub's cannot be had.
    """
    source = options.source.strip()
    if not source:
        raise ConfigError("`model.source` must name a model's folder or a model of the hub, but got source=''.")
    local = Path(source).expanduser()
    if local.is_dir():
        if options.revision:
            raise ConfigError(f"`model.revision` must be empty for a folder, which has no commits, but got revision={options.revision}.")
        return local.resolve()
    if local.is_absolute() or not hub.is_hub_id(source):
        raise InputError(f"A model must be a folder on this machine or one of the hub, named like FacebookAI/roberta-base, but {source[:80]!r} is neither.")
    return hub.snapshot(source, options.revision) if weights else hub.settings(source, options.revision)


def load(options: PretrainedOptions) -> Backbone:
    """The model of a folder or of the hub, read once per process while its files stay the same; raises what `folder` and `from_folder` do."""
    place = folder(options)
    return from_folder(place, _key(place))


def shape(options: PretrainedOptions) -> Shape:
    """The model's size from its configuration; raises what `folder` does, and `InputError` where it is no model that can take part."""
    place = folder(options, weights=False)
    if _is_local(options):
        kind_of(place)
    try:
        return shape_of(settings_of(place))
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        raise InputError(f"A model's config.json must hold the sizes of its family, but that in {place.name!r} does not.") from None


def facts(options: PretrainedOptions) -> Facts:
    """What the model's card says of licence and languages, with the commit of a hub's model; raises what `folder` does."""
    from huggingface_hub.repocard import metadata_load

    place = folder(options, weights=False)
    try:
        card = metadata_load(place / "README.md") or {}
    except Exception:  # no card, or one that is no text or no YAML, for which its parser has errors of its own
        card = {}
    spoken = card.get("language") or []
    languages = ", ".join(map(str, spoken if isinstance(spoken, list) else [spoken]))[:200]
    revision = N_("a folder on this machine") if _is_local(options) else place.name
    return Facts(str(card.get("license") or N_("see its publisher"))[:80], languages or N_("see its publisher"), revision)


def pinned(config: RunConfig) -> RunConfig:
    """The configuration with the commit of the hub's model that it names, so that the run is repeated with the same weights; raises what `folder` does."""
    options = config.model
    if not isinstance(options, PretrainedOptions) or options.revision:
        return config
    place = folder(options, weights=False)
    return config if _is_local(options) else config.updated({"model.revision": place.name})


def _is_local(options: PretrainedOptions) -> bool:
    return Path(options.source.strip()).expanduser().is_dir()


def _key(place: Path) -> str:
    """A name for the weights as they lie in a folder now: another for other files."""
    files = sorted(path for path in place.iterdir() if path.suffix in (".safetensors", ".json", ".txt"))
    found = hashlib.blake2b(str(place).encode(), digest_size=8)
    for path in files:
        state = path.stat()
        found.update(f"{path.name} {state.st_size} {state.st_mtime_ns}".encode())
    return f"{kind_of(place)}-{found.hexdigest()}"


PRETRAINED = ModelEntry(
    "pretrained",
    N_("Any pretrained model"),
    N_("A model of the families BERT, RoBERTa, GPT-2 or Llama from a folder on this machine or from the Hugging Face hub. Its weights must be stored as safetensors, and no code of it is run."),
    PretrainedOptions,
    load,
    shape,
    facts,
)
