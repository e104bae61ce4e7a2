"""`manufacturing-cost`: a maintenance work order -> what it cost. The cost is what the ledger booked, so that no label was coded from the words.

Other columns of the orders would make a task too, but part, action and failure mode were coded from the short text by keyword rules, so that a model of them
learns the rules; kind of order and urgency are nearly always the same. What a repair costs hangs on which part of which assembly it concerns: there a graph of
parts can plausibly help, above all for parts that the labelled orders do not name.
"""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.scenarios.base import ScenarioData, ScenarioEntry
from fedviz.scenarios.excavators.graph import excavator_graph
from fedviz.scenarios.excavators.orders import Order
from fedviz.scenarios.manufacturing_orders import PARTIES, SAMPLES, WARNINGS, WHY, ManufacturingOptions, limited

CLASSES = (N_("Below 500 dollars"), N_("500 to 2,000 dollars"), N_("2,000 dollars and more"))
BOUNDS = (500.0, 2000.0)
"""Australian dollars of the day; prices of eleven years are not brought to one."""


class ManufacturingCostOptions(ManufacturingOptions):
    """Options of `manufacturing-cost`."""

    name: Literal["manufacturing-cost"] = "manufacturing-cost"


def cost_class(order: Order) -> int | None:
    """The number of the class of an order's cost; None where nothing was booked."""
    return sum(order.cost >= bound for bound in BOUNDS) if order.cost > 0 else None


def load(options: ManufacturingCostOptions, seed: int) -> ScenarioData:
    """The orders with a booked cost; the seed only chooses fewer. `CarrierError` where the carriers are not fetched."""
    train, test = limited(options, seed, cost_class)
    return ScenarioData(
        name="manufacturing-cost",
        classes=CLASSES,
        parties=PARTIES,
        train=train,
        test=test,
        graph=excavator_graph(options.graph_without),
        carriers=("excavators", "excavator-words"),
        warnings=(
            *WARNINGS,
            N_("A short text says little about a bill: chance, prices of eleven years and what else was booked on the order weigh as much. Orders with nothing booked, one in four, are left out."),
        ),
        samples=SAMPLES,
    )


MANUFACTURING_COST = ScenarioEntry(
    "manufacturing-cost",
    N_("Manufacturing: what will it cost?"),
    N_("Maintenance work orders of five excavators, sorted by the cost that the ledger booked; a hard task, on which a graph of parts may or may not help."),
    ManufacturingCostOptions,
    load,
    N_("machine"),
    ("excavators", "excavator-words"),
    why=WHY,
    parties=len(PARTIES),
)
