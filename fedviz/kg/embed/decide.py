"""What a person decides about proposals: accepted ones become a source of their own, rejected ones are kept as rejected and proposed no more."""

from collections.abc import Sequence
from typing import Protocol

from fedviz.kg.store.change import change
from fedviz.kg.store.records import Evidence, SourceInfo, Status
from fedviz.kg.store.terms import Statement


class Proposed(Protocol):
    """What can be decided about: a statement, how it was found, and how far it is to be believed, in [0, 1]."""

    @property
    def statement(self) -> Statement:
        """What it would say."""
        ...

    @property
    def method(self) -> str:
        """How it was found."""
        ...

    @property
    def confidence(self) -> float:
        """How far it is to be believed."""
        ...


READER = "hand"
ACCEPTED, REJECTED = "Proposals, accepted by hand", "Proposals, rejected by hand"


def accept(name: str, proposals: Sequence[Proposed], by: str = "") -> int:
    """Add proposals that a person has accepted to a graph, in a source of their own with method and confidence as evidence; how many it did not have yet."""
    return _decided(name, proposals, ACCEPTED, "asserted", by)


def reject(name: str, proposals: Sequence[Proposed], by: str = "") -> int:
    """Remember proposals that a person has rejected: statements of status `rejected`, which nothing believes and nothing proposes again; how many are new."""
    return _decided(name, proposals, REJECTED, "rejected", by)


def _decided(name: str, proposals: Sequence[Proposed], title: str, status: Status, by: str) -> int:
    with change(name, f"{len(proposals)} proposals {'accepted' if status == 'asserted' else 'rejected'} by hand") as write:
        known = next((source for source in write.info.sources if source.title == title and source.origin == by and source.reader == READER), None)
        source = known or write.new_source(SourceInfo(key="", title=title, reader=READER, origin=by, method="proposal"))
        said = [(entry.statement, Evidence(source="", status=status, method=entry.method, confidence=entry.confidence, date=source.date)) for entry in proposals]
        return write.add(source.key, said, status)
