"""Reads the command line and hands over to a command; errors become one sentence on standard error and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence

from fedviz import __version__
from fedviz.cli import bench, contribution, data, explain, export, fetch, generate, kg, ledger, models, options, presets, run, runs, serve, stories
from fedviz.cli.common import plain
from fedviz.core.errors import FedvizError

OK, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: done; the run or a stated figure failed; what was asked for cannot be done; Ctrl-C."""

COMMANDS = (fetch, run, explain, export, serve, generate, stories, kg, data, runs, ledger, contribution, presets, models, options, bench)


class _Parser(argparse.ArgumentParser):
    """Errors as one sentence, without the usage text."""

    def error(self, message: str) -> None:  # type: ignore[override]
        print(f"fedviz: {plain(message[:1].upper() + message[1:].rstrip('.'))}; see `{self.prog} --help`.", file=sys.stderr)
        sys.exit(WRONG)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = _Parser(prog="python -m fedviz", description="Watch several parties train one language model together, and what a knowledge graph adds to it.")
    top.add_argument("--version", action="version", version=f"fedviz {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    for command in COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    parsed = parser().parse_args(arguments)
    try:
        return parsed.run(parsed)
    except FedvizError as error:
        print(f"fedviz: {plain(str(error))}", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; nothing is left to say, and Python must not try at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"fedviz: The system refused: {plain(f'{where}{error.strerror or error}')}.", file=sys.stderr)
        return WRONG
