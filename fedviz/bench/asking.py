"""Questions over four parties' graphs against one graph that holds everything: equal answers, and how little moves.

The Human Phenotype Ontology (is_a) with which disease shows which phenotype (annotations), links alone and no names, dealt to four parties: by subject, or
statement by statement. Each shape of question is asked for several things drawn by seed. A value is one id, name, number or given term that goes one way;
shipping the graphs to the asker would move three for each statement.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fedviz.bench.report import Result, Say, at_least, at_most
from fedviz.core import seeds
from fedviz.federation.asking.ask import Answered, ask
from fedviz.federation.asking.party import Party
from fedviz.federation.asking.question import Question, read_question, sparql
from fedviz.kg.store import oxi
from fedviz.kg.store.terms import Statement, expand, relation

PARTIES, TIMES, QUICK_TIMES = 4, 10, 2
LIMIT = 0.2
HAS, IS_A = relation("has_phenotype"), relation("is_a")
OPEN = "open: all diseases, phenotypes, parents"


def measure(quick: bool, say: Say) -> Result:
    """One row for each dealing and shape of question."""
    from fedviz.bench.stage import need

    need("federated questions", "hpo")
    statements = links()
    union = oxi.in_memory()
    oxi.insert(union, statements, "urn:union")
    rows: list[dict[str, Any]] = []
    for dealing, parties in dealings(statements).items():
        for shape, questions in shapes(statements, QUICK_TIMES if quick else TIMES).items():
            row = {"dealt by": dealing, "question": shape} | _measured(questions, parties, union)
            rows.append(row)
            say(" ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in row.values()))
    narrow = [row for row in rows if row["question"] != OPEN]
    return Result("asking", rows, [
        at_least("answers equal to those over one graph, as a share", statistics.mean(row["equal"] for row in rows), 1.0),
        at_most("values moved, of shipping the graphs: the worst question that names something", max(row["worst share"] for row in narrow), LIMIT),
    ], [
        f"{len(statements):,} statements over {PARTIES} parties; shipping them moves {3 * len(statements):,} values. Names that only an answer shows are counted with it.",
        f"A question that names nothing ({OPEN}) has most of the graph for its answer, so that it moves more than the graphs hold; it is not part of the check.",
    ])  # fmt: skip


def links() -> list[Statement]:
    """is_a of the ontology, and the phenotypes of its annotated diseases, each statement once."""
    from fedviz.carriers.derived import load_derived
    from fedviz.kg.hpo import hpo_graph

    up = {Statement(expand(head), IS_A, expand(tail)) for head, _relation, tail in hpo_graph().triples}
    shown = {Statement(expand(disease), HAS, expand(row[0])) for disease, _name, rows in load_derived("hpo-diseases")["diseases"] for row in rows}
    return sorted(up | shown)


def dealings(statements: Sequence[Statement]) -> dict[str, tuple[Party, ...]]:
    """The parties, once by subject and once statement by statement."""
    subjects = sorted({row.subject for row in statements})
    random = seeds.generator(0, "bench", "asking", "deal")
    owner = dict(zip(subjects, random.integers(PARTIES, size=len(subjects)), strict=True))
    ways: dict[str, Callable[[int, Statement], int]] = {"subject": lambda _place, row: owner[row.subject], "statement": lambda place, _row: drawn[place]}
    drawn = random.integers(PARTIES, size=len(statements))
    key = b"known to the parties, not to who asks"
    return {
        name: tuple(Party(f"party {k + 1}", [row for place, row in enumerate(statements) if of(place, row) == k], key) for k in range(PARTIES)) for name, of in ways.items()
    }


def shapes(statements: Sequence[Statement], times: int) -> dict[str, list[Question]]:
    """Questions by shape, each for `times` things drawn at random."""
    random = seeds.generator(0, "bench", "asking", "questions")
    shown = [row for row in statements if row.predicate == HAS]
    inner = sorted({row.object for row in statements if row.predicate == IS_A})
    diseases = sorted({row.subject for row in shown})
    of: dict[str, list[str]] = {}
    for row in shown:
        of.setdefault(row.subject, []).append(row.object)

    def several(make: Callable[[], str], select: tuple[str, ...] = ()) -> list[Question]:
        return [read_question(make(), select) for _ in range(times)]

    def any_of(names: Sequence[str]) -> str:
        return names[int(random.integers(len(names)))]

    def both() -> str:
        some = of[any_of(diseases)]
        first, second = (some[int(place)] for place in random.choice(len(some), size=2, replace=False))
        return f"?d {HAS} {first}\n?d {HAS} {second}"

    return {
        "chain: a disease's phenotypes, two levels up": several(lambda: f"{any_of(diseases)} {HAS} ?p\n?p {IS_A} ?q\n?q {IS_A} ?r", ("?r",)),
        "star: diseases with both of two phenotypes": several(both),
        "star and chain: their other phenotypes too": several(lambda: both() + f"\n?d {HAS} ?other\n?other {IS_A} ?kind", ("?d", "?other", "?kind")),
        "down: diseases with a kind of something": several(lambda: f"?p {IS_A} {any_of(inner)}\n?d {HAS} ?p", ("?d", "?p")),
        "down twice: with a kind of a kind": several(lambda: f"?q {IS_A} {any_of(inner)}\n?p {IS_A} ?q\n?d {HAS} ?p", ("?d",)),
        "common: what two diseases share": several(lambda: f"{any_of(diseases)} {HAS} ?p\n{any_of(diseases)} {HAS} ?p\n?p {IS_A} ?q"),
        "cousins: diseases with a phenotype beside one of its": several(lambda: f"{any_of(diseases)} {HAS} ?p\n?p {IS_A} ?q\n?o {IS_A} ?q\n?d {HAS} ?o", ("?d",)),
        OPEN: [read_question(f"?d {HAS} ?p\n?p {IS_A} ?q")],
    }


def _measured(questions: Sequence[Question], parties: Sequence[Party], union: oxi.Store) -> dict[str, Any]:
    found: list[Answered] = []
    equal, elapsed = [], []
    for asked in questions:
        begun = time.perf_counter()
        answer = ask(asked, parties)
        elapsed.append(time.perf_counter() - begun)
        expected = set(oxi.ask(union, sparql(asked), ["urn:union"]).rows)
        equal.append({tuple(cell.name for cell in row) for row in answer.rows} == expected and all(support.parties for proof in answer.proofs for support in proof))
        found.append(answer)
    shares = [answer.share for answer in found]
    return {
        "questions": len(found), "equal": float(np.mean(equal)), "rows": statistics.median(len(answer.rows) for answer in found), "values moved": statistics.median(answer.moved for answer in found),
        "median share": statistics.median(shares), "worst share": max(shares), "ms": 1000 * statistics.median(elapsed),
    }  # fmt: skip
