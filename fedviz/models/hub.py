"""Models of the Hugging Face hub: weights as safetensors, configuration, tokenizer and model card of one commit, and nothing else, so that no code and no pickle arrives."""

import re
import time
from pathlib import Path

from fedviz.core.errors import InputError
from fedviz.models.imports import IMPORTS

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "vocab.txt", "README.md")
FILES = ("model.safetensors", "model-*-of-*.safetensors", "model.safetensors.index.json", *SETTINGS)
_TIMEOUT_S = 8.0
_ASKED_AGAIN_S = 60.0
_asked: dict[tuple[str, str], tuple[float, Path | InputError]] = {}
"""What the hub answered of late, since a page asks at every change."""


def is_hub_id(source: str) -> bool:
    """Whether a source may be the id of a model of the hub: `name` or `owner/name`."""
    return HUB_ID.fullmatch(source) is not None


def settings(source: str, revision: str = "") -> Path:
    """The folder with a model's settings, perhaps without its weights, as `snapshot` gives it; the hub is asked once a minute at most."""
    at, answer = _asked.get((source, revision), (0.0, None))
    if answer is None or time.monotonic() - at > _ASKED_AGAIN_S:
        try:
            answer = snapshot(source, revision, weights=False)
        except InputError as error:
            answer = error
        _asked[source, revision] = (time.monotonic(), answer)
    if isinstance(answer, InputError):
        raise InputError(str(answer))
    return answer


def snapshot(source: str, revision: str = "", weights: bool = True) -> Path:
    """The folder with a model's files at a commit (empty: the newest), downloaded now where they are not there yet; without `weights` its settings only.

    The folder's name is the commit. Raises `InputError` where the hub cannot be reached and the files are not here, or where it has no such model.
    """
    with IMPORTS:
        from huggingface_hub import constants, snapshot_download
        from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError

    wanted = {"revision": revision or None, "allow_patterns": list(FILES if weights else SETTINGS), "etag_timeout": _TIMEOUT_S}
    if revision:  # a commit does not change: what is here need not be asked for
        try:
            here = Path(snapshot_download(source, local_files_only=True, **wanted))
        except (OSError, ValueError):
            here = None
        if here is not None and (here / "config.json").exists() and (not weights or any(here.glob("*.safetensors"))):
            return here
    try:
        return Path(snapshot_download(source, **wanted))
    except GatedRepoError:
        raise InputError(f"A model of the hub must be open to everybody, but {source!r} asks for an agreement; download it yourself and name its folder.") from None
    except RevisionNotFoundError:
        raise InputError(f"A model's revision must be a commit of the hub, but {source!r} has no {revision!r}.") from None
    except RepositoryNotFoundError:
        raise InputError(f"A model must be a folder on this machine or one of the hub, but the hub has no open model named {source!r}.") from None
    except (OSError, ValueError, HfHubHTTPError):  # no network, or told to use none
        why = "the network is switched off by HF_HUB_OFFLINE" if constants.HF_HUB_OFFLINE else "the hub could not be reached"
        raise InputError(f"The model {source!r} is not on this machine, and {why}; name a local folder, or try again with a network.") from None
