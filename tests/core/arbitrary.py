"""Hypothesis strategies for whole configurations, built from the declared options of every plug-in."""

import types
from typing import Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import ValidationError

from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.knowledge_use import GraphConfig, Guidance, TextsConfig
from fedviz.core.participation import NetworkConfig, ParticipationConfig
from fedviz.core.registry import (
    ADAPTERS,
    ADVERSARIES,
    AGGREGATIONS,
    AUGMENTATIONS,
    AVAILABILITY,
    COMPRESSION,
    KNOWLEDGE,
    LOSSES,
    MODELS,
    OBJECTIVES,
    PARTITIONS,
    PRIVACY,
    SCENARIOS,
    SELECTIONS,
    STRATEGIES,
    Registry,
)

PLUGINS = {"scenario": SCENARIOS, "partition": PARTITIONS, "model": MODELS, "knowledge": KNOWLEDGE, "augmentation": AUGMENTATIONS, "selection": SELECTIONS}


def values(field: Any) -> st.SearchStrategy:
    """Values that keep the declared rules of one option."""
    bounds = {key: bound for meta in field.metadata for key in ("ge", "gt", "le", "lt", "multiple_of") if (bound := getattr(meta, key, None)) is not None}
    pattern = next((meta.pattern for meta in field.metadata if getattr(meta, "pattern", None)), None)
    if pattern:
        return st.from_regex(pattern.removesuffix("$") + r"\Z")
    return _values(field.annotation, bounds)


def _values(kind: Any, bounds: dict[str, Any]) -> st.SearchStrategy:
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        return st.one_of(*(_values(part, bounds) for part in get_args(kind)))
    if kind is bool:
        return st.booleans()
    if kind is int:
        step = bounds.get("multiple_of", 1)
        low, high = bounds.get("ge", bounds.get("gt", -1) + 1), bounds.get("le", bounds.get("lt", 2**31) - 1)
        return st.integers(-(-low // step), high // step).map(lambda n: n * step)
    if kind is float:
        low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
        return st.floats(low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds, allow_nan=False, allow_infinity=False)
    if kind is str:
        return st.sampled_from(("0", "zyx", "Rot13"))
    if kind is types.NoneType:
        return st.none()
    raise NotImplementedError(f"a strategy for options of type {kind!r} is missing here")


def options(declared: Any, **given: st.SearchStrategy) -> st.SearchStrategy[dict[str, Any]]:
    """Plain data of one option class; some keys are left out, so that defaults are met too."""
    fields = {key: field for key, field in declared.model_fields.items() if key not in given and key != "name"}
    return st.fixed_dictionaries(given, optional={key: values(field) for key, field in fields.items()})


def plugin(registry: Registry) -> st.SearchStrategy[dict[str, Any]]:
    """The section of any entry of a registry."""
    return st.sampled_from(registry.names()).flatmap(lambda name: options(registry.get(name).options, name=st.just(name)))


@st.composite
def federations(draw: st.DrawFn) -> dict[str, Any]:
    """The federation's section; lists of clients stay within the number of clients."""
    ranks = {"hetlora": {"ranks": st.lists(st.integers(1, 8), min_size=1, max_size=4)}}
    adapters = st.sampled_from(ADAPTERS.names()).flatmap(lambda name: options(ADAPTERS.get(name).options, name=st.just(name), **ranks.get(name, {})))
    lists = {"absent_clients": st.just([]), "faulty_clients": st.just([])}
    data = draw(options(FederationConfig, strategy=plugin(STRATEGIES), aggregation=plugin(AGGREGATIONS), compression=plugin(COMPRESSION), adapters=adapters, **lists))
    if data.get("patience") and not data.get("validation_share"):
        data["validation_share"] = 0.25
    clients = data.setdefault("clients", FederationConfig().clients)  # a scenario of fewer parties would take fewer
    some = st.lists(st.integers(0, clients - 1), unique=True, max_size=clients - 1)
    if STRATEGIES.get(data["strategy"]["name"]).plain_sgd:
        data["optimizer"] = "sgd"
    data |= {"absent_clients": draw(some), "faulty_clients": draw(some)}
    try:
        FederationConfig.model_validate(data)
    except ValidationError:  # too few clients a round for a rule that bears some who are wrong, or for secure aggregation, which bears few rules
        data |= {"aggregation": {"name": "mean"}, "secure_aggregation": False}
    if data.get("secure_aggregation"):
        data["compression"] = {"name": "none"}
    return data


def configs() -> st.SearchStrategy[RunConfig]:
    """Any valid configuration."""
    sections = {section: plugin(registry) for section, registry in PLUGINS.items()}
    attack = st.sampled_from(ADVERSARIES.names()).flatmap(
        lambda name: options(ADVERSARIES.get(name).options, name=st.just(name), **({} if name == "none" else {"clients": st.just([0])}))
    )
    federation = federations().map(lambda data: data if data.get("clients", 8) > 1 else {**data, "clients": 2})
    participation = options(ParticipationConfig, availability=plugin(AVAILABILITY), late_joiners=st.just([0]))
    network = options(NetworkConfig, stragglers=st.just([0]))
    guidance = options(Guidance, **{term.name: options(term.options) for term in LOSSES})
    objective = st.sampled_from(OBJECTIVES.names()).flatmap(
        lambda name: options(OBJECTIVES.get(name).options, name=st.just(name), **({"watched": st.just([])} if "watched" in OBJECTIVES.get(name).options.model_fields else {}))
    )
    whole = options(RunConfig, objective=objective, texts=options(TextsConfig), graph=options(GraphConfig), guidance=guidance, federation=federation, adversary=attack, privacy=plugin(PRIVACY), participation=participation, network=network, **sections)
    return whole.map(possible).map(fitting).map(RunConfig.parse)


def fitting(data: dict[str, Any]) -> dict[str, Any]:
    """The same configuration; where its sections do not fit each other, the plainest stand in one by one: no guidance, classes to tell, the toy model, FedAvg, adapters simply averaged, no secure aggregation, the mean, all there."""
    for part in ({"guidance": {}}, {"objective": {"name": "classify"}}, {"model": {"name": "toy"}}):
        try:
            RunConfig.parse(data)
        except ConfigError:
            data = {**data, **part}
    plainer = ({"patience": 0, "validation_share": 0.0}, {"strategy": {"name": "fedavg"}}, {"adapters": {"name": "fedit"}}, {"secure_aggregation": False}, {"aggregation": {"name": "mean"}, "compression": {"name": "none"}})
    for change in plainer:
        try:
            RunConfig.parse(data)
        except ConfigError:
            data = {**data, "federation": {**data["federation"], **change}}
    return data


def possible(data: dict[str, Any]) -> dict[str, Any]:
    """The same configuration; somebody trains from the start, a poisoner is a client, and privacy can be accounted for where it is kept."""
    federation = data["federation"]
    data["graph"]["poisoned_by"] = data["graph"].get("poisoned_by", 0) % federation.get("clients", 8)
    if set(range(federation.get("clients", 8))) - {0} <= set(federation["absent_clients"]):
        data["participation"]["late_joiners"] = []
    if STRATEGIES.get(federation["strategy"]["name"]).asynchronous:
        data["participation"].pop("over_selection", None)
        data["participation"].pop("choice", None)
        data["network"].pop("deadline_s", None)
    if data["privacy"]["name"] == "none":
        return data
    data["privacy"].pop("count_noise", None)
    federation |= {"patience": 0, "validation_share": 0.0}
    data["participation"], data["network"] = {}, {}
    return {**data, "federation": {**data["federation"], "strategy": {"name": "fedavg"}, "aggregation": {"name": "mean"}, "weighting": "even", "secure_aggregation": False}}
