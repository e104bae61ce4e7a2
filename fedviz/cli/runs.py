"""`runs`: list, show, delete, zip, pause, cancel, resume and step runs."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, second, table

ACTIONS = {
    "list": "all runs, newest first",
    "show": "one run: its rounds and what came out",
    "delete": "delete the folder of a run that is not running",
    "zip": "write a run as a zip archive",
    "pause": "stop at the next round boundary",
    "cancel": "stop after the current batch",
    "resume": "go on with a run that stopped, and follow it",
    "step": "do one round of a run that stopped, and follow it; a run that is at work pauses after its round",
}


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser("runs", help="list, show, delete, zip, pause, cancel, resume, step runs", description="Look after the runs of a folder.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)
    for name, words in ACTIONS.items():
        action = actions.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".", argument_default=argparse.SUPPRESS)
        if name != "list":
            action.add_argument("run_id", metavar="RUN", help="id of the run")
        if name == "zip":
            action.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: fedviz-RUN.zip here)")
        add_runs(action)
        add_json(action)


def run(arguments: argparse.Namespace) -> int:
    """Do one action."""
    from fedviz.runs.folder import list_runs, open_run, runs_root

    root = runs_root(arguments.runs)
    action = arguments.action or "list"
    if action == "list":
        return _list(list_runs(root), arguments.json)
    folder = open_run(root, arguments.run_id)
    match action:
        case "show":
            return _show(folder, arguments.json)
        case "delete":
            folder.delete()
            _say(arguments, {"deleted": folder.id}, f"Deleted {folder.id}.")
        case "zip":
            out = getattr(arguments, "out", None) or Path(f"fedviz-{folder.id}.zip")
            folder.zip_to(out.absolute())
            _say(arguments, {"zip": str(out)}, f"Wrote {out}.")
        case "resume":
            return _go_on(root, folder.id, action, arguments.json)
        case "step" if not folder.is_alive():
            return _go_on(root, folder.id, action, arguments.json)
        case _:
            from fedviz.runs.launcher import Launcher

            getattr(Launcher(root), action)(folder.id)
            _say(arguments, {"asked": action, "run": folder.id}, f"Asked {folder.id} to {action}.")
    return 0


def _go_on(root: Path, run_id: str, action: str, as_json: bool) -> int:
    """Follow a run that the launcher's method of that name sets going again."""
    from fedviz.cli.follow import follow
    from fedviz.runs.launcher import Launcher

    return follow(root, run_id, as_json, getattr(Launcher, action))


def _say(arguments: argparse.Namespace, document: dict[str, str], words: str) -> None:
    if arguments.json:
        print_json(document)
    else:
        print(words)


def _list(rows: list[Any], as_json: bool) -> int:
    if as_json:
        for row in rows:
            print_json(asdict(row))
        return 0
    if not rows:
        print("No runs yet; `python -m fedviz run toy` starts one.")
        return 0
    lines = [
        (
            row.id,
            row.status,
            f"{row.rounds_done}/{row.rounds}",
            f"{row.metrics['accuracy']:.1%}" if row.metrics else "-",
            row.strategy or "-",
            plain(row.title or row.reason),
        )
        for row in rows
    ]
    print(table(lines, ("RUN", "STATUS", "ROUNDS", "ACCURACY", "STRATEGY", "TITLE")))
    for row in rows:
        if row.status == "damaged":
            print(row.reason)
    return 0


def _show(folder: Any, as_json: bool) -> int:
    from fedviz.runs.folder import summary, view_of

    row = summary(folder)
    if row.status == "damaged":
        from fedviz.core.errors import RunError

        raise RunError(row.reason)
    view = view_of(folder)
    if as_json:
        rounds = [{"round": number, **values} for number, values in view.global_metrics]
        print_json(
            {**asdict(row), "metrics_by_round": rounds, "checkpoints": folder.checkpoints(), "path": str(folder.path), "config": folder.config().to_data()}
        )
        return 0
    print(f"{plain(row.title)} ({row.id}): {row.status}{f', {row.reason}' if row.reason else ''}")
    lines = [(str(number), f"{values['loss']:.4f}", f"{values['accuracy']:.1%}", second(values)[1]) for number, values in view.global_metrics]
    beside = second(view.global_metrics[0][1])[0] if view.global_metrics else "macro-F1"
    print(table(lines, ("ROUND", "LOSS", "ACCURACY", beside.upper())))
    print(f"Weights {row.weights_digest or '-'}, folder {folder.path}")
    return 0
