"""Reading bytes with a reader of the registry, as an import does it, but into a list."""

import io

from fedviz.core.registry import SOURCES
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.terms import Statement


def read(name, data, **options):
    """(statements, intake) of what a reader makes of some bytes; every line must be one that the store takes, or be refused by its check."""
    entry = SOURCES.get(name)
    intake = Intake()
    found = []
    for block in entry.read(io.BytesIO(data), entry.options(**options), intake, "t"):
        assert block.numbers is None or len(block.numbers) == len(block.lines)
        for line in block.lines:
            canonical, reason = oxi.check_line(line)
            if canonical is None:
                intake.skip(0, reason)
            else:
                found.append(Statement(*canonical.decode().removesuffix(" .\n").split(" ", 2)))
    return found, intake
