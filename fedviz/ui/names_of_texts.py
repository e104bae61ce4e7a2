"""What the kept data sets are called where one of them is chosen."""

from fedviz.core.i18n import _
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
