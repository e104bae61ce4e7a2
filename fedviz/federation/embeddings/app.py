"""A party's part as a Flower `ClientApp`: it takes the rows that the server sends, learns from its own triples, and sends rows of the shared tables back.

Messages hold arrays of numbers and nothing else: no name, and no list of which rows a party holds (it tells that once, by keyed hashes, before the first round).
"""

from collections.abc import Sequence
from typing import Any

from flwr.app import Context, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp

from fedviz.core import seeds
from fedviz.federation import messages, wire
from fedviz.federation.embeddings.parties import Party
from fedviz.kg.embed.models import ENTITY, RELATION, model_of
from fedviz.kg.embed.ranking import Ranking, judged
from fedviz.kg.embed.training import EmbedOptions, Trainer
from fedviz.kg.embed.triples import Known

NAMES = {ENTITY: wire.ENTITY_ROWS, RELATION: wire.RELATION_ROWS}


def embedding_app(parties: Sequence[Party], shared: Sequence[str], options: EmbedOptions, epochs: int) -> ClientApp:
    """The app of all parties; `shared`: names of the tables that travel; `epochs`: over its own triples in each round. A party's context holds all that stays at home."""
    app = ClientApp()
    model = model_of(options.model)
    seen = [Known(party.parts.train, party.count(ENTITY), party.count(RELATION)) for party in parties]

    def trainer(number: int, context: Context) -> Trainer:
        party, own = parties[number], options.model_copy(update={"seed": seeds.derive(options.seed, "embeddings", "party", number)})
        if wire.ARRAYS not in context.state:
            return Trainer(model, own, model.start(party.count(ENTITY), party.count(RELATION), options.width, own.seed))
        tables, memory = (_kept(context.state, key) for key in (wire.ARRAYS, wire.ROWS_MEMORY))
        return Trainer(model, own, tables, memory)

    def taken(message: Message, context: Context) -> tuple[int, Trainer]:
        number = int(context.node_config[wire.PARTITION])
        at_home = trainer(number, context)
        sent = messages.arrays_of(message.content[wire.ARRAYS])  # type: ignore[arg-type]
        at_home.tables.update({name: sent[NAMES[name]].copy() for name in shared if NAMES[name] in sent})
        return number, at_home

    @app.train()
    def learn(message: Message, context: Context) -> Message:
        number, at_home = taken(message, context)
        first = int(message.content[wire.CONFIG][wire.ROUND]) * epochs  # type: ignore[index]
        for epoch in range(epochs):
            at_home.epoch(parties[number].parts.train, seen[number], first + epoch)
        _keep(context, wire.ARRAYS, at_home.tables)
        _keep(context, wire.ROWS_MEMORY, at_home.memory)
        return Message(RecordDict({wire.ARRAYS: messages.array_record({NAMES[name]: at_home.tables[name] for name in shared})}), reply_to=message)

    @app.evaluate("check")
    def check(message: Message, context: Context) -> Message:
        """Rank the held-out triples that a party stops by; the tables of its best check are kept."""
        number, at_home = taken(message, context)
        party = parties[number]
        found = judged(model, at_home.tables, party.parts.valid, party.known)
        best = context.state[wire.METRICS][wire.MRR] if wire.METRICS in context.state else -1.0  # type: ignore[index]
        if found.mrr > float(best):  # type: ignore[arg-type]
            context.state[wire.METRICS] = _metrics(found)
            _keep(context, wire.BEST, at_home.tables)
        return Message(RecordDict({wire.METRICS: _metrics(found)}), reply_to=message)

    @app.evaluate("judge")
    def judge(message: Message, context: Context) -> Message:
        """Rank the triples that nothing was decided by, with the tables of the best check."""
        number = int(context.node_config[wire.PARTITION])
        party = parties[number]
        found = judged(model, _kept(context.state, wire.BEST), party.parts.test, party.known)
        return Message(RecordDict({wire.METRICS: _metrics(found)}), reply_to=message)

    return app


def ranking_in(message: Message) -> Ranking:
    """What a party answered to a check or a judgement."""
    told: Any = message.content[wire.METRICS]
    return Ranking(
        count=int(told[wire.WEIGHT]), mrr=told[wire.MRR], hits_1=told[wire.HITS_1], hits_3=told[wire.HITS_3], hits_10=told[wire.HITS_10], chance=told[wire.CHANCE]
    )


def _metrics(found: Ranking) -> MetricRecord:
    return MetricRecord(
        {wire.WEIGHT: found.count, wire.MRR: found.mrr, wire.HITS_1: found.hits_1, wire.HITS_3: found.hits_3, wire.HITS_10: found.hits_10, wire.CHANCE: found.chance}
    )


def _keep(context: Context, key: str, tables: dict[str, Any]) -> None:
    context.state[key] = messages.array_record({name: table.copy() for name, table in tables.items()})


def _kept(state: RecordDict, key: str) -> dict[str, Any]:
    return {name: table.copy() for name, table in messages.arrays_of(state[key]).items()}  # type: ignore[arg-type]
