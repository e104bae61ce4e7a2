"""Keep the catalogues: `python -m fedviz.ui.messages` collects every message and updates the `.po` files.

Messages are `_("...")` and `N_("...")` in the code (found by Babel, see `babel.cfg`), and what registries, options, presets and
carriers declare: titles, summaries and descriptions. Those of the context `sentence` are what errors say (`fedviz.ui.raised`) and
what others say in them (`fedviz.ui.foreign`). A message that is gone leaves the catalogue; a new one waits there without a
translation, and a test names it.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from fedviz.core.config import RunConfig
from fedviz.core.options import Options
from fedviz.core.registry import ALL
from fedviz.kg.construct.pipeline import ConstructOptions
from fedviz.scenarios.texts.records import TextsOptions
from fedviz.ui import foreign
from fedviz.ui.i18n import LANGUAGES, SENTENCE, po_path
from fedviz.ui.raised import raised

ROOT = Path(__file__).parents[2]
FIRST_DAY = datetime(2026, 11, 22, tzinfo=UTC)
"""Date of every catalogue, so that collecting the same messages again changes no file."""
KEYWORDS = {"_": None, "N_": None}


def extract() -> Catalog:
    """All messages of the product with the files they come from."""
    catalog = Catalog(project="fedviz", charset="utf-8")
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    for name, _line, message, _comments, _context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS, comment_tags=()):
        if isinstance(message, str) and message:
            catalog.add(message, locations=[(name, 0)])
    for origin, message in declared():
        if message:
            catalog.add(message, locations=[(origin, 0)])
    for origin, message in (*raised(ROOT / "fedviz"), *(("fedviz/ui/foreign.py", message) for message in foreign.messages())):
        catalog.add(message, locations=[(origin, 0)], context=SENTENCE)
    return catalog


def declared() -> Iterator[tuple[str, str]]:
    """(where, message) of everything that is declared as data: options, plug-ins, presets, carriers."""
    from fedviz.carriers.records import CARRIERS
    from fedviz.runs.presets import presets

    yield from _options("fedviz/core/config.py", RunConfig)
    yield from _options("fedviz/kg/construct/pipeline.py", ConstructOptions)
    yield from _options("fedviz/scenarios/texts/records.py", TextsOptions)
    for registry in ALL:
        for entry in registry:
            origin = f"{registry.home.replace('.', '/')}/{registry._paths()[entry.name].partition(':')[0]}.py"
            yield origin, entry.title
            yield origin, entry.summary
            yield origin, getattr(entry, "when", "")
            yield origin, getattr(entry, "why", "")
            yield from _options(origin, entry.options)
    for preset in presets():
        yield "fedviz/runs/presets", preset.title
        yield "fedviz/runs/presets", preset.summary
    for carrier in CARRIERS.values():
        yield "fedviz/carriers/records.py", carrier.title
        yield "fedviz/carriers/records.py", carrier.says


def _options(origin: str, options: type[Options]) -> Iterator[tuple[str, str]]:
    for name, field in options.model_fields.items():
        if name != "name":
            yield origin, field.title or name
            yield origin, field.description or ""
        if isinstance(field.annotation, type) and issubclass(field.annotation, Options):
            yield from _options(origin, field.annotation)


def update(language: str) -> Catalog:
    """Bring the catalogue of a language up to date on disk, and return it."""
    path = po_path(language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    else:
        catalog = Catalog(locale=language, project="fedviz", charset="utf-8")
    catalog.header_comment = f"# Messages of fedviz in {LANGUAGES[language]}, kept by `python -m fedviz.ui.messages`."
    catalog.fuzzy = False
    catalog.version = catalog.msgid_bugs_address = ""
    catalog.last_translator = catalog.language_team = catalog.copyright_holder = "fedviz"
    catalog.creation_date = catalog.revision_date = FIRST_DAY
    catalog.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    return catalog


def untranslated(catalog: Catalog) -> tuple[str, ...]:
    """Messages of a catalogue that have no translation yet."""
    return tuple(str(message.id) for message in catalog if message.id and (not message.string or message.fuzzy))


def main() -> int:
    """Update all catalogues and name what waits for a translation; 1 where something does."""
    waiting = 0
    for language in LANGUAGES:
        if language == "en":
            continue
        missing = untranslated(update(language))
        waiting += len(missing)
        print(f"{po_path(language).relative_to(ROOT)}: {len(missing)} without a translation")
        for message in missing:
            print(f"  {message}")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
