"""`own`: texts of one's own, kept in the data folder, with any graph of the data folder or with none."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.base import Examples, Provenance, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit
from fedviz.scenarios.texts import folder
from fedviz.scenarios.texts.records import Row, TextsInfo
from fedviz.scenarios.texts.split import by_chance, newest

_FEW = 5
_UNEVEN = 20
_SAMPLES = 5
_SAMPLE_LENGTH = 600


class OwnOptions(ScenarioOptions):
    """Options of `own`."""

    name: Literal["own"] = "own"
    data: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9][a-z0-9-]{0,39}(@[0-9a-f]{1,32})?)?$",
            title="Data set",
            description="Which of the data sets that are kept in the data folder. A run keeps the digest behind an `@` and refuses another version.",
            json_schema_extra={"names": "texts"},
        ),
    ] = ""
    graph: Annotated[
        str,
        Field(
            pattern=r"^([a-z0-9][a-z0-9-]{0,39}(@[0-9a-f]{1,32})?)?$",
            title="Knowledge graph",
            description="A graph of the data folder; empty: none, and then knowledge has nothing to say. A run keeps the digest behind an `@` and refuses another version.",
            json_schema_extra={"names": "graphs-or-none"},
        ),
    ] = ""
    split: Annotated[
        Literal["newest", "chance"],
        Field(title="Test", description="Which texts are the test: the newest ones where every text has a date (else by chance), or some of each class by chance."),
    ] = "newest"
    test_share: Annotated[float, Field(ge=0.05, le=0.5, title="Test share", description="About which share of all texts is kept for the test.")] = 0.2


def load(options: OwnOptions, seed: int) -> ScenarioData:
    """The texts, split into training and test. `ConfigError` where no data set is chosen or it has changed, `InputError` where it is damaged."""
    info = folder.chosen(options.data)
    rows = folder.rows(info)
    classes, parties = tuple(info.classes), tuple(info.clients)
    place = {name: number for number, name in enumerate(classes)}
    home = {name: number for number, name in enumerate(parties)}
    everything = Examples(tuple(row.text for row in rows), np.array([place[row.label] for row in rows]), np.array([home.get(row.client, 0) for row in rows]))
    again = 0
    if options.split == "newest" and info.dated:
        train, test, again = newest(rows, options.test_share)
    else:
        train, test = by_chance(rows, everything.labels, options.test_share, seeds.generator(seed, "own", "split"))
    limited = limit(everything.take(test), options.test_texts, 0, seeds.generator(seed, "own", "test"))
    return ScenarioData(
        name="own",
        classes=classes,
        parties=parties,
        train=limit(everything.take(train), options.train_texts, options.labels_per_class, seeds.generator(seed, "own", "train")),
        test=limited,
        graph=KnowledgeGraph("no graph", "", {}, ()),
        warnings=_warnings(info, rows, everything, train, again),
        samples=_samples(limited),
        provenance=Provenance(title=info.title, source=info.origin, licence=info.licence, date=(info.last_date or info.created)[:10]),
    )


def _warnings(info: TextsInfo, rows: list[Row], everything: Examples, train: np.ndarray, again: int) -> tuple[str, ...]:
    """What is worth knowing about these texts beside any number measured on them."""
    counts = list(info.classes.values())
    trained = set(everything.labels[train].tolist())
    found = [
        (True, N_("These are texts of your own: nobody but you has checked their labels, and how well they stand for others is not known.")),
        (bool(info.skipped), N_("Some rows of the files could not be used; which ones and why stands with the data set.")),
        (max(counts) >= _UNEVEN * min(counts), N_("The classes are very uneven: a model that always answers the largest one looks better than it is. Look at macro-F1.")),
        (min(counts) < _FEW, N_("Some classes have fewer than five texts, so that their numbers rest on chance.")),
        (len(trained) < len(info.classes), N_("Some classes are in the test alone, since they are newer than all texts to train on: no model can know them.")),
        (bool(again), N_("Texts that stand word for word among the older ones were left out of the test.")),
        (len({row.text for row in rows}) < len(rows), N_("Some texts stand there more than once; copies are never in the training and the test at once.")),
        (not info.clients, N_("The texts name no client: who holds what is dealt out by chance, and the clients are invented.")),
    ]
    return tuple(words for holds, words in found if holds)


def _samples(test: Examples) -> tuple[str, ...]:
    """A few texts of the test to try, of different classes, as far as they are short enough to read."""
    chosen: dict[int, str] = {}
    for text, label in zip(test.texts, test.labels.tolist(), strict=True):
        if len(text) <= _SAMPLE_LENGTH:
            chosen.setdefault(label, text)
        if len(chosen) == _SAMPLES:
            break
    return tuple(chosen.values()) or tuple(text[:_SAMPLE_LENGTH] for text in test.texts[:1])


OWN = ScenarioEntry(
    "own",
    N_("Your own texts"),
    N_("Texts with labels that you bring as CSV, JSON lines or Parquet, with a graph of your own or with none. They stay on this machine."),
    OwnOptions,
    load,
    N_("client"),
    why=N_("Your files never leave this machine. The clients play the parties that in earnest would each keep their own part of them."),
    language="",
)
