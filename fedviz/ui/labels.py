"""What the closed choices of options (`Literal` values) are called on the page."""

from fedviz.core.i18n import N_, _

LABELS = {
    "head": N_("Classification head only"),
    "lora": N_("LoRA adapters and head"),
    "full": N_("All weights"),
    "adamw": "AdamW",
    "sgd": "SGD",
    "examples": N_("By number of examples"),
    "even": N_("Every client the same"),
    "none": N_("None"),
    "shuffled": N_("Shuffled graph"),
    "norms": N_("Layer norms"),
    "neighbours": N_("Neighbours"),
    "drawn": N_("Drawn"),
    "exact": N_("Exact names and synonyms"),
    "exact+embedding": N_("Exact, then by meaning"),
    "drop": N_("Their work is lost"),
    "partial": N_("They send what they have"),
    "stream": N_("More and more of them"),
    "labels": N_("Classes come and go"),
    "masks": N_("Masks that cancel"),
    "ckks": N_("Homomorphic sums"),
    "auto": N_("As the first line shows"),
    "comma": N_("Comma"),
    "tab": N_("Tab"),
    "semicolon": N_("Semicolon"),
    "pipe": N_("Vertical bar"),
    "exact+narrow": N_("Exact and narrower ones"),
    "all": N_("All"),
    "id": N_("Their id"),
    "name": N_("Their name"),
    "best": N_("The best"),
    "normal": N_("Preferred and normal"),
    "dbpedia": "DBpedia",
    "turtle": "Turtle",
    "n-quads": "N-Quads",
    "trig": "TriG",
    "rdf-xml": "RDF/XML",
    "json-ld": "JSON-LD",
    "parties": N_("Enough parties hold it"),
    "private": N_("A noisy count passes a threshold"),
    "consent": N_("Its relation is consented to"),
    "text": N_("One text"),
    "party": N_("One whole party"),
    "keyed": N_("By a key that the parties share"),
    "blinded": N_("By a secret of each party"),
    "medicine": N_("Medicine"),
    "finance": N_("Finance"),
    "manufacturing": N_("Maintenance orders"),
    "general": N_("General words alone"),
    "transe": "TransE",
    "distmult": "DistMult",
}
"""Value in a configuration -> English label, a message of the catalogue. A value that is a name itself stands for itself."""


def label(value: object) -> str:
    """The words for a choice in the viewer's language."""
    return _(LABELS.get(str(value), str(value)))
