"""Ready-made configurations: one TOML file each in `presets/`, with a title, a summary, and the config."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

from fedviz.core.config import RunConfig, read_toml
from fedviz.core.errors import UnknownNameError


@dataclass(frozen=True)
class Preset:
    """A ready-made configuration. `order` is its place on the page; `data` the config as plain data, checked when `config` is asked for."""

    name: str
    title: str
    summary: str
    order: int
    data: dict[str, Any]

    @cached_property
    def config(self) -> RunConfig:
        """The configuration."""
        return RunConfig.parse(self.data)


@lru_cache(maxsize=1)
def presets() -> tuple[Preset, ...]:
    """All presets in the order of the page."""
    found = []
    for file in resources.files("fedviz.runs").joinpath("presets").iterdir():
        if file.name.endswith(".toml"):
            data = read_toml(file.read_text("utf-8"))
            found.append(Preset(file.name.removesuffix(".toml"), data["title"], data["summary"], data["order"], data["config"]))
    return tuple(sorted(found, key=lambda preset: (preset.order, preset.name)))


def preset(name: str) -> Preset:
    """The preset of that name; `UnknownNameError` lists the known ones."""
    for one in presets():
        if one.name == name:
            return one
    raise UnknownNameError("preset", name, (one.name for one in presets()))
