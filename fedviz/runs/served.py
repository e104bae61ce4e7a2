"""The models that an endpoint may serve: one version for good, or whatever a client of a run serves by the file of deployments."""

import threading
from pathlib import Path

from fedviz.core.errors import RunError
from fedviz.models.predictor import Predictor
from fedviz.runs.deployments import Served, deployments_path, history, scenario_of, stack
from fedviz.runs.folder import RunFolder, open_run, view_of
from fedviz.runs.models import predictor_of
from fedviz.runs.serving import ServedVersion, Source
from fedviz.runs.versions import version


def fixed(folder: RunFolder, number: int | None = None, client: int | None = None) -> Source:
    """One version, loaded now. Raises what `version` and `predictor_of` do."""
    found = _load(folder, number, client)
    return lambda: found


def deployed(root: Path, folder: RunFolder, client: int) -> Source:
    """What the client `client` of the run `folder` serves, loaded now and again whenever the file of deployments says another version.

    `RunError` where that run has no such client, or where the client serves nothing.
    """
    follower = _Follower(root, folder, client)
    follower()
    return follower


def names_of(folder: RunFolder) -> tuple[str, ...]:
    """The names of a run's clients by their number; empty before it has begun."""
    return tuple(client.info.name for client in view_of(folder).clients)


class _Follower:
    """Reads the file again where it has changed."""

    def __init__(self, root: Path, folder: RunFolder, client: int) -> None:
        names = names_of(folder)
        if not 0 <= client < len(names):
            raise RunError(f"`0 <= client < {len(names)}` must hold for the run {folder.id}, but got client={client}.")
        self._root, self._client, self._name = root, client, names[client]
        self._scenario = scenario_of(folder.config())
        self._lock = threading.Lock()
        self._seen: tuple[int, int] | None = None
        self._now: Served | None = None
        self._model: tuple[ServedVersion, Predictor] | None = None

    def __call__(self) -> tuple[ServedVersion, Predictor]:
        with self._lock:
            path = deployments_path()
            stat = path.stat() if path.exists() else None
            seen = (stat.st_mtime_ns, stat.st_ino) if stat else None
            if self._model is None or seen != self._seen:
                versions = stack(history(), self._scenario, self._name)
                if not versions:
                    raise RunError(f"The client {self._name!r} serves no model yet; choose one under Deploy on the page Runs.")
                if self._model is None or versions[-1] != self._now:
                    self._model = self._loaded(versions[-1])
                    self._now = versions[-1]
                self._seen = seen
            return self._model

    def _loaded(self, chosen: Served) -> tuple[ServedVersion, Predictor]:
        folder = open_run(self._root, chosen.run)
        if not chosen.own:
            return _load(folder, chosen.round, None)
        if self._name not in names_of(folder):
            raise RunError(f"The run {folder.id} has no client {self._name!r} any more.")
        found = _load(folder, chosen.round, names_of(folder).index(self._name))
        if found[0].kind != chosen.own:  # the run went on, and a personalised model is kept after its newest round alone
            raise RunError(f"The model of {self._name!r} after round {chosen.round} of the run {folder.id} is not kept any more; choose another version.")
        return found


def _load(folder: RunFolder, number: int | None, client: int | None) -> tuple[ServedVersion, Predictor]:
    chosen = version(folder, number, client)
    return ServedVersion(run=folder.id, round=chosen.round, client=chosen.client, kind=chosen.kind), predictor_of(folder, chosen)
