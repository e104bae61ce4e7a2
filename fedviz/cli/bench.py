"""`bench`: the measurements behind every stated figure."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.bench import BENCHES
from fedviz.cli.common import add_json


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "bench",
        help="measure, and check the stated figures",
        description="Measure; exits with 1 where a law or a stated figure does not hold. Names: " + ", ".join(BENCHES) + ", all.",
    )
    parser.add_argument("name", choices=(*BENCHES, "all"), metavar="NAME", help="which one: " + ", ".join((*BENCHES, "all")))
    parser.add_argument("--quick", action="store_true", help="a smaller measurement of the same things")
    parser.add_argument("--only", default="", metavar="NAME", help="for knowledge: only scenarios whose names begin so")
    parser.add_argument("--kept", action="store_true", help="for knowledge, robust_knowledge and training: measure nothing, say what was measured so far")
    parser.add_argument("--report", type=Path, metavar="FILE", help="for knowledge: write one HTML page, charts included, to this file")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the result as JSON to this file")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run one measurement, or all of them."""
    from fedviz.bench.report import run_bench

    names = list(BENCHES) if arguments.name == "all" else [arguments.name]
    parts = {key: value for key in ("only", "kept") if (value := getattr(arguments, key))}
    results = [run_bench(name, quick=arguments.quick, as_json=arguments.json, report=arguments.report, **parts) for name in names]
    if arguments.out:
        import json

        from fedviz.core.files import write_atomic

        document = [result.data() for result in results]
        write_atomic(arguments.out.absolute(), json.dumps(document[0] if arguments.name != "all" else document, indent=1))
    return 0 if all(result.passed for result in results) else 1
