"""`toy`: invented repair tickets of eight invented workshops and a graph of thirty-odd parts. For tests and first steps; needs no carrier."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.scenarios.base import Examples, ScenarioData, ScenarioEntry, ScenarioOptions
from fedviz.scenarios.limit import limit

CLASSES = ("Bicycle", "Radio", "Clock", "Kettle")
# class -> group -> part (with its other names)
PARTS: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "Bicycle": {
        "Wheel part": (("spoke",), ("rim", "wheel rim"), ("inner tube", "tube")),
        "Drive part": (("chain", "drive chain"), ("pedal",), ("derailleur", "gear shifter")),
    },
    "Radio": {
        "Sound part": (("loudspeaker", "speaker"), ("volume knob", "volume control"), ("amplifier",)),
        "Receiver part": (("antenna", "aerial"), ("tuning dial", "tuner"), ("coil",)),
    },
    "Clock": {
        "Movement part": (("pendulum",), ("mainspring", "spring"), ("escapement", "anchor wheel")),
        "Face part": (("hour hand",), ("minute hand", "long hand"), ("clock face", "dial plate")),
    },
    "Kettle": {
        "Heating part": (("heating coil", "heater"), ("thermostat", "temperature switch"), ("base plate",)),
        "Vessel part": (("spout",), ("lid", "cover"), ("water gauge", "level window")),
    },
}
COMMON = (("screw", "bolt"), ("cable", "cord"), ("switch", "button"))
FAULTS = ("is broken", "is bent", "came loose", "makes a noise", "is worn out", "was lost", "does not move", "is rusty", "has a crack", "gets too hot")
OPENINGS = ("The {part} {fault}.", "Customer says that the {part} {fault}.", "Again the {part} {fault}, please look at it.", "{part} {fault} since Monday.")
CLOSINGS = ("", " Needed by Friday.", " The {other} {fault} too.", " Also check the {other}.", " Bought here last year.")
PARTIES = (
    "Old Town Workshop",
    "Harbour Repairs",
    "Station Workshop",
    "Hill Street Repairs",
    "Market Workshop",
    "Riverside Repairs",
    "Mill Lane Workshop",
    "Garden Repairs",
)


class ToyOptions(ScenarioOptions):
    """Options of `toy`."""

    name: Literal["toy"] = "toy"
    train_texts: Annotated[int, Field(ge=8, le=2000, title="Training texts", description="How many invented tickets to train on.")] = 160
    test_texts: Annotated[int, Field(ge=4, le=2000, title="Test texts", description="How many invented tickets to test on.")] = 80


def load(options: ToyOptions, seed: int) -> ScenarioData:
    """The tickets, drawn anew for each seed; classes take turns, so that all are equally frequent."""
    train = _tickets(options.train_texts, seeds.generator(seed, "toy", "train"))
    test = _tickets(options.test_texts, seeds.generator(seed, "toy", "test"))
    graph = _graph()
    return ScenarioData(
        name="toy",
        classes=CLASSES,
        parties=PARTIES,
        train=limit(train, options.train_texts, options.labels_per_class, seeds.generator(seed, "toy", "labels")),
        test=test,
        graph=graph,
        class_entities={_key(name): index for index, name in enumerate(CLASSES)},
        warnings=(N_("The texts, the workshops and the graph of this scenario are invented."),),
        samples=(
            "The aerial came loose. Also check the cord.",
            "Customer says that the drive chain makes a noise.",
            "The long hand does not move. The mainspring is worn out too.",
            "Water runs out although the lid is shut; the temperature switch gets too hot.",
        ),
    )


def _tickets(count: int, generator: np.random.Generator) -> Examples:
    """`count` tickets; two workshops prefer each class and take three of four of its tickets."""
    texts, labels, parties = [], [], []
    for number in range(count):
        label = number % len(CLASSES)
        parts = [part for group in PARTS[CLASSES[label]].values() for part in group]
        first, second = (parts[i] for i in generator.choice(len(parts), 2, replace=False))
        other = second if generator.random() < 0.5 else COMMON[generator.integers(len(COMMON))]
        text = str(generator.choice(OPENINGS)) + str(generator.choice(CLOSINGS))
        text = text.format(part=generator.choice(first), other=generator.choice(other), fault=generator.choice(FAULTS))
        texts.append(text[0].upper() + text[1:])
        labels.append(label)
        at_home = generator.random() < 0.75
        parties.append(label + len(CLASSES) * int(generator.integers(2)) if at_home else int(generator.integers(len(PARTIES))))
    return Examples(tuple(texts), np.array(labels), np.array(parties))


def _graph() -> KnowledgeGraph:
    """Part is_a group is_a class; parts that every class has are a kind of nothing that leads to a class."""
    entities: dict[str, Entity] = {}
    triples: list[Triple] = []

    def add(names: tuple[str, ...], kind: str, above: str | None) -> None:
        key = _key(names[0])
        entities[key] = Entity(key, names[0], names[1:], f"{names[0].capitalize()}: a {kind} of the invented workshops.", kind)
        if above is not None:
            triples.append(Triple(key, IS_A, _key(above)))

    for label, groups in PARTS.items():
        add((label,), "device", None)
        for group, parts in groups.items():
            add((group,), "group", label)
            for names in parts:
                add(names, "part", group)
    add(("Common part",), "group", None)
    for names in COMMON:
        add(names, "part", "Common part")
    return KnowledgeGraph("toy parts", "invented for fedviz", entities, tuple(triples))


def _key(name: str) -> str:
    return "toy:" + name.lower().replace(" ", "-")


TOY = ScenarioEntry(
    "toy",
    "Toy workshop",
    "Invented repair tickets and a tiny graph of parts: for tests and first steps, done in seconds.",
    ToyOptions,
    load,
    "workshop",
    why="The workshops are rivals: none shows the others whose things it repairs. They are invented, like all else here.",
)
