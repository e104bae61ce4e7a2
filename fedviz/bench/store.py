"""What keeping provenance costs: a million N-Triples imported as a source against Oxigraph's own bulk load of the same file, and a one-hop question.

Times of imports are processor seconds (user and system, all threads) of a process of its own, start of the interpreter and libraries subtracted, in turn, so that
a busy machine disturbs both alike. The question is asked in this process (`GraphStore.ask`, with the description of the graph read each time) and the way of a page, by
the process that answers questions: how long the store took there, and how long until the answer was here.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fedviz.bench.report import Result, Say, at_most
from fedviz.core.errors import RunError
from fedviz.kg.ask import query
from fedviz.kg.export import export
from fedviz.kg.store.store import GraphStore

RATIO, HOP_MS = 2.0, 5.0
_COMMON = "import resource, sys, json\ndef used():\n    u = resource.getrusage(resource.RUSAGE_SELF)\n    return u.ru_utime + u.ru_stime\n"
_SAY = "print(json.dumps({'cpu': used() - before, 'memory': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))\n"
_BULK = _COMMON + (
    "from pathlib import Path\nfrom fedviz.kg.store import oxi\nbefore = used()\nstore = oxi.open_writable(Path(sys.argv[2]))\n"
    "with open(sys.argv[1], 'rb') as file:\n    oxi.load_lines(store, file, 'urn:fedviz:source:1')\nstore.flush()\ndel store\n"
) + _SAY  # fmt: skip
_OURS = _COMMON + (
    "from pathlib import Path\nfrom fedviz.kg.sources.load import import_file, into\nbefore = used()\n"
    "with into(sys.argv[2]):\n    import_file(sys.argv[2], Path(sys.argv[1]))\n"
) + _SAY  # fmt: skip
_RELATIONS = ("treats", "causes", "part_of", "symptom_of", "owned_by")


def measure(quick: bool, say: Say) -> Result:
    """Both imports in turn, then questions and an export of what was imported."""
    triples, times, questions = (100_000, 3, 300) if quick else (1_000_000, 3, 2000)
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder:
        home = Path(folder)
        file = home / "triples.nt"
        _write(file, triples)
        say(f"{triples:,} triples, {file.stat().st_size >> 20} MB")
        bulk, ours = [], []
        for turn in range(times):
            bulk.append(_process(_BULK, home, file, home / f"bulk-{turn}"))
            ours.append(_process(_OURS, home, file, f"graph-{turn}"))
            say(f"turn {turn + 1}: Oxigraph {bulk[-1]['cpu']:.2f} s, with provenance {ours[-1]['cpu']:.2f} s")
        ratios = [one["cpu"] / other["cpu"] for one, other in zip(ours, bulk, strict=True)]
        before = os.environ.get("FEDVIZ_HOME")
        os.environ["FEDVIZ_HOME"] = str(home)
        try:
            waits, within, paged, held = _questions(triples, questions)
            start = time.process_time()
            export("graph-0", home / "out.nq")
            exported = time.process_time() - start
        finally:
            os.environ.pop("FEDVIZ_HOME")
            if before is not None:
                os.environ["FEDVIZ_HOME"] = before
    median = statistics.median
    rows = [
        _row("Oxigraph's bulk load, processor s", [one["cpu"] for one in bulk]),
        _row("import with provenance, processor s", [one["cpu"] for one in ours]),
        _row("import against bulk load, ratio", ratios),
        _row("Oxigraph's bulk load, peak memory MB", [one["memory"] for one in bulk]),
        _row("import with provenance, peak memory MB", [one["memory"] for one in ours]),
        _row("one hop, ms", waits),
        _row("one hop from a page, in the store, ms", within),
        _row("one hop from a page, until the answer is here, ms", paged),
        _row("export as N-Quads, processor s", [exported]),
    ]
    checks = [
        at_most(f"import of {triples:,} N-Triples with provenance against Oxigraph's own bulk load, median", median(ratios), RATIO, "times"),
        at_most(f"one-hop question over {held:,} statements, median", median(waits), HOP_MS, "ms"),
        at_most("the same from a page, in the store, median", median(within), HOP_MS, "ms"),
        at_most("the same from a page, until the answer is here, median", median(paged), HOP_MS, "ms"),
    ]
    return Result("store", rows, checks, [f"Each of {times} turns runs both imports, each in a process of its own."])


def _write(file: Path, triples: int) -> None:
    """Triples like those of a dump: one in five names an entity, the others join two."""
    draw = random.Random(7)
    entities = triples // 5
    with file.open("w", encoding="utf-8") as out:
        for number in range(entities):
            subject = f"<http://example.org/resource/Entity_{number}>"
            out.write(f'{subject} <http://www.w3.org/2000/01/rdf-schema#label> "Entity number {number}"@en .\n')
            for _other in range(4):
                out.write(f"{subject} <http://example.org/ontology/{draw.choice(_RELATIONS)}> <http://example.org/resource/Entity_{draw.randrange(entities)}> .\n")


def _process(code: str, home: Path, file: Path, argument: object) -> dict[str, float]:
    environment = os.environ | {"FEDVIZ_HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code, str(file), str(argument)], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise RunError(f"An import of the measurement failed: {done.stderr[-400:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _questions(triples: int, count: int) -> tuple[list[float], list[float], list[float], int]:
    """Milliseconds of each question about an entity drawn by chance: asked here; within the store of the process that answers a page; until that answer was here. And the number of statements."""
    store = GraphStore("graph-0")
    draw = random.Random(11)
    waits, within, paged = [], [], []
    for _number in range(count + 10):
        subject = f"<http://example.org/resource/Entity_{draw.randrange(triples // 5)}>"
        start = time.perf_counter()
        sparql = f"SELECT ?p ?o {{ {subject} ?p ?o }}"
        rows = list(store.ask(sparql).rows)
        waits.append(1000 * (time.perf_counter() - start))
        found = query.run(store, sparql)
        within.append(1000 * found.elapsed_s)
        paged.append(1000 * found.waited_s)
        if not rows or sorted(rows) != sorted(found.rows):
            raise RunError(f"Every entity of the measurement has statements, the same by both ways, but {subject} has not.")
    version = store.info.version
    return waits[10:], within[10:], paged[10:], version.triples if version else 0


def _row(what: str, values: list[float]) -> dict[str, Any]:
    return {"what": what, "times": len(values), "median": statistics.median(values), "least": min(values), "most": max(values)}
