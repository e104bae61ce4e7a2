"""The common form of a measurement: rows for a table, checks with their limits, and notes on what could not be measured."""

import importlib
import inspect
import json
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fedviz import __version__
from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic

Say = Callable[[str], None]
"""`say(line)`: progress for a person; never part of the result."""


@dataclass(frozen=True)
class Check:
    """A law or a stated figure: what, the value measured, the limit in words, and whether it holds."""

    what: str
    value: float
    limit: str
    passed: bool


@dataclass(frozen=True)
class Result:
    """What a measurement found. `rows` share their keys, in the order of the table's columns.

    `unprinted`: columns that the JSON has and the printed table leaves out; `series`: lists of numbers for charts, by chart and line.
    """

    name: str
    rows: list[dict[str, Any]]
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unprinted: tuple[str, ...] = ()
    series: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return all(check.passed for check in self.checks)

    def data(self) -> dict[str, Any]:
        """Plain data for JSON, with the machine that it was measured on."""
        return {
            "name": self.name,
            "passed": self.passed,
            "rows": self.rows,
            "checks": [vars(check) for check in self.checks],
            "notes": self.notes,
            **({"series": self.series} if self.series else {}),
            "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version(), "fedviz": __version__},
        }


def at_most(what: str, value: float, limit: float, unit: str = "") -> Check:
    """A check that a value stays at or below its limit."""
    return Check(what, value, f"at most {limit:g}{f' {unit}' if unit else ''}", bool(value <= limit))


def at_least(what: str, value: float, limit: float, unit: str = "") -> Check:
    """A check that a value reaches its limit."""
    return Check(what, value, f"at least {limit:g}{f' {unit}' if unit else ''}", bool(value >= limit))


def run_bench(name: str, quick: bool, as_json: bool, report: Path | None = None, **parts: Any) -> Result:
    """Run one measurement and print it: a table on standard output, or one line of JSON; progress goes to standard error.

    `parts` (what `measure` takes beside: a part of the measurement, or what is kept of it) and `report` (a file for its page) are for modules that offer them;
    `InputError` for the others.
    """
    module = importlib.import_module(f"fedviz.bench.{name}")
    refused = [part for part in parts if part not in inspect.signature(module.measure).parameters] + (["report"] if report and not hasattr(module, "report") else [])
    if refused:
        raise InputError(f"`--{refused[0]}` is for a bench that has it, such as knowledge, but got {name}.")
    result: Result = module.measure(quick, lambda line: print(line, file=sys.stderr, flush=True), **parts)
    if report:
        write_atomic(report.absolute(), module.report(result))
    if as_json:
        print(json.dumps(result.data(), ensure_ascii=False), flush=True)
        return result
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(title=name, title_justify="left")
    columns = [column for column in (result.rows[0] if result.rows else ()) if column not in result.unprinted]
    for column in columns:
        table.add_column(column)
    for row in result.rows:
        table.add_row(*(cell(row[column]) for column in columns))
    console.print(table)
    for check in result.checks:
        console.print(f"{'holds' if check.passed else 'FAILS'}: {check.what} = {cell(check.value)} ({check.limit})", markup=False)
    for note in result.notes:
        console.print(note, markup=False)
    return result


def cell(value: Any) -> str:
    """A value of a table as text: numbers with three significant digits."""
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:,.0f}" if isinstance(value, float) else str(value)


def script(name: str) -> int:
    """What the files in `benchmarks/` call: the same as `python -m fedviz bench NAME` with the arguments given."""
    from fedviz.cli.main import main

    return main(["bench", name, *sys.argv[1:]])
