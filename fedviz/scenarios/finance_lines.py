"""`finance-lines`: a line item of a financial statement -> its section. Concepts of US GAAP, clients by industry, graph of the concept tree.

The label comes about in two steps, and both are edgartools': line item -> standard concept -> section. So the graph must not hold (line item, is_a, standard
concept) for any text: the line items of the published trees are in the graph and in no text, all others are texts and not in the graph.
"""

from typing import Literal

import numpy as np

from fedviz.carriers.derived import load_derived
from fedviz.carriers.store import carrier_path
from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.finance import gaap_graph
from fedviz.scenarios.base import Examples, Ints, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit
from fedviz.scenarios.split import grouped

SECTIONS = (
    N_("Current Assets"),
    N_("Non-Current Assets"),
    N_("Current Liabilities"),
    N_("Non-Current Liabilities"),
    N_("Equity"),
    N_("Totals"),
    N_("Revenue"),
    N_("Cost of Revenue"),
    N_("Operating Expenses"),
    N_("Non-Operating Items"),
    N_("Income Tax"),
    N_("Net Income"),
    N_("OCI Components"),
    N_("Financing Activities"),
)
"""The sections with line items enough, in the order of a report; "OCI" is other comprehensive income."""

INDUSTRIES = {
    N_("Banks"): "Banks",
    N_("Insurers"): "Insur",
    N_("Funds and real estate"): "Fin RlEst",
    N_("Technology and telecoms"): "BusSv Chips Comps Telcm LabEq",
    N_("Health care"): "Drugs MedEq Hlth",
    N_("Energy, utilities and mining"): "Oil Util Coal Gold Mines",
    N_("Manufacturing and construction"): "Mach Autos Chems Steel Aero Ships Guns FabPr Paper Rubbr Boxes BldMt Cnstr ElcEq Txtls",
    N_("Consumer goods, trade and transport"): "Agric Rtail Whlsl Food Meals Fun Hshld Clths Toys Beer Soda Smoke Books PerSv Trans Other",
}
"""Parties and the industries of Fama and French (48) that they stand for; every industry has exactly one."""


class FinanceLinesOptions(ScenarioOptions):
    """Options of `finance-lines`."""

    name: Literal["finance-lines"] = "finance-lines"


def load(options: FinanceLinesOptions, seed: int) -> ScenarioData:
    """The line items, split and dealt to industries anew for each seed. `CarrierError` where the carrier is not fetched."""
    graph = gaap_graph()
    carrier_path("gaap")
    lines = [(words, SECTIONS.index(section), codes) for words, section, _concept, codes in load_derived("gaap-lines")["lines"] if section in SECTIONS]
    labels = np.array([label for _words, label, _codes in lines])
    everything = Examples(tuple(words for words, *_ in lines), labels, _parties([codes for *_, codes in lines], seeds.generator(seed, "lines", "industries")))
    is_test = grouped(labels, range(len(lines)), seeds.generator(seed, "lines", "split"))
    train, test = everything.take(np.flatnonzero(~is_test)), everything.take(np.flatnonzero(is_test))
    known = {f"section:{section.lower().replace(' ', '-')}": label for label, section in enumerate(SECTIONS)}
    return ScenarioData(
        name="finance-lines",
        classes=SECTIONS,
        parties=tuple(INDUSTRIES),
        train=limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "lines", "train")),
        test=limit(test, options.test_texts, 0, seeds.generator(seed, "lines", "test")),
        graph=graph,
        class_entities=known,
        carriers=("gaap",),
        warnings=WARNINGS,
        samples=(
            N_("Interest expense on subordinated notes"),
            N_("Deferred tax assets net of valuation allowance current"),
            N_("Accounts receivable from insurance claims"),
            N_("Liability for unpaid claims, property and casualty insurance"),
            N_("Selling general and administrative expense of hotels"),
            N_("Repayments of long term debt and capital lease obligations"),
            N_("Goodwill of acquired subsidiaries"),
        ),
    )


def _parties(codes: list[list[str]], generator: np.random.Generator) -> Ints:
    """One party for each line item: one of those whose firms report it, by chance; any of them where the source names no industry."""
    home = {code: party for party, some in enumerate(INDUSTRIES.values()) for code in some.split()}
    parties = []
    for own in codes:
        possible = sorted({home[code] for code in own}) or range(len(INDUSTRIES))
        parties.append(possible[int(generator.integers(len(possible)))])
    return np.array(parties)


WARNINGS = (
    N_("The labels are edgartools' own assignment of concepts to sections; of nearly all it is half sure or less by its own measure, and some are plainly wrong."),
    N_("Line items are the names of concepts of the US GAAP taxonomy, not the wording of one firm's report. About a quarter says “current” or “noncurrent”, which is most of the answer."),
    N_("For three quarters of the line items the source names no industry; these are dealt to the parties by chance. The others lie at one of the industries that report them."),
    N_("The graph names the section of a line item's words, by the same table that gave the labels, though of no line item as a whole. It helps where labels are few; with all of them it adds little."),
)

FINANCE_LINES = ScenarioEntry(
    "finance-lines",
    N_("Finance: which section?"),
    N_("Line items of financial statements, sorted to the section of the statement; industries are the parties, and no line item of the test was seen in training."),
    FinanceLinesOptions,
    load,
    N_("industry"),
    ("gaap",),
    why=N_("How a firm names what it books shows what it does before its accounts are published; until then the law keeps it from others, and competitors must not see it."),
)
