"""`RunConfig`: everything that decides a run, as frozen records, TOML both ways, and a digest.

`[scenario] [texts] [graph] [partition] [model] [objective] [knowledge] [guidance] [augmentation] [selection] [federation] [participation] [network] [adversary] [privacy]` and a
top-level `seed`. All but the texts, the graph, the guidance (a table for each term of the loss), the federation, the participation and the network are plug-ins, and so are `[federation.strategy]`, `[federation.aggregation]`, `[federation.compression]`,
`[federation.adapters]` and `[participation.availability]`: their `name` picks the entry, their other keys are that entry's options.
"""

import hashlib
import json
import math
import tomllib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, model_validator

from fedviz.core.errors import ConfigError
from fedviz.core.knowledge_use import GraphConfig, Guidance, TextsConfig
from fedviz.core.options import Options, parse, plugin
from fedviz.core.participation import NetworkConfig, ParticipationConfig
from fedviz.core.registry import (
    ADAPTERS,
    ADVERSARIES,
    AGGREGATIONS,
    AUGMENTATIONS,
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
)

MAX_CLIENTS = 100
MAX_ROUNDS = 1000


class FederationConfig(Options):
    """How the federation trains: who takes part, for how long, and how updates become one model."""

    rounds: Annotated[int, Field(ge=1, le=MAX_ROUNDS, title="Rounds", description="How often the clients train and the server averages. One round = send the global model out, train locally, send updates back, aggregate.")] = 10
    clients: Annotated[int, Field(ge=1, le=MAX_CLIENTS, title="Clients", description="How many parties hold a part of the texts. Their texts never leave them; only model updates do.")] = 8
    fraction: Annotated[float, Field(gt=0, le=1, title="Clients per round", description="Share of the clients that train in each round, drawn anew every round (client sampling).")] = 1.0
    local_epochs: Annotated[int, Field(ge=1, le=50, title="Local epochs", description="How often a client goes through its own texts before it sends its update. More epochs save communication and let clients drift apart.")] = 1
    batch_size: Annotated[int, Field(ge=1, le=512, title="Batch size", description="Texts per training step on a client.")] = 16
    learning_rate: Annotated[float, Field(gt=0, le=10, title="Learning rate", description="Step size of the clients' optimiser.")] = 5e-3
    optimizer: Annotated[Literal["adamw", "sgd"], Field(title="Client optimiser", description="AdamW adapts the step of each weight; SGD is the one that the theory of FedAvg speaks of. Its state starts fresh in every round.")] = "adamw"
    weighting: Annotated[Literal["examples", "even"], Field(title="Weighting", description="Average the updates by how many examples each client has (FedAvg), or count every client the same.")] = "examples"
    absent_clients: Annotated[tuple[int, ...], Field(title="Absent clients", description="Clients that never train, though they still hold test texts: what does the federation lose without them?")] = ()
    faulty_clients: Annotated[tuple[int, ...], Field(title="Failing clients", description="Clients whose training raises an error in every round, to see how a federation lives with failures.")] = ()
    secure_aggregation: Annotated[bool, Field(title="Secure aggregation", description="Clients hide their updates, so that the server learns the sum and no single update: under masks that cancel in it, or encrypted. Drift, shares and kept client models are then hidden too. Evaluation still sends each client's counts in the open.")] = False
    secure_protocol: Annotated[Literal["masks", "ckks"], Field(title="Secure protocol", description="Masks: each client adds numbers that cancel in the sum, at 8 bytes a weight. Homomorphic sums: clients encrypt (CKKS, TenSEAL), and the server adds what it cannot read, at 32 bytes a weight; whoever drops out is simply missing. But all clients share the secret key: the server together with one client could read every update.")] = "masks"
    secure_threshold: Annotated[float, Field(gt=0.5, le=1, title="Survivors needed", description="Under secure aggregation with masks: the share of a round's clients, rounded up, that must answer to the end. Fewer, and the round fails, since nobody can lift the masks any more.")] = 2 / 3
    compare: Annotated[bool, Field(title="Compare with local and pooled training", description="After the last round, also train each client alone and once on the pooled texts, with as many passes over the texts, to answer: why federate?")] = True
    watch_local: Annotated[bool, Field(title="Watch local models", description="In every round each client also measures, on its own test texts, the model that it has just trained, to see how local and global loss pull apart. It costs one more test of each client a round.")] = False
    validation_share: Annotated[float, Field(ge=0, le=0.5, title="Validation share", description="Share of its training texts that each client holds out and never trains on. After each round all clients but absent ones measure the global model on them, drawn or not; only counts leave. Test texts have no part in it. 0: nothing is held out.")] = 0.0
    patience: Annotated[int, Field(ge=0, le=MAX_ROUNDS, title="Patience", description="Stop once so many rounds in a row brought no better result on the held-out texts, and end with the model of the best round. 0: all rounds are done, and the last one counts.")] = 0
    validation_metric: Annotated[Literal["loss", "accuracy"], Field(title="Validation metric", description="What is better on the held-out texts: a lower loss, or a higher accuracy, which changes in steps and ties more often.")] = "loss"
    strategy: plugin(STRATEGIES, "federation.strategy") = Field(default={"name": "fedavg"}, validate_default=True, title="Strategy", description="The rule by which the server turns the clients' updates into the next global model.")  # type: ignore[valid-type]
    aggregation: plugin(AGGREGATIONS, "federation.aggregation") = Field(default={"name": "mean"}, validate_default=True, title="Combination", description="How many models become one: the mean, which trusts every client, or a rule that bears some who are wrong.")  # type: ignore[valid-type]
    compression: plugin(COMPRESSION, "federation.compression") = Field(default={"name": "none"}, validate_default=True, title="Compression", description="How a client makes its update smaller before it sends it. Only the way up is compressed: the model comes down with all its bits, and what a strategy sends beside the weights stays as it is.")  # type: ignore[valid-type]
    adapters: plugin(ADAPTERS, "federation.adapters") = Field(default={"name": "fedit"}, validate_default=True, title="Adapters", description="How low-rank adapters of several clients become one, where the model is trained by LoRA: the average of their factors is not the average of what they do.")  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _known_clients(self) -> "FederationConfig":
        for key in ("absent_clients", "faulty_clients"):
            for client in getattr(self, key):
                if not 0 <= client < self.clients:
                    raise ValueError(f"`0 <= client < clients` must hold for every entry of {key}, but got {client} with clients={self.clients}")
        strategy = STRATEGIES.get(self.strategy.name)
        if strategy.plain_sgd and self.optimizer != "sgd":
            raise ValueError(f"`optimizer` must be sgd where the strategy is {self.strategy.name}, whose rule speaks of plain gradient steps, but got optimizer={self.optimizer}")
        if self.patience and not self.validation_share:
            raise ValueError(f"`validation_share` must be above 0 where patience is above 0, since the run stops by held-out texts, but got validation_share=0 with patience={self.patience}")
        if set(range(self.clients)) <= set(self.absent_clients):
            raise ValueError(f"`absent_clients` must leave at least one client that trains, but got {list(self.absent_clients)}")
        if AGGREGATIONS.get(self.aggregation.name).asks_server and not strategy.whole_models:
            raise ValueError(f"`strategy` must combine the clients' models as they were sent where the combination is {self.aggregation.name}, which compares them with the server's own, but got strategy={self.strategy.name}")
        least = AGGREGATIONS.get(self.aggregation.name).least(self.aggregation)
        if self.answers < least:
            raise ValueError(f"`{self.aggregation.name}` must see at least {least} updates a round with these options, but only {self.answers} clients take part in one")
        if self.secure_aggregation:
            self._check_secure(strategy.sum_is_enough)
        return self

    def _check_secure(self, sum_is_enough: bool) -> None:
        if self.aggregation.name != "mean":
            raise ValueError(f"`aggregation` must be mean with secure aggregation, since any other rule must see single updates, but got aggregation={self.aggregation.name}")
        if not sum_is_enough:
            raise ValueError(f"`strategy` must be one to which the sum of the updates is enough with secure aggregation, but got strategy={self.strategy.name}")
        if self.participants < 3:
            raise ValueError(f"`secure_aggregation` must have at least 3 clients a round, since each of two can subtract its own update from the sum, but only {self.participants} take part in one")

    @property
    def threshold(self) -> int:
        """How many of a round's clients must answer to the end under secure aggregation; two where they encrypt, since the sum of one is that one's update."""
        return 2 if self.secure_protocol == "ckks" else math.ceil(self.secure_threshold * self.participants - 1e-9)

    @property
    def participants(self) -> int:
        """How many clients train in a round: the share of those that are not absent, at least one."""
        return max(1, int(self.fraction * self.present + 1e-9))

    @property
    def answers(self) -> int:
        """How many answers make up a round: one of each client that trains in it, or as many as an asynchronous strategy waits for."""
        return STRATEGIES.get(self.strategy.name).answers(self.strategy, self)

    @property
    def present(self) -> int:
        """How many clients are not absent."""
        return self.clients - len(set(self.absent_clients))


class RunConfig(Options):
    """One run, complete: the same config and seed give the same final weights on one machine."""

    seed: Annotated[int, Field(ge=0, lt=2**31, title="Seed", description="Start of all randomness of the run. The same seed repeats the run bit for bit on the same machine.")] = 0
    scenario: plugin(SCENARIOS, "scenario") = Field(title="Scenario", description="The story: texts, labels, parties and graph.")  # type: ignore[valid-type]
    texts: TextsConfig = Field(default_factory=TextsConfig, title="Texts", description="What is done to the texts before anybody reads them.")
    graph: GraphConfig = Field(default_factory=GraphConfig, title="Graph", description="What is done to the graph before anybody reads it.")
    partition: plugin(PARTITIONS, "partition") = Field(default={"name": "natural"}, validate_default=True, title="Partition", description="Who holds which texts.")  # type: ignore[valid-type]
    model: plugin(MODELS, "model") = Field(default={"name": "minilm"}, validate_default=True, title="Model", description="The language model and which of its weights are trained.")  # type: ignore[valid-type]
    objective: plugin(OBJECTIVES, "objective") = Field(default={"name": "classify"}, validate_default=True, title="Objective", description="What the model is trained to say: the class of a text, or the text's own tokens.")  # type: ignore[valid-type]
    knowledge: plugin(KNOWLEDGE, "knowledge") = Field(default={"name": "evidence"}, validate_default=True, title="Knowledge", description="How the graph enters the model.")  # type: ignore[valid-type]
    guidance: Guidance = Field(default_factory=Guidance, title="Guidance", description="What the graph adds to the clients' loss.")  # type: ignore[valid-type]
    augmentation: plugin(AUGMENTATIONS, "augmentation") = Field(default={"name": "none"}, validate_default=True, title="Augmentation", description="Training texts that clients write from their own texts and the graph.")  # type: ignore[valid-type]
    selection: plugin(SELECTIONS, "selection") = Field(default={"name": "all"}, validate_default=True, title="Selection", description="Which of its texts a client trains on in a round, as the graph sees them.")  # type: ignore[valid-type]
    federation: FederationConfig = Field(default_factory=FederationConfig, title="Federation", description="Rounds, clients, local training and strategy.")
    participation: ParticipationConfig = Field(default_factory=ParticipationConfig, title="Participation", description="Who turns up for a round, and who leaves before its end.")
    network: NetworkConfig = Field(default_factory=NetworkConfig, title="Network", description="Devices, links, deadline and prices, in virtual time.")
    adversary: plugin(ADVERSARIES, "adversary") = Field(default={"name": "none"}, validate_default=True, title="Adversary", description="What some of the clients do that mean no good. Pick who they are below.")  # type: ignore[valid-type]

    privacy: plugin(PRIVACY, "privacy") = Field(default={"name": "none"}, validate_default=True, title="Privacy", description="Whether the global models are kept from telling about a single client, and how.")  # type: ignore[valid-type]

    @model_validator(mode="before")
    @classmethod
    def _defaults_that_fit(cls, data: Any) -> Any:
        """Where nobody says how many clients, no more than the scenario has parties; which model, one that reads its texts; how the graph enters, not at all for an objective without labels."""
        if isinstance(data, Mapping) and "knowledge" not in data and (name := _named(data.get("objective"))) in OBJECTIVES.names() and not OBJECTIVES.get(name).labels:
            data = {**data, "knowledge": {"name": "none"}}
        if isinstance(data, Mapping) and (name := _named(data.get("scenario"))) in SCENARIOS.names():
            data = data if "model" in data else {**data, "model": {"name": SCENARIOS.get(name).model}}
            federation, parties = data.get("federation", {}), SCENARIOS.get(name).parties
            if isinstance(federation, Mapping) and "clients" not in federation and parties < FederationConfig.model_fields["clients"].default:
                return {**data, "federation": {**federation, "clients": parties}}
        return data

    @model_validator(mode="after")
    def _known_attackers(self) -> "RunConfig":
        attackers, clients = self.adversary.clients, self.federation.clients
        if odd := [client for client in attackers if not 0 <= client < clients]:
            raise ValueError(f"`0 <= client < clients` must hold for every entry of adversary.clients, but got {odd[0]} with clients={clients}")
        if set(range(clients)) <= set(attackers):
            raise ValueError(f"`adversary.clients` must leave at least one honest client, but got {list(attackers)}")
        return self

    @model_validator(mode="after")
    def _known_poisoner(self) -> "RunConfig":
        by, clients = self.graph.poisoned_by, self.federation.clients
        if self.graph.poisoned and by >= clients:
            raise ValueError(f"`0 <= client < clients` must hold for graph.poisoned_by, but got {by} with clients={clients}")
        return self

    @model_validator(mode="after")
    def _known_devices(self) -> "RunConfig":
        clients = self.federation.clients
        for section, key in (("participation", "late_joiners"), ("network", "stragglers")):
            if odd := [client for client in getattr(getattr(self, section), key) if not 0 <= client < clients]:
                raise ValueError(f"`0 <= client < clients` must hold for every entry of {section}.{key}, but got {odd[0]} with clients={clients}")
        if self.participation.join_round > 1 and not self.present_at(1):
            raise ValueError(f"`participation.late_joiners` must leave at least one client that trains from the start, but got {list(self.participation.late_joiners)}")
        if self.federation.secure_aggregation and self.federation.secure_protocol == "masks" and self.participation.over_selection:
            raise ValueError(f"`participation.over_selection` must be 0 with secure aggregation by masks, whose threshold must be a majority of all clients that are asked, but got over_selection={self.participation.over_selection}")
        if self.federation.secure_aggregation and self.federation.compression.name != "none":
            raise ValueError(f"`federation.compression` must be none with secure aggregation, which adds up a number for every weight, but got compression={self.federation.compression.name}")
        return self

    @model_validator(mode="after")
    def _closed_rounds(self) -> "RunConfig":
        strategy, deadline, spare = self.federation.strategy.name, self.network.deadline_s, self.participation.over_selection
        if STRATEGIES.get(strategy).asynchronous and deadline:
            raise ValueError(f"`network.deadline_s` must be 0 where the strategy is {strategy}, which waits for no single client and so has no round to close, but got deadline_s={deadline:g}")
        if STRATEGIES.get(strategy).asynchronous and spare:
            raise ValueError(f"`participation.over_selection` must be 0 where the strategy is {strategy}, which stops nobody: who is slow answers later, but got over_selection={spare:g}")
        return self

    @model_validator(mode="after")
    def _chosen(self) -> "RunConfig":
        if self.participation.choice == "random":
            return self
        if self.privacy.name != "none":
            raise ValueError(f"`participation.choice` must be random where privacy is {self.privacy.name}, since which entities a client's texts name would be told without noise, but got choice={self.participation.choice}")
        if STRATEGIES.get(self.federation.strategy.name).asynchronous:
            raise ValueError(f"`participation.choice` must be random where the strategy is {self.federation.strategy.name}, which chooses nobody: who is done begins anew, but got choice={self.participation.choice}")
        return self

    def present_at(self, number: int) -> tuple[int, ...]:
        """The clients that may be asked in a round at all: not absent, and joined by then."""
        late = set(self.participation.late_joiners) if number < self.participation.join_round else set()
        return tuple(k for k in range(self.federation.clients) if k not in late and k not in self.federation.absent_clients)

    @model_validator(mode="after")
    def _fitting(self) -> "RunConfig":
        STRATEGIES.get(self.federation.strategy.name).check(self.federation.strategy, self)
        ADAPTERS.get(self.federation.adapters.name).check(self.federation.adapters, self)
        return self

    @model_validator(mode="after")
    def _private(self) -> "RunConfig":
        if self.privacy.name != "none" and MODELS.get(self.model.name).sent is not None:
            raise ValueError(f"`privacy.name` must be none where the model is {self.model.name}, since its clients send counts of words without noise, but got name={self.privacy.name}")
        if self.privacy.name != "none" and self.federation.validation_share:
            raise ValueError(f"`federation.validation_share` must be 0 where privacy is {self.privacy.name}, since the counts over held-out texts leave the clients without noise, but got validation_share={self.federation.validation_share:g}")
        PRIVACY.get(self.privacy.name).check(self.privacy, self)
        OBJECTIVES.get(self.objective.name).check(self.objective, self)
        return self

    @model_validator(mode="after")
    def _guided(self) -> "RunConfig":
        for term in LOSSES:
            if getattr(self.guidance, term.name).weight and term.needs_layers and self.model.tuning == "head":  # type: ignore[attr-defined]
                raise ValueError(f"`model.tuning` must be lora or full where `guidance.{term.name}.weight` is above 0, since that term acts on the encoder alone, but got tuning=head")
            if getattr(self.guidance, term.name).weight and term.coupled and PRIVACY.get(self.privacy.name).text_by_text:
                raise ValueError(f"`guidance.{term.name}.weight` must be 0 where privacy is {self.privacy.name}, whose steps need a gradient of every single text, but got weight={getattr(self.guidance, term.name).weight:g}")
        return self

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> "RunConfig":
        """Validate plain data; `ConfigError` names the first rule that is broken and the value."""
        return parse(cls, data)

    @classmethod
    def from_toml(cls, text: str) -> "RunConfig":
        """Parse TOML; `ConfigError` where it is not TOML or breaks a rule."""
        return cls.parse(read_toml(text))

    def to_toml(self) -> str:
        """TOML that `from_toml` reads back to an equal config."""
        return tomli_w.dumps(self.to_data())

    def to_data(self) -> dict[str, Any]:
        """Plain data (str, int, float, bool, list, dict), all options written out."""
        return self.model_dump(mode="json")

    def digest(self) -> str:
        """Sixteen hex digits that two configs share exactly when all their options are equal."""
        canonical = json.dumps(self.to_data(), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.blake2b(canonical.encode(), digest_size=8).hexdigest()

    def updated(self, changes: Mapping[str, Any]) -> "RunConfig":
        """A config with dotted keys replaced, say `{"federation.rounds": 3}`.

        Choosing another plug-in (`"federation.strategy.name"`) drops the options of the former one.
        """
        return RunConfig.parse(update_data(self.to_data(), changes))


def _named(section: Any) -> str:
    """The name that a plug-in's section says: the section may be the name, or hold it."""
    name = section.get("name", "") if isinstance(section, Mapping) else getattr(section, "name", section)
    return name if isinstance(name, str) else ""


def read_toml(text: str) -> dict[str, Any]:
    """TOML text as plain data; `ConfigError` says where it is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The configuration must be TOML, but it is not: {error}.") from None


def update_data(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Plain config data with dotted keys replaced; plug-in names are applied first, since they decide which other keys exist."""
    result = json.loads(json.dumps(data))
    for key in sorted(changes, key=lambda k: not k.endswith(".name")):
        *parents, leaf = key.split(".")
        table = result
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"`{key}` must name an option, but {parent!r} is a value and not a section.")
        if leaf == "name" and parents and table.get("name") != changes[key]:
            table.clear()
        table[leaf] = changes[key]
    return result
