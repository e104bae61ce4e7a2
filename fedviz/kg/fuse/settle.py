"""Settling contradictions: by majority, by the sources' trust, by recency, or by hand. Losers are rejected and keep their evidence; where nothing decides, all are disputed."""

from collections.abc import Iterable
from functools import lru_cache

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.kg.fuse import contradictions, facts, merge, truth
from fedviz.kg.fuse.records import Contradiction, Move, Settled
from fedviz.kg.fuse.values import meaning
from fedviz.kg.reason import support
from fedviz.kg.reason.engine import Watch
from fedviz.kg.store.change import change
from fedviz.kg.store.links import decisions_source
from fedviz.kg.store.records import Evidence, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

METHODS: dict[str, str] = {
    "majority": N_("Majority"),
    "trust": N_("Trust in the sources"),
    "recency": N_("The newest"),
}
"""Ways to settle without a person. A statement that a person has called right wins by each of them."""
_ACTIVE: tuple[Status, ...] = ("asserted", "derived", "disputed")


def trust(store: GraphStore) -> truth.Truth:
    """Trust in the sources of a graph from everything that more than one of them answers, and who seems to copy from whom; made once for each version.

    The source of decisions is no party: what a person decided is not evidence for whom to trust, and its questions count like others. Rejected claims count too, so that settling does not change the trust.
    """
    return _trust(store.name, store.digest)


def plan(store: GraphStore, found: Iterable[Contradiction], method: str) -> tuple[Settled, ...]:
    """How these contradictions would be settled. Nothing is changed; `apply` does it. `InputError` for a method that is not known."""
    if method not in METHODS:
        raise InputError(f"A contradiction is settled by one of {', '.join(METHODS)}, but got {method[:60]!r}.")
    known = trust(store) if method == "trust" else None
    source = decisions_source(store.info)
    return tuple(_settled(one, method, known, source.key if source else "") for one in found)


def by_hand(found: Contradiction, right: Iterable[int]) -> Settled:
    """A person's answer: the claims of these numbers stand, the others are rejected."""
    winners = tuple(sorted(set(right)))
    if not all(0 <= number < len(found.claims) for number in winners) or len(winners) > found.allowed and found.allowed:
        raise InputError(f"Of {len(found.claims)} claims at most {found.allowed} may stand, but got the numbers {', '.join(map(str, winners)) or 'none'}.")
    return Settled(
        contradiction=found, method=merge.BY_HAND, winners=winners, beliefs=tuple(float(number in winners) for number in range(len(found.claims))), moves=_moves(found, winners, "rejected")
    )


def apply(graph: str, settled: Iterable[Settled], watch: Watch | None = None) -> int:
    """Do it, as one version, and let the conclusions of rules follow; gives how many statements changed their status. What a person settled is remembered: the source of decisions says the winners itself."""
    chosen = [one for one in settled if one.moves or one.method == merge.BY_HAND]
    if not chosen:
        return 0
    before = support.current(graph)
    right = [row for one in chosen if one.method == merge.BY_HAND for row in _said(one)]
    with change(graph, f"Settled {len(chosen):,} contradictions by {chosen[0].method.removeprefix('by ')}") as write:
        moved = 0
        for (source, new), rows in _grouped(move for one in chosen for move in one.moves).items():
            moved += write.set_status(source, rows, new)
        if right:
            key = merge.source_key(write)
            write.set_status(key, right, "asserted")
            write.add(key, [(row, Evidence(source=key, status="asserted", method=merge.BY_HAND, confidence=1.0)) for row in right])
    support.follow(graph, before, [*(move.statement for one in chosen for move in one.moves), *right], watch)
    return moved


def restore(graph: str, found: Iterable[Contradiction], watch: Watch | None = None) -> int:
    """Take settlements back: every claim stands again with what follows from it, and what a person said about them is rejected. Gives how many statements changed their status."""
    chosen = list(found)
    source = decisions_source(GraphStore(graph).info)
    own = source.key if source else ""
    moves = [
        Move(source=key, statement=statement, old=status, new="rejected" if key == own else "asserted")
        for one in chosen for claim in one.claims for key, statement, status in claim.said if (key == own) != (status in ("rejected", "disputed"))
    ]  # fmt: skip
    if not moves:
        return 0
    before = support.current(graph)
    with change(graph, f"Opened {len(chosen):,} settled contradictions again") as write:
        moved = sum(write.set_status(source, rows, new) for (source, new), rows in _grouped(moves).items())
    support.follow(graph, before, [move.statement for move in moves], watch)
    return moved


def decided_before(store: GraphStore) -> tuple[Settled, ...]:
    """Contradictions that a person has settled before and that are open again, because a newer import brought the losers back; each as it would be settled now."""
    source = decisions_source(store.info)
    if source is None:
        return ()
    known = [found for found in contradictions.find(store) if any(source.key in claim.sources for claim in found.claims)]
    return tuple(one for one in plan(store, known, "majority") if one.moves)


def _settled(found: Contradiction, method: str, known: truth.Truth | None, own: str) -> Settled:
    by_person = [float(bool(own) and own in claim.sources) for claim in found.claims]
    beliefs = by_person if any(by_person) else _beliefs(found, method, known)
    order = sorted(range(len(beliefs)), key=lambda number: -beliefs[number])
    chosen = order[: found.allowed]
    tied = found.allowed > 0 and len(order) > found.allowed and beliefs[order[found.allowed]] >= beliefs[order[found.allowed - 1]] - 1e-9
    winners = () if tied else tuple(sorted(chosen))
    moves = _moves(found, tuple(range(len(beliefs))), "disputed", dispute=True) if tied else _moves(found, winners, "rejected")
    return Settled(contradiction=found, method=method, winners=winners, beliefs=tuple(beliefs), moves=moves)


def _beliefs(found: Contradiction, method: str, known: truth.Truth | None) -> list[float]:
    if method == "recency":
        dates = sorted({claim.date for claim in found.claims})
        return [(dates.index(claim.date) + 1) / len(dates) for claim in found.claims]
    if method == "trust" and known is not None:
        shares = known.beliefs.get(_question(found.subject, found.predicate, "")) if found.kind == "functional" else None
        if shares is not None and all(meaning(claim.value) in shares for claim in found.claims):
            return [shares[meaning(claim.value)] for claim in found.claims]
        return [1 - _product(1 - known.trust.get(source, 0.5) for source in claim.sources) for claim in found.claims]
    total = sum(len(claim.sources) for claim in found.claims)
    return [len(claim.sources) / total for claim in found.claims]


def _moves(found: Contradiction, winners: tuple[int, ...], loser: Status, dispute: bool = False) -> tuple[Move, ...]:
    out = []
    for number, claim in enumerate(found.claims):
        for source, statement, status in claim.said:
            if dispute or number not in winners:
                new: Status = loser
            else:
                new = "derived" if status == "derived" else "asserted"
            if new != status:
                out.append(Move(source=source, statement=statement, old=status, new=new))
    return tuple(out)


def _said(one: Settled) -> list[Statement]:
    """What the source of decisions says itself: one statement for each claim that a person let stand."""
    return [one.contradiction.claims[number].said[0][1] for number in one.winners]


def _grouped(moves: Iterable[Move]) -> dict[tuple[str, Status], list[Statement]]:
    out: dict[tuple[str, Status], list[Statement]] = {}
    for move in moves:
        out.setdefault((move.source, move.new), []).append(move.statement)
    return out


@lru_cache(maxsize=8)
def _trust(name: str, digest: str) -> truth.Truth:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    own = decisions_source(store.info)
    rows: list[tuple[str, str, str]] = []
    single = {predicate: limit for predicate, limit in facts.limits(store).items() if limit.most == 1}
    for subject, predicate, language, claims in facts.answers(store, single, facts.EVERY):
        sources = {source for claim in claims for source in claim.sources}
        if len(sources) > 1:
            rows += [(source, _question(subject, predicate, language), meaning(claim.value)) for claim in claims for source in claim.sources if own is None or source != own.key]
    return truth.discover(truth.votes(rows))


def _question(subject: str, predicate: str, language: str) -> str:
    return f"{subject} {predicate} {language}".rstrip()


def _product(numbers: Iterable[float]) -> float:
    out = 1.0
    for number in numbers:
        out *= number
    return out
