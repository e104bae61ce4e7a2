"""Relations of a sentence by cues (in phrases and in running text), by words of maintenance orders, by dependencies; what is denied or doubted is held back."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

from fedviz.kg.construct import maintenance, patterns
from fedviz.kg.construct.entities import parsed
from fedviz.kg.construct.line_items import in_line, is_line
from fedviz.kg.construct.negation import Scope, scopes, why_not
from fedviz.kg.construct.nouns import bare, conjuncts, end_of, is_body
from fedviz.kg.construct.patterns import Cue
from fedviz.kg.construct.phrases import in_phrase, unique
from fedviz.kg.construct.records import Extracted, Found

_VERB = re.compile(
    r"\b(?:referred|is|are|was|were|be|been|has|have|had|do|does|did|can|may|might|could|will|would|should|shows?|showed|presented|presents|noted|found|noticed|seen|treats?|causes?|caused(?! by)|"
    r"owns?|bought|acquired|merged|supplies|contains|consists|replaces|includes|excludes|prevents|says|said|announced)\b",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(
    r"[,;:.!?()\[\]\n\"]|\b(?:and|or|but|that|which|who|when|while|because|since|if|then|also|often|usually|is|are|was|were|be|been|being|has|have|had|can|may|might|could|will|would|should|of|in|on|at|by|for|from|"
    r"with|without|to|into|during|after|before|as|it|they|he|she|we|i|not|no|there)\b",
    re.IGNORECASE,
)
_AUXILIARIES = re.compile(r"(?:\s+(?:is|are|was|were|can|be|may|might|could|been|has|have|also|often|usually|not|which|that|,))*\s*$")
_PREPOSITIONS = frozenset("with without in of after following during on in to causes cause including part".split()) - {"causes", "cause", "including"}  # noqa: SIM905
_CHINESE = (
    (re.compile(r"(?P<h>[^，。；、\s]{2,12}?)(?:是由|由)(?P<t>[^，。；\s]{2,12}?)(?:引起|导致|所致)"), "due_to"), (re.compile(r"(?P<t>[^，。；\s]{2,12}?)(?:会引起|可引起|引起|导致|造成)(?P<h>[^，。；\s]{2,12})"), "due_to"),
    (re.compile(r"(?P<h>[^，。；\s]{2,12}?)(?:可治疗|治疗|用于治疗)(?P<t>[^，。；\s]{2,12})"), "treats"), (re.compile(r"(?P<t>[^，。；\s]{2,12}?)的症状(?:包括|有|是)(?P<h>[^，。；\s]{2,40})"), "symptom_of"),
    (re.compile(r"(?P<h>[^，。；\s]{2,12}?)是(?P<t>[^，。；\s]{2,12}?)的(?:子公司|全资子公司)"), "subsidiary_of"), (re.compile(r"(?P<h>[^，。；\s]{2,12}?)(?:属于|是一种)(?P<t>[^，。；\s]{2,12})"), "is_a"),
)  # fmt: skip


def in_sentence(text: str, mentions: Sequence[Found], domain: str, dependencies: bool = False) -> list[Extracted]:
    """The triples of one sentence, facts and held ones, sorted by place. `mentions` lie in this sentence, with places in it. `InputError` where `dependencies` has no spaCy."""
    some = patterns.cues(domain)
    where = scopes(text)
    telegraphic = not _VERB.search(text) or (domain == "finance" and is_line(text))
    found: list[Extracted] = []
    if domain == "manufacturing":
        said = maintenance.problems(text)
        plain = tuple(scope for scope in where if not any(start <= scope.start < end for start, end in said))  # "not working" is what is wrong
        found = [_judged(text, plain, *triple, "maintenance pattern", 0.8) for triple in maintenance.in_order(text, mentions)]
    elif telegraphic:
        plain = tuple(scope for scope in where if not scope.trigger.startswith("without"))  # the cues know how far a "without" reaches
        found = [_judged(text, plain, head, cue.relation, tail, "phrase pattern", cue.confidence, denied) for head, cue, tail, denied in _in_clauses(text, mentions, domain) if domain != "finance" or cue.words != "including"]
        if domain == "finance":
            found += [_judged(text, (), head, cue.relation, tail, "line item pattern", cue.confidence, denied) for head, cue, tail, denied in in_line(text, mentions)]
    if not telegraphic:
        found += [_judged(text, where, head, cue.relation, tail, "pattern", cue.confidence, denied) for head, cue, tail, denied in _in_running_text(text, mentions, some, _matcher(domain))]
    found += [_judged(text, where, *triple, "pattern", 0.75) for triple in _chinese(text, mentions)]
    if dependencies and not telegraphic:
        found += [_judged(text, where, *triple, "dependency", 0.7) for triple in _by_dependency(text, mentions, some)]
    return unique(found)


HEAD_NOUN = "head noun"


def by_head_noun(said: Sequence[Extracted], mentions: Sequence[Found]) -> list[Extracted]:
    """(new thing, is_a, known name) for each end of a fact whose last words are a name of the gazetteer: so that what is built hangs together with what is known."""
    found: dict[tuple[str, str, str], Extracted] = {}
    for fact in said:
        for end in (fact.head, fact.tail) if not fact.held and fact.relation != "also_called" else ():
            last = next((one for one in mentions if one.entity and one.end == end.end and one.start > end.start), None) if end.method == "phrase" and not end.entity else None
            if last is not None:
                one = Extracted(end, "is_a", last, HEAD_NOUN, 0.8, fact.sentence)
                found.setdefault(one.triple, one)
    return list(found.values())


def _in_clauses(text: str, mentions: Sequence[Found], domain: str) -> Iterator[tuple[Found, Cue, Found, str]]:
    """What `in_phrase` finds in each part between colons and semicolons, with places in the whole text."""
    cuts = [0, *(found.end() for found in re.finditer(r"[:;]\s", text)), len(text)]
    for start, end in pairwise(cuts):
        own = [one._replace(start=one.start - start, end=one.end - start) for one in mentions if start <= one.start and one.end <= end]
        for head, cue, tail, denied in in_phrase(text[start:end], own, patterns.cues(domain), _matcher(domain)):
            yield head._replace(start=head.start + start, end=head.end + start), cue, tail._replace(start=tail.start + start, end=tail.end + start), denied


def _judged(text: str, where: Sequence[Scope], head: Found, relation: str, tail: Found, method: str, confidence: float, denied: str = "") -> Extracted:
    """The triple, held back where one of its ends is denied, doubted or past; less sure where an end is no known entity."""
    sure = confidence * (1.0 if head.entity and tail.entity else 0.95)
    held = f"negated: {denied}" if denied else ""
    if not held:
        scope = next((scope for end in (tail, head) if (scope := why_not(tuple(where), end.start, end.end))), None)
        held = f"{scope.kind}: {scope.trigger}" if scope else ""
    return Extracted(head, relation, tail, method, round(min(sure, head.score, tail.score) if "embedding" in (head.method, tail.method) else sure, 3), text, held)


@lru_cache(maxsize=8)
def _matcher(domain: str) -> re.Pattern[str]:
    return patterns.matcher(patterns.cues(domain))


def _in_running_text(text: str, mentions: Sequence[Found], some: tuple[Cue, ...], pattern: re.Pattern[str]) -> Iterator[tuple[Found, Cue, Found, str]]:
    """Cues of running text between the noun phrases right beside them; bare prepositions tell nothing there."""
    text = re.sub(r"\([^()]*\)", lambda aside: " " * len(aside.group()), text)
    by_words = {cue.words: cue for cue in some}
    for found in pattern.finditer(text):
        cue = by_words[" ".join(found.group().lower().split())]
        if cue.words in _PREPOSITIONS or any(one.start < found.start() and one.end > found.end() for one in mentions if one.entity):
            continue
        left, rights = _left(text, found.start(), mentions), _rights(text, found.end(), mentions, many=cue.relation == "is_a" and cue.reverse)
        for right in rights if left else ():
            if cue.relation == "located_in" and cue.words in ("affecting", "involving", "affecting regions of") and not is_body(right.surface):
                continue
            yield (right, cue, left, found.group().lower() if cue.denied else "") if cue.reverse else (left, cue, right, found.group().lower() if cue.denied else "")  # type: ignore[misc]


def _left(text: str, end: int, mentions: Sequence[Found]) -> Found | None:
    """The noun phrase that ends where a cue begins, auxiliaries ("is", "can be") left out."""
    end = len(_AUXILIARIES.sub("", text[:end]))
    inside = next((one for one in mentions if one.entity and one.end == end), None)
    if inside:
        return inside
    starts = [found.end() for found in _BOUNDARY.finditer(text, 0, end) if not any(one.start <= found.start() < one.end for one in mentions)]
    return end_of(text, max(starts, default=0), end, mentions)


def _rights(text: str, start: int, mentions: Sequence[Found], many: bool) -> list[Found]:
    """The noun phrase that begins where a cue ends, or with `many` all of a list."""
    lead = len(text[start:]) - len(text[start:].lstrip())
    start = bare(text, start + lead, len(text))[0]
    stop = re.compile(r"[.;:!?()\[\]\n]" if many else _BOUNDARY.pattern, re.IGNORECASE)
    ends = [found.start() for found in stop.finditer(text, start) if found.start() > start and not any(one.start <= found.start() < one.end for one in mentions)]
    end = min(ends, default=len(text))
    spans = conjuncts(text, start, end) if many else [(start, end)]
    return [one for span in spans if (one := end_of(text, *span, mentions))]


def _chinese(text: str, mentions: Sequence[Found]) -> Iterator[tuple[Found, str, Found]]:
    """A few Chinese patterns; an end must hold a mention of the dictionary, which it becomes."""
    for pattern, relation in _CHINESE if re.search("[\u4e00-\u9fff]", text) else ():
        for found in pattern.finditer(text):
            heads = [one for one in mentions if one.entity and found.start("h") <= one.start and one.end <= found.end("h")]
            tails = [one for one in mentions if one.entity and found.start("t") <= one.start and one.end <= found.end("t")]
            yield from ((head, relation, tail) for head in heads for tail in tails)


def _by_dependency(text: str, mentions: Sequence[Found], some: tuple[Cue, ...]) -> Iterator[tuple[Found, str, Found]]:
    """Subject, verb and object whose verb is a cue ("Globex bought Acme", "Acme was bought by Globex"), over spaCy's parse."""
    verbs = {cue.words: cue for cue in some if " " not in cue.words and cue.words not in _PREPOSITIONS}
    passive = {cue.words.removesuffix(" by").split()[-1]: cue for cue in some if cue.words.endswith(" by")}
    for token in parsed(text):
        subjects = [child for child in token.children if child.dep_ in ("nsubj", "nsubjpass")]
        word = token.text.lower()
        if word in verbs and token.pos_ in ("VERB", "AUX") and any(child.dep_ == "nsubj" for child in subjects):
            pairs = [(subject, child, verbs[word]) for subject in subjects for child in token.children if child.dep_ in ("dobj", "attr")]
        elif word in passive:
            agents = [below for child in token.children if child.dep_ == "agent" for below in child.children if below.dep_ == "pobj"]
            pairs = [(subject, agent, passive[word]) for subject in subjects for agent in agents]
        else:
            continue
        for left, right, cue in pairs:
            ends = [end_of(text, *_span(end), mentions) for end in (left, right)]
            if ends[0] and ends[1] and not cue.denied:
                yield (ends[1], cue.relation, ends[0]) if cue.reverse else (ends[0], cue.relation, ends[1])


def _span(token: Any) -> tuple[int, int]:
    """The noun with what stands before it: determiners, adjectives, compounds."""
    left = [child for child in token.children if child.dep_ in ("det", "amod", "compound", "nummod", "poss") and child.i < token.i]
    start = min((child.left_edge.idx for child in left), default=token.idx)
    return start, token.idx + len(token.text)
