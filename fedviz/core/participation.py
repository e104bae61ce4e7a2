"""The sections `[participation]` and `[network]`: who turns up, on which devices, over which links, and what that costs, all in virtual time."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.options import Options, plugin
from fedviz.core.registry import AVAILABILITY


class ParticipationConfig(Options):
    """Who turns up for a round, and who leaves it before its end."""

    availability: plugin(AVAILABILITY, "participation.availability") = Field(default={"name": "always"}, validate_default=True, title="Availability", description="When clients can be reached.")  # type: ignore[valid-type]
    choice: Annotated[Literal["random", "coverage"], Field(title="Who is chosen", description="Random: a seeded draw among those that are there. Coverage: the first is drawn, and each next one is who adds most entities of the graph to what the texts of those before name. For that clients tell the server which entities their texts name, once.")] = "random"
    over_selection: Annotated[float, Field(ge=0, le=2, title="Over-selection", description="So many more clients are asked than are needed, as a share. The first to answer count, the others worked in vain: what Google's system does against stragglers.")] = 0.0
    dropout: Annotated[float, Field(ge=0, lt=1, title="Dropout", description="The probability with which a client that began a round leaves it before its answer has arrived.")] = 0.0
    late_joiners: Annotated[tuple[int, ...], Field(title="Late joiners", description="Clients that take no part before the round named below, though they hold test texts from the start.")] = ()
    join_round: Annotated[int, Field(ge=1, le=1000, title="They join in round", description="The first round in which late joiners may be drawn.")] = 5
    drift: Annotated[Literal["none", "stream", "labels"], Field(title="Texts over the rounds", description="Whether what clients train on changes. Stream: they start with a part of their texts and gain the rest over the rounds. Labels: a window moves over their texts sorted by class, so that classes come and go. Test texts, and the comparison after the last round, are not touched.")] = "none"
    drift_share: Annotated[float, Field(gt=0, le=1, title="Share of the texts", description="With a stream: the part of its texts with which a client starts. With moving labels: the width of the window.")] = 0.3


class NetworkConfig(Options):
    """Devices and links. Time here is virtual: it is computed from these numbers, so that runs repeat, and nobody waits for it."""

    text_s: Annotated[float, Field(gt=0, le=1000, title="Seconds per text", description="Virtual seconds that a typical device needs to train on one text once.")] = 0.05
    speed_spread: Annotated[float, Field(ge=0, le=3, title="Spread of speeds", description="How unlike the devices are: the standard deviation of the logarithm of their speed. 0: all the same; 1: the fastest of ten about thirty times as fast as the slowest.")] = 0.0
    stragglers: Annotated[tuple[int, ...], Field(title="Stragglers", description="Clients whose device is slower by the factor below.")] = ()
    slowdown: Annotated[float, Field(ge=1, le=1000, title="Slowdown of stragglers", description="How many times slower they train.")] = 5.0
    up_mbit: Annotated[float, Field(gt=0, le=1e5, title="Uplink (Mbit/s)", description="From a client to the server.")] = 10.0
    down_mbit: Annotated[float, Field(gt=0, le=1e5, title="Downlink (Mbit/s)", description="From the server to a client.")] = 50.0
    latency_s: Annotated[float, Field(ge=0, le=60, title="Latency (s)", description="Seconds before the first byte of a message arrives.")] = 0.05
    link_spread: Annotated[float, Field(ge=0, le=3, title="Spread of links", description="The same spread for the clients' links.")] = 0.0
    deadline_s: Annotated[float, Field(ge=0, le=1e6, title="Deadline (s)", description="Virtual seconds after which the server closes a round. 0: it waits for everybody.")] = 0.0
    late: Annotated[Literal["drop", "partial"], Field(title="Late clients", description="What the deadline does to a client that is too slow: its work is lost, or it sends what it has by then, as FedProx wants it.")] = "drop"
    device_watts: Annotated[float, Field(ge=0, le=1e5, title="Power of a device (W)", description="While it trains.")] = 30.0
    joules_per_mb: Annotated[float, Field(ge=0, le=1e5, title="Energy of a megabyte (J)", description="On the way between client and server, both directions alike. Published estimates lie between 1 and 1000, by network and year.")] = 50.0
    price_per_gb: Annotated[float, Field(ge=0, le=1e4, title="Price of a gigabyte", description="In the currency of your choice; transfer out of a cloud costs about 0.1 dollars.")] = 0.1
    price_per_kwh: Annotated[float, Field(ge=0, le=1e4, title="Price of a kilowatt-hour", description="In the same currency.")] = 0.3
