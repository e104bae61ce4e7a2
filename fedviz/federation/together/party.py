"""A party as a Flower client: it offers tags, blinds others' points, sends what was released, and learns the fused graph."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from fedviz.core.errors import RunError
from fedviz.federation import wire as keys
from fedviz.federation.together import names, wire
from fedviz.federation.together.local import Local
from fedviz.federation.together.options import TogetherOptions
from fedviz.kg.store.terms import Statement


@dataclass(frozen=True, eq=False)
class Home:
    """A party with what it never sends: its graph, and the seed that its key and secret follow from."""

    local: Local
    options: TogetherOptions
    seed: int

    @cached_property
    def offered(self) -> tuple[names.Tags, tuple[Statement, ...], tuple[int, ...]]:
        """Tags in the order of their bytes, which is chance to whoever lacks the key; the triple and the count of each."""
        found = self.local.contributions(self.options)
        if self.options.alignment == "keyed":
            tags = names.keyed(names.shared_key(self.seed), list(found))
        else:
            tags = names.blinded(names.own_secret(self.seed, self.local.client), names.points(list(found)))
        rows = list(found.values())
        order = sorted(range(len(rows)), key=lambda place: tags[place].tobytes())
        return tags[np.array(order, int)], tuple(rows[place][0] for place in order), tuple(rows[place][1] for place in order)

    def clear(self, said: Statement) -> wire.Clear:
        """A triple as it leaves. Under the private rule without method and confidence, which have no noise."""
        known, held = self.local.names, self.local.held[said]
        how = ("", 0.0) if self.options.rule == "private" else (held.method, round(held.confidence, 3))
        return wire.Clear(*said, known[said.subject], known[said.object], *how)


def client_app(homes: Sequence[Home], learned: Callable[[int, tuple[wire.Told, ...]], None] = lambda client, told: None) -> ClientApp:
    """The app of all parties. `learned(client, fused)` is called at a party that was told the fused graph; nothing of what it does with it travels."""
    app = ClientApp()

    def home(context: Context) -> Home:
        return homes[int(context.node_config[keys.PARTITION])]

    @app.query(wire.OFFER)
    def _offer(message: Message, context: Context) -> Message:
        mine = home(context)
        wire.check_agreement(message, mine.options)
        if mine.options.rule == "consent":
            raise RunError("Where consent decides there is nothing to count, so that no party offers tags.")
        tags, _said, counts = mine.offered
        return Message(wire.offer(tags, counts), reply_to=message)

    @app.query(wire.BLIND)
    def _blind(message: Message, context: Context) -> Message:
        mine = home(context)
        return Message(wire.points(names.blinded(names.own_secret(mine.seed, mine.local.client), wire.read_points(message))), reply_to=message)

    @app.query(wire.RELEASE)
    def _release(message: Message, context: Context) -> Message:
        mine = home(context)
        wire.check_agreement(message, mine.options)
        if mine.options.rule == "consent":
            wanted = sorted(said for said, _count in mine.local.contributions(mine.options).values())
        else:
            _tags, said, _counts = mine.offered
            places = wire.read_places(message)
            if any(not 0 <= place < len(said) for place in places):
                raise RunError(f"A party is asked for places in its own list of {len(said)} triples, and for no others.")
            wanted = [said[place] for place in places]
        return Message(wire.clear([mine.clear(row) for row in wanted]), reply_to=message)

    @app.query(wire.FUSED)
    def _fused(message: Message, context: Context) -> Message:
        learned(int(context.node_config[keys.PARTITION]), wire.read_fused(message))
        return Message(RecordDict(), reply_to=message)

    return app
