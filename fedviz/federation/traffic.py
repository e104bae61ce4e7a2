"""What the messages of a run weigh, as Flower counts them: it follows from the configuration and from the arrays' names, types and shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.registry import ADAPTERS, COMPRESSION, OBJECTIVES, STRATEGIES
from fedviz.federation import wire
from fedviz.federation.adapters.base import A, B
from fedviz.federation.compression.base import form_bytes
from fedviz.federation.npy import npy_bytes
from fedviz.federation.secure.sizes import round_bytes, vector_bytes

_NUMBER = 8
_SETTINGS = (wire.EPOCHS, wire.BATCH, wire.RATE, wire.MU, wire.ROUND)


@dataclass(frozen=True)
class Traffic:
    """Bytes of one client's messages: the order to train in the first round and in a later one, the answer to it, the order to evaluate and the answer to that.

    Under secure aggregation order and answer hold the client's part in the whole protocol, where nobody drops out of it.
    """

    first: int
    order: int
    answer: int
    evaluate: int = 0
    evaluated: int = 0
    round_up: int = 0
    round_down: int = 0
    """What a round takes once, on whichever client: under CKKS one client gets the encrypted sum and sends the decrypted one."""
    even: int = 0
    """How much heavier the answer is in an even round, where adapters are trained in turn."""
    less: tuple[int, ...] = ()
    """How much lighter each client's order and answer are, where clients have adapters of their own rank; empty: nobody's are."""

    def down(self, number: int, client: int) -> int:
        """What goes to a client that is asked to train in a round."""
        return (self.first if number == 1 else self.order) - (self.less[client] if self.less else 0)

    def up(self, number: int, client: int) -> int:
        """What such a client answers."""
        return self.answer + self.even * (number % 2 == 0) - (self.less[client] if self.less else 0)


def traffic(config: RunConfig, trained: Mapping[str, NDArray[Any]], classes: int) -> Traffic:
    """The messages of a run of so many classes whose trained arrays have the names, types and shapes of `trained`."""
    federation, strategy = config.federation, STRATEGIES.get(config.federation.strategy.name)
    sent = travelling(config, trained)
    arrays = _array_bytes(sent)
    settings = _numbers(*_SETTINGS) + len(wire.OPTIMIZER) + len(federation.optimizer) + _numbers(wire.WATCH) * federation.watch_local
    told = (len(wire.RULE + strategy.rule) if strategy.rule else 0) + _numbers(*(wire.NUMBER + name for name in strategy.numbers))
    measured = _numbers(wire.WEIGHT, wire.LOSS_SUM) + len(wire.CONFUSION) + _NUMBER * (classes**2 if OBJECTIVES.get(config.objective.name).labels else 2)
    order = arrays + settings + told
    first, later, up, tested = 0, int(strategy.extra_down * arrays), int(strategy.extra_up * arrays), 0
    if strategy.beside:
        beside = strategy.beside(federation.strategy, arrays, len(trained))
        first, later, up, tested = beside.down, beside.down, beside.up, beside.evaluate
    adapters = ADAPTERS.get(federation.adapters.name)
    if adapters.name != "fedit":
        told += len(wire.RULE + wire.ADAPTERS) + _numbers(wire.NUMBER + wire.STILL)
        told += _numbers(wire.NUMBER + wire.PRUNE_TO, wire.NUMBER + wire.PRUNE_PULL) * getattr(federation.adapters, "self_pruning", False)
        order = arrays + settings + told
    update, even = update_bytes(config, trained), update_bytes(config, trained, 2) - update_bytes(config, trained)
    answer = update + _numbers(wire.WEIGHT, wire.LOSS, wire.STEPS, wire.LOSS_BEFORE) + up
    once_up = once_down = 0
    if federation.secure_aggregation:
        clients = federation.answers
        hidden_up, hidden_down = round_bytes(federation.secure_protocol, clients, sum(values.size for values in sent.values()))
        (answer, once_up), (each_down, once_down) = divmod(hidden_up, clients), divmod(hidden_down, clients)
        if federation.secure_protocol == "ckks":
            answer = update
            once_up, each_down, once_down = hidden_up - clients * answer, 0, hidden_down
        order += each_down
    return Traffic(
        first=order + first,
        order=order + later,
        answer=answer + measured * federation.watch_local,
        evaluate=arrays + settings + told * (strategy.personal or adapters.name != "fedit") + tested,
        evaluated=measured * (1 + strategy.personal + bool(federation.validation_share)),
        round_up=once_up,
        round_down=once_down,
        even=even,
        less=_less(config, sent),
    )


def travelling(config: RunConfig, trained: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Those of the trained arrays that are sent at all."""
    options = config.federation.strategy
    stays = STRATEGIES.get(options.name).stays
    adapters = ADAPTERS.get(config.federation.adapters.name)
    return {name: values for name, values in trained.items() if not stays(options, name) and adapters.comes(name)}


def update_bytes(config: RunConfig, trained: Mapping[str, NDArray[Any]], number: int = 1) -> int:
    """Bytes of the arrays in which one client sends its update in a round, made smaller or hidden as the configuration says."""
    options, adapters = config.federation.compression, ADAPTERS.get(config.federation.adapters.name)
    strategy = config.federation.strategy
    sent = {name: values for name, values in trained.items() if not STRATEGIES.get(strategy.name).stays(strategy, name) and adapters.goes(name, number)}
    if config.federation.secure_aggregation:
        return vector_bytes(config.federation.secure_protocol, sum(values.size for values in sent.values()))
    compressor = COMPRESSION.get(options.name).build(options)
    return _array_bytes(sent) if compressor is None else form_bytes(compressor.form(sent))


def _array_bytes(arrays: Mapping[str, NDArray[Any]]) -> int:
    return sum(len(name) + npy_bytes(values.dtype.str, values.shape) for name, values in arrays.items())


def _less(config: RunConfig, sent: Mapping[str, NDArray[Any]]) -> tuple[int, ...]:
    """How much lighter each client's adapters are than the model's."""
    adapters, federation = ADAPTERS.get(config.federation.adapters.name), config.federation
    if config.model.tuning != "lora":  # type: ignore[attr-defined]
        return ()
    full = config.model.lora_rank  # type: ignore[attr-defined]
    ranks = adapters.ranks(federation.adapters, federation.clients, full)
    factors = {name: values for name, values in sent.items() if A in name or B in name}
    return tuple(_array_bytes(factors) - _array_bytes({name: values[:rank] if A in name else values[:, :rank] for name, values in factors.items()}) for rank in ranks) if set(ranks) != {full} else ()


def _numbers(*names: str) -> int:
    """Bytes of numbers under these names."""
    return sum(len(name) + _NUMBER for name in names)
