"""A scenario's training texts as documents, each with the party that holds it: what a graph can be built from, client by client."""

from fedviz.core.config import RunConfig
from fedviz.kg.construct.records import Document
from fedviz.scenarios.load import load, shards


def documents(config: RunConfig, client: int | None = None, limit: int = 0) -> tuple[Document, ...]:
    """The training texts of one client, or of all (None), clients taking turns; at most `limit` of them (0: all). `CarrierError` where the data is not fetched."""
    data = load(config)
    dealt = shards(config, data)
    found = []
    for number, rows in enumerate(dealt.train):
        if client in (None, number):
            name = dealt.names[number]
            found += [(turn, number, Document(data.train.texts[row], f"{data.name}, training text {row + 1}", name)) for turn, row in enumerate(rows)]
    ordered = [document for _turn, _number, document in sorted(found, key=lambda entry: entry[:2])]
    return tuple(ordered[:limit] if limit else ordered)
