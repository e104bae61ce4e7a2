"""`data import`, `data list`, `data remove`: texts of one's own in the data folder, for the scenario `own`."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.errors import InputError
from fedviz.core.options import parse
from fedviz.scenarios.texts import folder, hub
from fedviz.scenarios.texts.records import Intake, TextsInfo, TextsOptions
from fedviz.scenarios.texts.rows import columns, head, suggested
from fedviz.scenarios.texts.tables import File


def add(commands: Any) -> None:
    """The command `data` with those below it."""
    parser: argparse.ArgumentParser = commands.add_parser("data", help="texts of your own: import, list, remove")
    below = parser.add_subparsers(dest="part", metavar="WHAT", required=True, parser_class=type(parser))
    importing = below.add_parser(
        "import", help="keep files, a folder or a data set of Hugging Face as a data set for the scenario `own`",
        description="Keep texts with labels as a data set: CSV, JSON lines or Parquet, files or folders of them. Columns that are not named are guessed from their names.",
    )  # fmt: skip
    importing.add_argument("name", help="name of the data set: lower-case letters, digits and hyphens")
    importing.add_argument("file", type=Path, nargs="*", help="a file, or a folder of files")
    importing.add_argument("--hub", metavar="ID", help="a data set of Hugging Face instead of files, as OWNER/NAME; it is downloaded once, and no code of it is run")
    importing.add_argument("--revision", default="", metavar="COMMIT", help="of a data set of Hugging Face: the commit (default: the newest, which is then kept with it)")
    importing.add_argument("--part", dest="hub_part", default="", metavar="WORD", help="of a data set of Hugging Face: only files with this in their path, such as train")
    for kind, what in (("text", "the text"), ("label", "the label"), ("client", "the client"), ("date", "the date")):
        importing.add_argument(f"--{kind}", metavar="COLUMN", help=f"the column of {what}" + (" (empty for none)" if kind in ("client", "date") else ""))
    importing.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="another option of the reader: format, delimiter, header, encoding, client_is_file")
    importing.add_argument("--title", default="", help="what the data set is called")
    importing.add_argument("--licence", default="", help="under which licence it may be used")
    importing.add_argument("--replace", action="store_true", help="in the place of the data set of that name")
    add_json(importing)
    importing.set_defaults(run=_import)
    listing = below.add_parser("list", help="the data sets that are there")
    add_json(listing)
    listing.set_defaults(run=_list)
    removing = below.add_parser("remove", help="remove a data set; runs that used it stay and cannot be resumed")
    removing.add_argument("name")
    add_json(removing)
    removing.set_defaults(run=_remove)


def _import(arguments: argparse.Namespace) -> int:
    if bool(arguments.file) == bool(arguments.hub):
        raise InputError("An import takes files or folders, or --hub with an id; one of the two.")
    if (arguments.revision or arguments.hub_part) and not arguments.hub:
        raise InputError("--revision and --part belong to --hub.")
    told = Intake()
    base = parse(TextsOptions, _settings(arguments.set))
    origin, licence = "", arguments.licence
    if arguments.hub:
        found = hub.fetch(arguments.hub, arguments.revision, arguments.hub_part)
        files, origin, licence = list(found.files), found.origin, licence or found.licence
    else:
        files = folder.from_paths(arguments.file, base, told)
    folder.check_size(files)
    options = _mapped(arguments, files[0], base)
    info = folder.keep(arguments.name, files, options, title=arguments.title, licence=licence, origin=origin, replace=arguments.replace, intake=told)
    if arguments.json:
        print_json(info.model_dump(mode="json"))
    else:
        _tell(info)
    return 0


def _settings(assignments: list[str]) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    for entry in assignments:
        key, equals, value = entry.partition("=")
        if not equals:
            raise InputError(f"A setting has the form key=value, but got {entry[:60]!r}.")
        chosen[key] = value
    return chosen


def _mapped(arguments: argparse.Namespace, first: File, base: TextsOptions) -> TextsOptions:
    """The options with every column that was named, and a guess for those that were not."""
    found = head(first, base)
    named = {kind: getattr(arguments, kind) for kind in ("text", "label", "client", "date")}
    if not columns(found):
        return base
    if base.client_is_file and named["client"] is None:
        named["client"] = ""
    return base.model_copy(update={kind: guess if named[kind] is None else named[kind] for kind, guess in suggested(found).items()})


def _tell(info: TextsInfo) -> None:
    clients = f", {len(info.clients)} clients" if info.clients else ""
    print(f"{info.rows:,} texts in {len(info.classes)} classes{clients} as {info.pinned}; {info.skipped:,} rows skipped")
    known = {"text": info.columns.text, "label": info.columns.label, "client": info.columns.client, "date": info.columns.date}
    print("  columns: " + ", ".join(f"{kind} = {plain(column)}" for kind, column in known.items() if column))
    for reason, count in info.left_out.items():
        print(f"  left out: {count:,} {plain(reason)}")
    for row in info.examples:
        print(f"  {plain(row.file)}, line {row.line}: {plain(row.reason)}")
    if info.skipped > len(info.examples):
        print(f"  and {info.skipped - len(info.examples):,} more")


def _list(arguments: argparse.Namespace) -> int:
    found = folder.kept()
    if arguments.json:
        for info in found:
            print_json(info.model_dump(mode="json"))
    else:
        rows = [(info.name, f"{info.rows:,}", str(len(info.classes)), str(len(info.clients) or ""), info.digest, plain(info.title)) for info in found]
        print(table(rows, ("data set", "texts", "classes", "clients", "digest", "title")))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    folder.remove(arguments.name)
    if arguments.json:
        print_json({"removed": arguments.name})
    else:
        print(f"removed {arguments.name}")
    return 0
