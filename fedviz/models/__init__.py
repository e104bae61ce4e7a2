"""Language models: what reads a text, which of its weights are trained, and how the graph enters the logits."""

ENTRIES = {"minilm": "minilm:MINILM", "toy": "toy:TOY", "scratch": "scratch:SCRATCH"}
