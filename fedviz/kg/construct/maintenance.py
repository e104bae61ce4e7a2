"""Relations in maintenance orders: what is wrong with a part, what was done to it, what it is part of. "REPLACE BLOWN HOSE ON L/H ENGINE".

Orders are telegrams: no verb, no full stop, sides and numbers in between. An order is read as a row of problems, actions, prepositions and things; which
stands next to which tells the relation. A side between two things ("bolts l/h crowd cyl") stands for "on the left".
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fedviz.kg.construct.records import Found, inside

Relation = tuple[Found, str, Found]

_FLUIDS = r"(?:hyd(?:raulic)?(?:\s+oil)?|engine\s+oil|oil|coolant|coolent|water|fuel|diesel|grease|air|exhaust|gas|lube)"
_NOUNS = r"leaks?|leakage|weeps?|cracks?|faults?|problems?|failures?|contamination|damage"
_ADJECTIVES = (
    r"leaking|leaky|weeping|broken(?:\s+off)?|broke|cracked|cracking|blown(?:\s+off)?|blow?en|snapped(?:\s+off)?|overtemp|missing|lost|loose|bent|damaged|worn(?:\s+out)?|faulty|failed|stuck|seized|burst|busted|split|torn(?:\s+off)?|"
    r"u/s|unserviceable|defective|blocked|jammed|burnt|fallen(?:\s+off)?|chipped|rubbing|noisy|sticking|slipping|overheating|bypassing|adverse|inoperative|inop|fractured|perished|suspect|leaks?\s+badly"
)
_STATES = (
    r"(?:will\s+not|won'?t|wont|does\s+not|doesn'?t|do\s+not|don'?t|cannot|can'?t|is\s+not|has\s+no)\s+\w+(?!\s+of)|not\s+(?!to\b|for\b)\w+(?:\s+(?:in|out|up|on|off)\b)?|not\s+maintaining\s+\w+|(?:coming|come|came|falling|fell|shutt?ing|tripping|cutting|blowing|walking|working|worked|walked)\s+(?:out|off|loose|down|apart|up)|(?:running|blowing)\s+hot|(?:very\s+|too\s+)slow"
)
_PROBLEM = rf"(?P<wet>{_FLUIDS})\s+(?P<leak>leak\w*|weep\w*)|(?P<state>{_STATES})|(?P<adjective>{_ADJECTIVES})|(?P<noun>{_NOUNS})"
_ACTION = (
    r"replac(?:e|ed|ing|ement|es)|rplace|repl|repair(?:s|ed|ing)?|change[\s-]?out|changed?(?:\s+out)?|changing|c/o|refit|fit(?:ted)?(?=\s)|re-?install(?:ed)?|install(?:ed|ation)?|remov(?:e|ed|al)|re-?seal(?:ed|ing)?|check(?:ed)?|inspect(?:ed|ion)?|"
    r"investigate|modif(?:y|ied|ication)|rebuil[dt]|fabricate|weld(?:ed|ing)?|tighten(?:ed)?|adjust(?:ed|ment|ing)?|clean(?:ed)?(?!er)|wash(?:\s+out|\s+down|ed)?|rectify|relocate|reposition|top\s+up|fix(?:ed)?|upgrade|overhaul(?:ed)?|"
    r"swap(?:\s+out)?|recharge|refill|flush(?:ed)?|rewire|remount|secure|turn|service(?!\s+arm)"
)
_PLACE = r"on|at|@|of|in|to|from|into|onto|inside|above|under|near|around"
_STOP = r"[.;:!?()\[\]\n]+|\s-+\s|(?<=\w),|\b(?:with|for|by|after|when|while|per|as|ex|between|if|but|then|due|no|text|see|completed?|rf|warr(?:anty)?)\b"
_SIDE = r"[lr][./]?h[./]?[sf]?[.]?(?:/s)?|left|right|hand|rhf|lhf|front|rear|back|top|bottom|upper|lower|inner|outer|cent(?:er|re)|middle|corner|rhs|lhs"
_IDLE = r"sides?|shd\s?\d+|rh120[ce]?|both|all|two|three|the|an?|area|x|x\d+|\d+x?|#\d+|no\.?\s?\d*|pos\s?\d+|major|minor|new|another|some|acc(?:ident(?:al)?)?"
"""Words that count nothing; sides count as a place between two things."""
_ROW = re.compile(
    rf"(?P<stop>{_STOP})|(?<![\w/])(?:(?P<problem>{_PROBLEM})|(?P<action>{_ACTION})|(?P<join>and|or)|(?P<copula>is|are|was|were|has|have|had|been|being|needs?|requires?|appears|keeps?)|(?P<place>{_PLACE})|(?P<side>{_SIDE})|(?P<idle>{_IDLE}))(?![\w/'-])|(?P<amp>&|(?<=\s)/(?=\s))|(?P<at>@)|(?P<word>\w(?:[\w'/.#-]*\w)?)",
    re.IGNORECASE,
)


class _Piece(NamedTuple):
    """A part of the row: what it is ("thing", "problem", "action", "place", "join", "copula", "stop"), where it is, and how a problem is said ("wet", "state", "adjective", "noun")."""

    what: str
    start: int
    end: int
    how: str = ""


def in_order(text: str, mentions: Sequence[Found]) -> Iterator[Relation]:
    """(part, has_problem, what), (part, has_action, what) and (part, part_of, whole) of an order."""
    row = _row(text)
    cuts = [-1, *(place for place, piece in enumerate(row) if piece.what == "stop"), len(row)]
    for before, after in zip(cuts, cuts[1:], strict=False):
        clause = row[before + 1 : after]
        for place, piece in enumerate(clause):
            if piece.what == "problem":
                yield from _problem(text, clause, place, mentions)
            elif piece.what == "action":
                yield from _action(text, clause, place, mentions)
            elif piece.what == "place":
                yield from _part_of(text, clause, place, mentions)


def problems(text: str) -> list[tuple[int, int]]:
    """Where a text says a problem: a "not" in it denies nothing."""
    return [(piece.start, piece.end) for piece in _row(text) if piece.what == "problem"]


def _row(text: str) -> list[_Piece]:
    """The order as a row of pieces; words next to each other are one thing, a side between two of them an implied place."""
    row: list[_Piece] = []
    side = False
    for found in _ROW.finditer(text):
        what = found.lastgroup if found.lastgroup in ("stop", "action", "join", "copula", "place", "idle", "side", "amp", "at", "word") else "problem"
        what = {"amp": "join", "at": "place", "word": "thing"}.get(what, what)  # type: ignore[arg-type]
        if what in ("side", "idle"):
            side = side or what == "side"
            continue
        last = row[-1] if row else None
        if what == "thing" and last and last.what == "thing":
            if not side:
                row[-1] = last._replace(end=found.end())
                continue
            row.append(_Piece("place", last.end, last.end, "implied"))
        how = next((name for name in ("wet", "state", "adjective", "noun") if found.group(name)), "") if what == "problem" else ""
        row.append(_Piece(what, found.start(), found.end(), how))
        side = False
    return row


def _problem(text: str, clause: list[_Piece], place: int, mentions: Sequence[Found]) -> Iterator[Relation]:
    piece = clause[place]
    heads = _before(clause, place) or (_after(clause, place + 1, piece.how in ("adjective",)) if piece.how == "adjective" else [])
    if not heads and piece.how in ("wet", "noun"):
        following = place + 1
        if following < len(clause) and clause[following].what == "place":
            heads = _after(clause, following + 1, False)
        elif piece.how == "wet":
            heads = _after(clause, following, False)
    if heads:
        for head in heads:
            yield _thing(text, head, mentions), "has_problem", _said(text, piece.start, piece.end, mentions)
    elif piece.how == "wet":
        split = re.match(rf"{_FLUIDS}(?=\s+(?:leak|weep))", text[piece.start : piece.end], re.IGNORECASE)
        if split:
            middle = piece.start + split.end()
            start = middle + len(text[middle : piece.end]) - len(text[middle : piece.end].lstrip())
            yield _thing(text, _Piece("thing", piece.start, middle), mentions), "has_problem", _said(text, start, piece.end, mentions)


def _action(text: str, clause: list[_Piece], place: int, mentions: Sequence[Found]) -> Iterator[Relation]:
    piece, following = clause[place], place + 1
    while following < len(clause) and (clause[following].what in ("join", "action", "copula") or clause[following].how == "adjective"):
        following += 1
    heads = _after(clause, following, True)
    if not heads and following >= len(clause):
        heads = _before(clause, place)
    for head in heads:
        yield _thing(text, head, mentions), "has_action", _said(text, piece.start, piece.end, mentions)


def _part_of(text: str, clause: list[_Piece], place: int, mentions: Sequence[Found]) -> Iterator[Relation]:
    wholes = _after(clause, place + 1, False)[:1]
    back = place - 1
    while back >= 0 and (clause[back].what == "copula" or (clause[back].what == "problem" and clause[back].how != "wet")):
        back -= 1
    moved = any(piece.what == "action" and re.match("relocate|reposition", text[piece.start : piece.end], re.IGNORECASE) for piece in clause[:place])
    for whole in wholes if back >= 0 and clause[back].what == "thing" and not moved else ():
        for part in _listed(clause, back):
            if not re.fullmatch(_FLUIDS, text[part.start : part.end], re.IGNORECASE):
                yield _thing(text, part, mentions), "part_of", _thing(text, whole, mentions)


def _before(clause: list[_Piece], place: int) -> list[_Piece]:
    """The things that a problem or a last action is said of: those right before it, of "A on B" the first."""
    back = place - 1
    while back >= 0 and (clause[back].what in ("copula", "action") or clause[back].how in ("state", "adjective") or (clause[back].what == "join" and back and clause[back - 1].what == "problem")):
        back -= 1
    if back < 0 or clause[back].what != "thing":
        return []
    while back >= 2 and clause[back - 1].what == "place" and clause[back - 2].what == "thing":
        back -= 2
    return _listed(clause, back)


def _after(clause: list[_Piece], place: int, listed: bool) -> list[_Piece]:
    """The thing that begins at `place`, and with `listed` those that "and" adds to it."""
    if place >= len(clause) or clause[place].what != "thing":
        return []
    found = [clause[place]]
    while listed and place + 2 < len(clause) and clause[place + 1].what == "join" and clause[place + 2].what == "thing":
        place += 2
        found.append(clause[place])
    return found


def _listed(clause: list[_Piece], place: int) -> list[_Piece]:
    """The thing at `place` and those before it that "and" joins to it."""
    found = [clause[place]]
    while place >= 2 and clause[place - 1].what == "join" and clause[place - 2].what == "thing":
        place -= 2
        found.insert(0, clause[place])
    return found


def _thing(text: str, piece: _Piece, mentions: Sequence[Found]) -> Found:
    """A thing as the mention that it is, or as a thing of its own."""
    same = next((one for one in mentions if one.entity and (one.start, one.end) == (piece.start, piece.end)), None)
    return same or Found(piece.start, piece.end, " ".join(text[piece.start : piece.end].split()), "", 0.7, "phrase")


def _said(text: str, start: int, end: int, mentions: Sequence[Found]) -> Found:
    """A problem or an action in the words of the text; it is the known one with which it ends ("oil leak" is a leak)."""
    last = next((one for one in mentions if one.entity and one.end == end and inside(one, start, end)), None)
    return Found(start, end, " ".join(text[start:end].split()), last.entity if last else "", 0.9, "phrase")
