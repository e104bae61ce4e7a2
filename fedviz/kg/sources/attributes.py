"""What readers of entity, attribute and value in Chinese share (OpenKG, http://openkg.cn): names in brackets, other names, descriptions, values that are entities."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import listed
from fedviz.kg.store.change import Intake
from fedviz.kg.store.memory import DEFINITIONS, LABELS, SYNONYMS
from fedviz.kg.store.terms import Statement, entity, literal, relation

_MEANT = re.compile(r"(.+?)\s*[\[(\uff08\u3010].*[\])\uff09\u3011]\Z")
_MARKUP = re.compile(r"<[^<>]{0,500}>")
_NO_NAME = re.compile(r"[0-9\u3002\uff0c\uff1b;,:\uff1a/]")
_NAMES = frozenset(("别名", "别称", "中文名", "中文名称", "中文别名", "外文名", "外文名称", "英文名", "英文名称", "英文别名", "简称", "又称"))
_DESCRIPTIONS = frozenset(("描述", "简介", "BaiduCARD"))
_MAX_NAME = 200
OTHER_ATTRIBUTE = N_("values of other attributes")


class AttributesOptions(Options):
    """What readers of entity, attribute and value choose."""

    attributes: Annotated[str, Field(title="Attributes", description="Names of the attributes that come in, with commas between them; empty for all.", max_length=5000)] = ""
    longest_entity: Annotated[
        int,
        Field(ge=0, le=100, title="Longest entity", description="Values of at most so many characters that have no digit and no punctuation become entities; with 0, all stay values."),
    ] = 12


def rows(found: Iterable[tuple[int, list[str]]], options: AttributesOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    """Statements of (line, [entity, attribute, value]); lines with other cells or empty ones are told."""
    chosen = frozenset(listed(options.attributes))
    for number, cells in found:
        if len(cells) != 3:
            intake.skip(number, f"it has {len(cells)} cells, and 3 are needed")
            continue
        subject, attribute, said = (_MARKUP.sub("", cell).strip() for cell in cells)
        if not (subject and attribute and said):
            intake.skip(number, "entity, attribute and value must not be empty")
            continue
        if max(len(subject), len(attribute)) > _MAX_NAME:
            intake.skip(number, f"a name has at most {_MAX_NAME} characters")
            continue
        if chosen and attribute not in chosen:
            intake.leave(OTHER_ATTRIBUTE)
            continue
        term = entity(subject)
        yield number, Statement(term, LABELS[1], literal(_meant(subject), "zh"))
        yield from ((number, row) for row in _value(term, attribute, said, options))


def _value(term: str, attribute: str, said: str, options: AttributesOptions) -> Iterator[Statement]:
    if attribute in _DESCRIPTIONS:
        yield Statement(term, DEFINITIONS[0], literal(said, "zh"))
    elif attribute in _NAMES:
        yield Statement(term, SYNONYMS[0], literal(said, "en" if said.isascii() else "zh"))
    elif len(_meant(said)) <= options.longest_entity and not _NO_NAME.search(said):
        yield Statement(entity(said), LABELS[1], literal(_meant(said), "zh"))
        yield Statement(term, relation(attribute), entity(said))
    else:
        yield Statement(term, relation(attribute), literal(said, "zh"))


def _meant(name: str) -> str:
    """A name without the brackets that tell it from its namesakes."""
    found = _MEANT.match(name)
    return found[1] if found else name
