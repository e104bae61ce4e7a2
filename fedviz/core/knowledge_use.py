"""The sections `[texts]`, `[graph]` and `[guidance]`: what is done to texts and graph before anybody reads them, and what the graph adds to the clients' loss."""

from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.options import Options, group
from fedviz.core.registry import LOSSES


class TextsConfig(Options):
    """The scenario's texts as they are, or made harder in a way that is known exactly. No label of a test text is ever changed."""

    wrong_labels: Annotated[float, Field(ge=0, le=0.5, title="Share of wrong labels", description="So many of the training labels, chosen by the seed, are replaced by another class. Test labels stay right.")] = 0.0
    typos: Annotated[float, Field(ge=0, le=1, title="Share of words with a typo", description="So many of the words of three letters or more get one typo: two letters swapped, one left out, doubled, or hit on the neighbouring key. Chinese parts no words: there a run of three characters or more between two signs is one, and no key is beside a character.")] = 0.0
    typos_in: Annotated[Literal["test", "both"], Field(title="Typos in", description="Where the typos are: in the test texts, which a model trained on clean ones has never met, or in all.")] = "test"
    lay_words: Annotated[float, Field(ge=0, le=1, title="Share of other names", description="So many of the entities that test texts name are called by another name of theirs: a lay word where the graph marks such, else any synonym. What has no other name, or is called by a lay word already, does not count.")] = 0.0
    unseen_classes: Annotated[int, Field(ge=0, le=1000, title="Unseen classes", description="So many classes, chosen by the seed, lose all of their training texts. They stay in the test.")] = 0
    unseen_entities: Annotated[float, Field(ge=0, le=1, title="Least share of unseen entities", description="The test keeps only texts of whose entities at least so many are named by no training text. 0 keeps all.")] = 0.0


class GraphConfig(Options):
    """The graph as it is, a control that should fail, or a graph that is old or partly wrong. All that reads the graph reads the same one."""

    control: Annotated[Literal["none", "shuffled", "random"], Field(title="Control", description="Shuffled hangs the same structure on other entities; random draws the triples' ends anew and leaves every entity as many as it had. A gain that survives this is not knowledge of the structure.")] = "none"
    rewired: Annotated[float, Field(ge=0, le=1, title="Share of wrong triples", description="So many triples, chosen by the seed, point to the end of another one: a graph that errs. 0 leaves it as it is.")] = 0.0
    stale: Annotated[float, Field(ge=0, le=1, title="Share of unknown entities", description="So many of the narrowest entities, chosen by the seed, are not in the graph, neither their names nor their triples: a graph of an older date.")] = 0.0
    poisoned: Annotated[float, Field(ge=0, le=1, title="Share of poisoned entities", description="Of so many of the entities that one client's training texts name, chosen by the seed, all triples are turned to another branch of the graph: a client that contributes what is wrong. 0: nobody does.")] = 0.0
    poisoned_by: Annotated[int, Field(ge=0, lt=100, title="Poisoned by", description="The number of the client that contributes wrong triples, counted from 0.")] = 0


Guidance = group(LOSSES, "Guidance")
"""What the graph adds to every client's loss; each part counts with its weight, and 0 leaves it out."""
