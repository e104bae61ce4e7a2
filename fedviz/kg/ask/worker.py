"""The process that answers questions, so that a question that takes too long can be ended: Oxigraph cannot be interrupted within a process.

It reads one JSON document a line from standard input and writes one a line to standard output; it holds stores open for reading only and imports
little, so that it is there quickly. `python -m fedviz.kg.ask.worker`; `query.Workers` starts and ends it.
"""

import json
import sys
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from fedviz.core.errors import FedvizError
from fedviz.kg.store import handles, oxi
from fedviz.kg.store.terms import datatype, is_iri, language, literal, value

MEMORY_BYTES = 6 << 30
"""Address space of the process: a question that needs more ends with one sentence, and the server goes on."""
CELL = 2_000
"""Letters of a literal in an answer; longer ones end in an ellipsis."""
ANSWER_BYTES = 16 << 20
"""Size of an answer; what is behind it is left out, and that is said."""


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The reply to one request: an answer, or `error` (a sentence) with `fault` where the query cannot be parsed."""
    try:
        store = handles.opened(Path(request["place"]), request["state"])
        if request["op"] == "paths":
            from fedviz.kg.ask import routes  # igraph, which few questions need

            return {"paths": routes.shortest(store, request["graphs"], request["start"], request["end"], request["count"], request["relations"], request["directed"])}
        return _query(store, request)
    except oxi.QuerySyntaxError as wrong:
        return {"error": str(wrong), "fault": list(wrong.fault)}
    except FedvizError as wrong:
        return {"error": str(wrong)}
    except MemoryError:
        return {"memory": True}
    except Exception as wrong:  # whatever a query makes Oxigraph say must not end the page that waits for it
        return {"trouble": " ".join(str(wrong).split())[:200]}


def _query(store: oxi.Store, request: Mapping[str, Any]) -> dict[str, Any]:
    start = time.perf_counter()
    found = oxi.ask(store, request["sparql"], request["graphs"], named=request["named"])
    if found.holds is not None:
        return {"holds": found.holds, "elapsed_s": time.perf_counter() - start}
    source: Any = found.rows if found.statements is None else found.statements
    rows, size, truncated = [], 0, False
    for row in islice(source, request["rows"] + 1):
        if len(rows) == request["rows"] or size > ANSWER_BYTES:
            truncated = True
            break
        cut = [None if term is None else _cut(term) for term in row]
        size += sum(len(term or "") for term in cut)
        rows.append(cut)
    kind = "rows" if found.statements is None else "statements"
    return {"variables": list(found.variables), kind: rows, "truncated": truncated, "elapsed_s": time.perf_counter() - start}


def _cut(term: str) -> str:
    if len(term) <= CELL or is_iri(term):
        return term
    return literal(value(term)[:CELL] + "…", language(term), datatype(term))


def _limit_memory() -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        return


def main() -> None:
    """Answer requests until standard input ends."""
    _limit_memory()
    _write({"ready": True})
    for line in sys.stdin.buffer:
        _write(answer(json.loads(line)))


def _write(reply: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
