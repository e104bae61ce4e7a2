"""Is a run under Flower's simulation the run in process? Every plug-in in a tiny run, on Ray's workers and here, to the bit.

Ray is no requirement of fedviz, see `fedviz.bench.foreign`. Both runs of a pair are done by that environment, with the same libraries: what
differs between them is how messages reach the clients. Equal are the weights after every round and whatever the clients measured.
"""

import json
import subprocess
import threading
from typing import Any

from fedviz.bench import foreign
from fedviz.bench.every import SECTIONS, every
from fedviz.bench.report import Check, Result, Say

SECURE = "federation.secure_aggregation"
WHY_SECURE = (
    "Secure aggregation is not equal, and not expected to be: a client's keys of a round stay in the memory of the process that made them and never enter what "
    "Flower keeps for a client, while Ray gives each message of a client to whichever worker is free."
)
LIMIT_S = 1500


def measure(quick: bool, say: Say) -> Result:
    """The measurement; `quick` looks at strategies alone."""
    wanted = [(section, name) for section, name in every() if section == "federation.strategy" or not quick]
    found, why = _found(sorted({section for section, _ in wanted}), say)
    kinds = {section: registry.kind for section, registry in SECTIONS.items()} | {SECURE: "secure aggregation"}
    rows = [_row(kinds[section], name, found.get((section, name))) for section, name in wanted] if found else []
    notes = [WHY_SECURE] if (SECURE, "on") in found and not found[SECURE, "on"]["equal"] else []
    checks = []
    for section, kind in kinds.items():
        names = [name for one, name in wanted if one == section]
        if names and section != SECURE and (found or not quick):  # a figure that is stated must be measured
            equal = sum(found[section, name]["equal"] for name in names if (section, name) in found)
            checks.append(Check(f"of {len(names)} entries of the kind {kind}, equal under Flower's simulation", float(equal), f"at least {len(names)}", equal == len(names)))
    notes += [f"Flower's Ray simulation was not measured to its end: {why}"] if why else []
    return Result("simulation", rows, checks, notes, unprinted=("weights in process", "weights under the simulation"))


def _row(kind: str, name: str, found: dict[str, Any] | None) -> dict[str, Any]:
    one = found or {"rounds": 0, "here": "", "there": "", "equal": False, "why": "not measured"}
    return {
        "kind": kind, "name": name, "rounds": one["rounds"], "equal": "yes" if one["equal"] else "no", "why not": one["why"] or None,
        "weights in process": one["here"], "weights under the simulation": one["there"] or None,
    }  # fmt: skip


def _found(sections: list[str], say: Say) -> tuple[dict[tuple[str, str], dict[str, Any]], str]:
    """What the other process tells, by section and name, and why it did not come to its end (empty: it did)."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    try:
        if why := foreign.lacking("ray"):
            return found, why
        command = [next(foreign.pythons()), "-m", "fedviz.bench.simulated", *sections]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=foreign.ours()) as process:
            watchdog = threading.Timer(LIMIT_S, process.kill)
            watchdog.start()
            for line in process.stdout or ():
                if line.startswith("{"):  # Ray writes there too
                    one = json.loads(line)
                    found[one["section"], one["name"]] = one
                    say(f"{one['section']} {one['name']}: {'equal' if one['equal'] else one['why']}")
        watchdog.cancel()
        return found, "" if process.returncode == 0 else f"it ended with {process.returncode}."
    except (OSError, ValueError) as error:
        return found, f"it did not run ({type(error).__name__})."
