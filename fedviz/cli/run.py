"""`run`: start a run, or go on with one, and follow it to its end."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, add_runs


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="start a run and follow it",
        description="Start a run from a preset or a TOML file and follow it to its end. "
        "The config.toml of a run's folder repeats that run to the bit. Ctrl-C stops after the current batch; "
        "the run can then be resumed.",
    )
    parser.add_argument("config", nargs="?", metavar="PRESET_OR_TOML", help="name of a preset, or path of a TOML file")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings", help="change an option, say federation.rounds=3; may be repeated"
    )
    parser.add_argument("--title", help="title of the run")
    parser.add_argument("--resume", metavar="RUN_ID", help="go on with a run that stopped, instead of starting one")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Submit or resume, then follow. With `--json` the journal's lines, exactly, and nothing else."""
    from fedviz.cli.follow import follow
    from fedviz.core.assignments import parse_assignments
    from fedviz.core.errors import ConfigError
    from fedviz.runs.folder import runs_root

    if (arguments.config is None) == (arguments.resume is None):
        raise ConfigError("Either a preset or a TOML file must be given, or --resume with the id of a run.")
    root = runs_root(arguments.runs)
    if arguments.resume is not None:
        if arguments.settings or arguments.title:
            raise ConfigError("A run that is resumed keeps its options: --set and --title belong to a new run.")
        from fedviz.runs.launcher import Launcher

        return follow(root, arguments.resume, arguments.json, Launcher.resume)
    config, title = read(arguments.config)
    config = config.updated(parse_assignments(arguments.settings)) if arguments.settings else config
    from fedviz.models.languages import unread
    from fedviz.runs.launcher import launcher

    if words := unread(config):
        print(f"fedviz: {words}", file=sys.stderr)
    run_id = launcher(root).submit(config, arguments.title or title)
    return follow(root, run_id, arguments.json)


def read(source: str) -> tuple[Any, str]:
    """The configuration of a preset or of a TOML file, and a title for it."""
    from fedviz.core.config import RunConfig
    from fedviz.core.errors import ConfigError, UnknownNameError
    from fedviz.runs.presets import presets

    ready = {preset.name: preset for preset in presets()}
    if source in ready:
        return ready[source].config, ready[source].title
    path = Path(source)
    if path.suffix != ".toml" and not os.path.exists(path):  # noqa: PTH110 - Path.exists raises for a name that is too long
        raise UnknownNameError("preset or TOML file", source, ready)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration {source} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}.") from None
    return RunConfig.from_toml(text), path.stem if path.name != "config.toml" else f"Again: {path.absolute().parent.name}"
