"""Data sets of Hugging Face by their id, where there is a network: their plain files at one commit, and never any code of theirs.

A repository that holds no CSV, JSON lines or Parquet is read from the branch `refs/convert/parquet`, into which the Hub itself converts public data sets
(https://huggingface.co/docs/dataset-viewer/parquet). The commit is kept with the data set, so that the same import can be repeated.
"""

import re
from pathlib import Path
from typing import NamedTuple

from fedviz.carriers.home import data_home
from fedviz.core.errors import InputError
from fedviz.scenarios.texts.records import MAX_BYTES, MAX_FILES
from fedviz.scenarios.texts.tables import File, known_ending

CONVERTED = "refs/convert/parquet"
_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?\Z")
_REVISION = re.compile(r"[\w./-]{0,100}\Z")
_TIMEOUT_S = 20.0


class Fetched(NamedTuple):
    """Files of a data set, where they come from with the commit, and the licence that its page names (may be empty)."""

    files: tuple[File, ...]
    origin: str
    licence: str


class _Listed(NamedTuple):
    commit: str
    sizes: dict[str, int]
    licence: str


def fetch(name: str, revision: str = "", part: str = "") -> Fetched:
    """The files of a data set at a revision (empty: the newest), only those whose path has `part` in it. Downloads are kept in the data folder.

    `InputError` where the name is impossible, where nothing answers, where there is no such data set, and where it is too large.
    """
    if not _ID.match(name) or ".." in name:
        raise InputError(f"A data set of Hugging Face is named OWNER/NAME in letters, digits, `.`, `_` and `-`, but got {name[:100]!r}.")
    if not _REVISION.match(revision) or ".." in revision:
        raise InputError(f"A revision is a commit, a branch or a tag, but got {revision[:100]!r}.")
    listed = _listed(name, revision)
    chosen = _chosen(listed, part)
    if not chosen and not revision:
        listed = _listed(name, CONVERTED)
        chosen = _chosen(listed, part)
    if not chosen:
        raise InputError(f"The data set {name!r} has no CSV, JSON lines or Parquet{f' with {part[:60]!r} in its path' if part else ''}.")
    size = sum(chosen.values())
    if size > MAX_BYTES or len(chosen) > MAX_FILES:
        raise InputError(f"`bytes <= {MAX_BYTES}` and `files <= {MAX_FILES}` must hold, but {name!r} has bytes={size} and files={len(chosen)}; choose a part of it.")
    files = tuple(File(path, _download(name, path, listed.commit)) for path in chosen)
    return Fetched(files, f"https://huggingface.co/datasets/{name} at {listed.commit}", listed.licence)


def _chosen(listed: _Listed, part: str) -> dict[str, int]:
    """Path -> bytes of the files that can be read, of one format: Parquet before the others, since a repository that has both says the same twice."""
    fitting = {path: size for path, size in sorted(listed.sizes.items()) if known_ending(path) and not path.lower().endswith((".txt", ".json")) and part.lower() in path.lower()}
    formats = [known_ending(path) for path in fitting]
    best = next((kind for kind in ("parquet", "csv", "jsonl") if kind in formats), "")
    return {path: size for path, size in fitting.items() if known_ending(path) == best}


def _listed(name: str, revision: str) -> _Listed:
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        info = huggingface_hub.HfApi(token=False).dataset_info(name, revision=revision or None, files_metadata=True, timeout=_TIMEOUT_S)
    except RevisionNotFoundError:
        if revision == CONVERTED:
            return _Listed("", {}, "")
        raise InputError(f"The data set {name!r} has no revision {revision[:100]!r}.") from None
    except (RepositoryNotFoundError, HFValidationError):
        raise InputError(f"Hugging Face has no public data set {name!r}.") from None
    except Exception as error:  # what a missing network raises depends on the HTTP library underneath
        raise _offline(error) from None
    card = getattr(info, "card_data", None)
    licence = getattr(card, "license", None) or ""
    return _Listed(str(info.sha or ""), {one.rfilename: int(one.size or 0) for one in info.siblings or ()}, ", ".join(licence) if isinstance(licence, list) else str(licence))


def _download(name: str, path: str, commit: str) -> bytes:
    import huggingface_hub

    try:
        kept = huggingface_hub.hf_hub_download(name, path, repo_type="dataset", revision=commit, cache_dir=data_home() / "hub", token=False)
        return Path(str(kept)).read_bytes()
    except Exception as error:
        raise _offline(error) from None


def _offline(error: Exception) -> InputError:
    return InputError(
        f"A data set of Hugging Face comes by network: huggingface.co must answer and HF_HUB_OFFLINE must not be set, but got {type(error).__name__}; files of your own need no network."
    )
