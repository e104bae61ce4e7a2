"""What scenarios and kept data sets are called where one of them is chosen."""

from fedviz.core.config import MAX_CLIENTS, RunConfig
from fedviz.core.i18n import _
from fedviz.core.registry import SCENARIOS
from fedviz.scenarios.texts import folder
from fedviz.scenarios.texts.records import TextsInfo
from fedviz.ui.text import clean


def names(now: str) -> dict[str, str]:
    """What the scenario may be about, with words for each: nothing yet, or a kept data set; `now` is among them, also where it is gone or another version."""
    found = {"": _("none yet")} | {info.name: words(info) for info in folder.kept()}
    if now not in found:
        found[now] = _("{name} as it was").format(name=clean(now, 60))
    return found


def words(info: TextsInfo) -> str:
    """Title and size of a data set."""
    return _("{title} ({count} texts)").format(title=clean(info.title, 60), count=f"{info.rows:,}")


def scenarios() -> dict[str, str]:
    """Everything whose training texts can be read, with words for each: the scenarios, and of one's own every kept data set as `own/NAME`; real texts first."""
    found = {entry.name: _(entry.title) for entry in SCENARIOS if entry.name != "own"}
    own = {f"own/{info.name}": words(info) for info in folder.kept()}
    return dict(sorted((found | own).items(), key=lambda entry: entry[0] == "toy"))


def config_of(key: str) -> RunConfig:
    """The configuration of a key of `scenarios`, with all its training texts and each client that they name."""
    scenario, _slash, name = key.partition("/")
    if not name:
        return RunConfig.parse({"scenario": {"name": scenario}})
    clients = min(len(folder.read(name).clients), MAX_CLIENTS)
    return RunConfig.parse({"scenario": {"name": scenario, "data": name}, "partition": "natural" if clients else "iid", "federation": {"clients": clients or 1}})
