"""More texts by way of the graph: another name, a broader or a neighbouring thing, the neighbourhood in words, or the counterpart of another class.

Synonyms as in Wei and Zou 2019, EDA (arXiv 1901.11196), but from the graph, so that the label holds by what the graph says and not by luck; counterfactuals
as in Kaushik, Hovy and Lipton 2020 (arXiv 1909.12434): as little as possible is changed so that the label changes with it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.errors import ConfigError
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.augmentation.base import AugmentationEntry, Embed, Written
from fedviz.models.augmentation.drift import NearestClass
from fedviz.models.augmentation.ways import WAYS, Words
from fedviz.scenarios.base import Ints, ScenarioData

_TRIES = 6
"""So many draws for every text wanted; a client whose texts name little ends with fewer."""


class GraphAugmentationOptions(Options):
    """Which ways, how much, and what is thrown away."""

    name: Literal["graph"] = "graph"
    synonyms: Annotated[bool, Field(title="Synonyms", description="Another name of the same entity. The label holds.")] = True
    hypernyms: Annotated[bool, Field(title="Broader terms", description="What the entity is a kind of, where that leads to the same classes and is not too general.")] = True
    siblings: Annotated[bool, Field(title="Siblings", description="Another kind of the same broader term, where both lead to the same classes.")] = False
    neighbours: Annotated[bool, Field(title="Neighbours in words", description="The text with a sentence behind it that says what the graph knows of an entity in it.")] = False
    counterfactuals: Annotated[bool, Field(title="Counterfactuals", description="The entity that leads to the text's class makes room for one that leads to another class, and the label changes with it. Only where the graph leads to classes.")] = False
    amount: Annotated[float, Field(ge=0, le=20, title="Texts written per text", description="How many texts a client of average size writes for each that it holds.")] = 1.0
    poverty: Annotated[float, Field(ge=0, le=1, title="More for the poor", description="0: every client writes in proportion to its texts; 1: all write equally many, so that who holds little gains most.")] = 0.5
    least_content: Annotated[float, Field(ge=0, le=1, title="Least information content", description="Broader terms, and those that siblings share, must be at least so specific; 0 lets the root of everything in.")] = 0.3
    filter: Annotated[Literal["none", "graph", "model"], Field(title="Against drift of the label", description="Graph: throw away what the graph says belongs to other classes. Model: throw away what the frozen language model puts nearer to another class of the client's own texts, unless it does so with the original too.")] = "graph"


def write(options: GraphAugmentationOptions, data: ScenarioData, rows: Sequence[Ints], seed: int, embed: Embed | None) -> list[Written]:
    """Every client's texts, in the order of clients. `ConfigError` where the model's filter is asked for and there is no language model."""
    if options.filter == "model" and embed is None:
        raise ConfigError("`augmentation.filter = \"model\"` needs a pretrained language model, but the chosen one knows no language.")
    words = Words(data, options.least_content)
    ways = [way for way in WAYS if getattr(options, way)]
    sizes = np.array([len(own) for own in rows], np.float64)
    wanted = options.amount * (1 - options.poverty) * sizes + options.amount * options.poverty * sizes.mean()
    written: list[Written] = []
    for client, own in enumerate(rows):
        generator = seeds.generator(seed, "augmentation", client)
        found = _drawn(words, ways, client, own, round(wanted[client]), options.filter == "graph", generator)
        if options.filter == "model" and embed is not None and found:
            found = NearestClass([data.train.texts[row] for row in own], data.train.labels[own], embed).kept(found, data.train.texts)
        written += found
    return written


def _drawn(words: Words, ways: Sequence[str], client: int, own: Ints, wanted: int, checked: bool, generator: np.random.Generator) -> list[Written]:
    """At most `wanted` different texts that none of the client's own is equal to."""
    train = words.data.train
    seen = {train.texts[row].lower() for row in own}
    usable = [int(row) for row in own if words.mentions(int(row))]
    found: list[Written] = []
    for _ in range(_TRIES * wanted if usable and ways else 0):
        if len(found) == wanted:
            break
        row = usable[generator.integers(len(usable))]
        mentions = words.mentions(row)
        made = WAYS[ways[generator.integers(len(ways))]](words, train.texts[row], int(train.labels[row]), mentions[generator.integers(len(mentions))], generator)
        if made is None or made.text.lower() in seen or (checked and not words.holds(made.text, made.label)):
            continue
        seen.add(made.text.lower())
        found.append(Written(client, row, *made))
    return found


GRAPH = AugmentationEntry(
    "graph",
    N_("Texts by way of the graph"),
    N_("Clients write more training texts: the same with another name, a broader or neighbouring thing, what the graph knows in words, or the counterpart of another class."),
    GraphAugmentationOptions,
    equation=r"D_k' = D_k \cup \{(x[e \to e'], y) : e \in x,\ C(e') = C(e)\}, \quad |D_k' \setminus D_k| = a\,\big((1 - p)\, n_k + p\, \bar{n}\big)",
    paper="Wei and Zou 2019, EDA: Easy Data Augmentation, arXiv:1901.11196; Kaushik et al. 2020, Learning the Difference that Makes a Difference, arXiv:1909.12434",
    when=N_(
        "It helps where labels are few and the same thing goes by many names. Labels hold as far as the graph is right: C(e) are the classes that an entity leads to, and where the graph leads to "
        "none, only names and closeness in the graph speak. A strong language model knows many synonyms already. Written texts count as the client's own, also in its weight."
    ),
    write=write,
)
