"""`manufacturing-orders`: a maintenance work order -> the system of the machine. Real orders of five excavators, each with its own words.

The label is the system of the functional location to which the planner booked the order, never the column `MajorSystem`, which was coded from the same words.
"""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.scenarios.base import Examples, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.excavators.graph import class_entities, excavator_graph
from fedviz.scenarios.excavators.orders import MACHINES, Order, orders
from fedviz.scenarios.excavators.systems import SYSTEMS, system_of
from fedviz.scenarios.limit import limit

PARTIES = (N_("Excavator A"), N_("Excavator B"), N_("Excavator C"), N_("Excavator D"), N_("Excavator E"))


class ManufacturingOptions(ScenarioOptions):
    """Options that both tasks on the work orders share."""

    train_texts: Annotated[
        int, Field(ge=100, le=100_000, title="Training texts", description="At most this many training orders, chosen by the seed before labels are limited.")
    ] = 4000
    test_texts: Annotated[int, Field(ge=50, le=100_000, title="Test texts", description="At most this many test orders, chosen by the seed.")] = 1500
    graph_without: Annotated[
        Literal["", "A", "B", "C", "D", "E"],
        Field(
            title="Graph without machine",
            description="The graph is grown from the training orders of all other machines. Name the machine that stays away from training here, so that the graph knows nothing of its orders either; empty: of all machines.",
        ),
    ] = ""


class ManufacturingOrdersOptions(ManufacturingOptions):
    """Options of `manufacturing-orders`."""

    name: Literal["manufacturing-orders"] = "manufacturing-orders"


WARNINGS = (
    N_("The terms of the work orders themselves were not found; the package that brings them is NIST's, for anybody's use."),
    N_("The experts' vocabulary was made of the words of these very orders, those of the test included, though never of their labels: its coverage is better than it would be elsewhere."),
    N_("The register of equipment says to which system a place belongs; this is also what the classes are made of. Only names of places from training orders are in the graph, never which order was booked where."),
    N_("Each machine is cut by time: the test orders are the last quarter of its days. Short orders repeat, so that some test texts stand in the training word for word."),
    N_("The graph is grown from the training orders of all machines, also of one that stays away from training, unless `Graph without machine` names it."),
)


SAMPLES = (
    N_("Lost tooth"),
    N_("GREASE LINE BROKEN ON BUCKET"),
    N_("A/C blowing hot air"),
    N_("RH slew motor leaking oil"),
    N_("L/H engine coolant leak, header tank hose"),
    N_("Replace track roller bolts"),
    N_("Handrail damaged at access ladder"),
)


WHY = N_("Work orders tell how often a fleet stands still and what that costs: owners keep them from competitors, and from the maker of the machines. Here each machine stands for an owner.")


def examples(label: Callable[[Order], int | None]) -> tuple[Examples, Examples]:
    """Training and test examples of all orders that have a label."""
    parts: tuple[list[tuple[str, int, int]], ...] = ([], [])
    for order in orders():
        number = label(order)
        if number is not None:
            parts[order.test].append((order.text, number, MACHINES.index(order.machine)))
    train, test = (Examples(tuple(text for text, *_ in rows), np.array([row[1] for row in rows]), np.array([row[2] for row in rows])) for rows in parts)
    return train, test


def limited(options: ManufacturingOptions, seed: int, label: Callable[[Order], int | None]) -> tuple[Examples, Examples]:
    """Of the training and test examples that have a label, those that the options leave; both tasks draw alike."""
    train, test = examples(label)
    return (
        limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "orders", "train")),
        limit(test, options.test_texts, 0, seeds.generator(seed, "orders", "test")),
    )


def load(options: ManufacturingOrdersOptions, seed: int) -> ScenarioData:
    """The orders whose place says a system; the seed only chooses fewer. `CarrierError` where the carriers are not fetched."""
    train, test = limited(options, seed, lambda order: system_of(order.location))
    return ScenarioData(
        name="manufacturing-orders",
        classes=SYSTEMS,
        parties=PARTIES,
        train=train,
        test=test,
        graph=excavator_graph(options.graph_without),
        class_entities=class_entities(),
        carriers=("excavators", "excavator-words"),
        warnings=(*WARNINGS, N_("Planners book to a place by habit: one in seven orders is booked to no more than the machine and is left out, and like orders are booked to unlike places.")),
        samples=SAMPLES,
    )


MANUFACTURING_ORDERS = ScenarioEntry(
    "manufacturing-orders",
    N_("Manufacturing: which system?"),
    N_("Maintenance work orders of five excavators, sorted to the system of the machine that they concern; tested on later orders than those of the training."),
    ManufacturingOrdersOptions,
    load,
    N_("machine"),
    ("excavators", "excavator-words"),
    why=WHY,
    parties=len(PARTIES),
)
