"""`finance-merchants`: what a payment network calls a merchant's business -> the range of its category code. Graph of ISIC Rev. 4.

The label is the range of ISO 18245 that holds the merchant category code. The graph is another classification, by another organisation: it holds no category code, no
range and no description of a network. Training and test descriptions come from different codes, so that the businesses of the test are unseen.
"""

from typing import Literal

import numpy as np

from fedviz.carriers.derived import load_derived
from fedviz.carriers.store import carrier_path
from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.finance import isic_graph
from fedviz.scenarios.base import Examples, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit
from fedviz.scenarios.split import grouped

RANGES = (
    N_("Agricultural services"),
    N_("Contracted services"),
    N_("Transportation"),
    N_("Utilities"),
    N_("Retail outlets"),
    N_("Clothing outlets"),
    N_("Miscellaneous outlets"),
    N_("Service providers"),
    N_("Business services"),
    N_("Repair services"),
    N_("Amusement and entertainment"),
    N_("Professional services and membership organizations"),
    N_("Government services"),
)
"""The ranges of ISO 18245 in the order of their codes, without reserved ones, private ones and "Other"."""

CORRESPONDENCE = {
    "Agricultural services": "A",
    "Contracted services": "F",
    "Transportation": "H",
    "Utilities": "D E",
    "Clothing outlets": "4771",
    "Service providers": "I K 96",
    "Business services": "N 62 73",
    "Repair services": "452 95",
    "Amusement and entertainment": "R 59",
    "Professional services and membership organizations": "M P Q 94",
    "Government services": "O",
}
"""Range -> the activities of ISIC that its title speaks of: made by hand, from the titles of both and from no description. Retail sale is what three ranges
speak of ("Retail", "Miscellaneous", "Clothing outlets"), so it leads to none but where clothes are sold."""

NETWORKS = {
    N_("ISO 18245"): "iso18245_official",
    N_("Visa"): "visa",
    N_("Mastercard"): "mastercard",
    N_("American Express"): "amex",
    N_("Stripe"): "stripe",
    N_("Alipay"): "alipay",
    N_("US Department of Agriculture"): "usda",
}
"""Parties and the lists that they publish: the same codes, in words of their own."""


class FinanceMerchantsOptions(ScenarioOptions):
    """Options of `finance-merchants`."""

    name: Literal["finance-merchants"] = "finance-merchants"


def load(options: FinanceMerchantsOptions, seed: int) -> ScenarioData:
    """The descriptions, split by code anew for each seed. `CarrierError` where the carriers are not fetched."""
    graph = isic_graph()
    carrier_path("merchants")
    data = load_derived("merchant-names")
    rows = [(words, RANGES.index(title), publisher, code) for words, publisher, code in data["names"] for first, last, title in data["ranges"] if first <= int(code) <= last]
    labels = np.array([label for _words, label, *_ in rows])
    places = {publisher: party for party, publisher in enumerate(NETWORKS.values())}
    everything = Examples(tuple(words for words, *_ in rows), labels, np.array([places[publisher] for _words, _label, publisher, _code in rows]))
    is_test = grouped(labels, [code for *_, code in rows], seeds.generator(seed, "merchants", "split"))
    seen = {words.lower() for (words, *_), test in zip(rows, is_test, strict=True) if not test}
    fresh = np.array([words.lower() not in seen for words, *_ in rows])  # one description may stand for two codes
    train, test = everything.take(np.flatnonzero(~is_test)), everything.take(np.flatnonzero(is_test & fresh))
    return ScenarioData(
        name="finance-merchants",
        classes=RANGES,
        parties=tuple(NETWORKS),
        train=limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "merchants", "train")),
        test=limit(test, options.test_texts, 0, seeds.generator(seed, "merchants", "test")),
        graph=graph,
        class_entities={f"isic:{code}": RANGES.index(title) for title, codes in CORRESPONDENCE.items() for code in codes.split()},
        carriers=("merchants", "isic"),
        warnings=WARNINGS,
        samples=(
            N_("Museum and library tickets"),
            N_("Veterinary clinic for cats"),
            N_("Footwear repair while you wait"),
            N_("Ladies clothing shop"),
            N_("Bicycle shop with repairs"),
            N_("Life insurance and pension funding"),
            N_("Wholesale of dental instruments"),
        ),
    )


WARNINGS = (
    N_("The descriptions come from published lists of category codes, not from card statements; all networks describe the same codes, often in nearly the same words."),
    N_("The ranges are a standard's order of codes: shops lie in three of them, by no rule that a graph of activities knows, and some ranges have few codes."),
    N_("Which activities speak of which range was decided by hand, from the titles of both. What the graph gains comes from there, and where labels are few."),
    N_("Here the graph vector does harm: about half of the descriptions name a thing of the graph, often one that many activities share. With 0 dimensions class evidence alone remains, which helps."),
)

FINANCE_MERCHANTS = ScenarioEntry(
    "finance-merchants",
    N_("Finance: which kind of merchant?"),
    N_("What seven publishers of category codes call a merchant's business, sorted to the range of the standard; the businesses of the test were never seen in training."),
    FinanceMerchantsOptions,
    load,
    N_("payment network"),
    ("merchants", "isic"),
    why=N_("Networks compete for the same shops and do not show each other how they describe and price them. The lists here are published; the transactions behind them are not."),
    parties=len(NETWORKS),
)
