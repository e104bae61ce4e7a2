"""How fast the names of the Human Phenotype Ontology are found in texts, and how fast the ontology is there at all.

CPU seconds of one thread, best of several passes; needs the carriers.
"""

import time
from collections.abc import Callable

from fedviz.bench.report import Result, Say, at_least, at_most
from fedviz.core.registry import SCENARIOS
from fedviz.kg import hpo
from fedviz.kg.link import Linker, surface_forms

TASKS = ("medicine-coding", "medicine-vignettes")


def measure(quick: bool, say: Say) -> Result:
    """Texts a second for both medical tasks against all names, seconds to load the graph and to build the linker."""
    passes = 2 if quick else 7
    say("loading the ontology")
    hpo.hpo_graph()  # a first time, so that its derived file exists
    load_s = _best(passes, lambda: (hpo._graph.cache_clear(), hpo.hpo_graph()))
    graph = hpo.hpo_graph()
    build_s = _best(passes, lambda: Linker(graph))
    linker, names = Linker(graph), len(surface_forms(graph))
    rows = [
        {"what": "load the graph", "texts": None, "characters": None, "linked": None, "seconds": load_s, "texts a second": None},
        {"what": f"build the linker of {names:,} names", "texts": None, "characters": None, "linked": None, "seconds": build_s, "texts a second": None},
    ]
    checks = [at_most("CPU seconds to load the graph", load_s, 0.5, "s"), at_least("names", names, 36_957)]
    for name in TASKS:
        say(f"linking the texts of {name}")
        entry = SCENARIOS.get(name)
        data = entry.load(entry.options() if quick else entry.options(train_texts=20_000, test_texts=20_000), 0)
        texts = data.train.texts + data.test.texts
        seconds = _best(passes, lambda texts=texts: linker.link_many(texts))
        rows.append(
            {
                "what": name,
                "texts": len(texts),
                "characters": sum(map(len, texts)) / len(texts),
                "linked": sum(bool(mentions) for mentions in linker.link_many(texts)) / len(texts),
                "seconds": seconds,
                "texts a second": len(texts) / seconds,
            }
        )
        checks.append(at_least(f"texts a second, {name}", len(texts) / seconds, 10_000))
    return Result("linking", rows, checks, ["linked: share of the texts with at least one entity; characters: mean length of a text."])


def _best(passes: int, job: Callable[[], object]) -> float:
    """The least CPU seconds of several passes."""
    times = []
    for _ in range(passes):
        start = time.process_time()
        job()
        times.append(time.process_time() - start)
    return min(times)
