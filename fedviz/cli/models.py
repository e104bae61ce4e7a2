"""`models`: the language models that can take part, and what each needs."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "models",
        help="list the language models and what they need",
        description="List the language models: number of weights, licence, languages, and the memory that a run of the toy scenario with the model's own options needs, "
        "by what is trained. `fetch NAME` brings one that is not here.",
    )
    parser.add_argument("--source", default="", metavar="FOLDER_OR_ID", help="tell of this model too: a folder, or the id of one on the Hugging Face hub")
    parser.add_argument("--revision", default="", metavar="COMMIT", help="the commit of the hub's model (default: the newest)")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print one model a line; with `--json` one document a model."""
    rows = [row for name in _names() if (row := _row(name, arguments.source, arguments.revision))]
    if arguments.json:
        for row in rows:
            print_json(row)
        return 0
    header = ("NAME", "WEIGHTS", "HEAD", "LORA", "FULL", "HERE", "LICENCE", "LANGUAGES", "VERSION")
    print(table([_cells(row) for row in rows], header))
    return 0


def _names() -> tuple[str, ...]:
    from fedviz.core.registry import MODELS

    return MODELS.names()


def _row(name: str, source: str, revision: str) -> dict[str, Any] | None:
    """What is known of an entry; None for the one whose model somebody must bring, where nobody did."""
    from fedviz.carriers.store import is_present
    from fedviz.core.config import RunConfig
    from fedviz.core.registry import MODELS
    from fedviz.runs.fits import by_mode

    entry = MODELS.get(name)
    brought = {"source": source, "revision": revision} if "source" in entry.options.model_fields else {}
    if brought and not source:
        return None
    config = RunConfig.parse({"scenario": "toy", "model": {"name": name, **brought}})
    facts = entry.facts(config.model)
    return {
        "model": name, "title": entry.title, "summary": entry.summary, "parameters": entry.shape(config.model).parameters, "licence": facts.licence, "languages": facts.languages,
        "revision": facts.revision, "memory_bytes": by_mode(config), "fetched": all(map(is_present, entry.carriers)), "carriers": list(entry.carriers),
    }  # fmt: skip


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    needs = (f"{row['memory_bytes'][mode] / 1e9:.1f} GB" for mode in ("head", "lora", "full"))
    return (row["model"], f"{row['parameters'] / 1e6:.1f} M", *needs, "yes" if row["fetched"] else "no", *(plain(row[key]) for key in ("licence", "languages", "revision")))
