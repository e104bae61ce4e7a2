"""Language models: what reads a text, which of its weights are trained, and how the graph enters the logits."""

ENTRIES = {"minilm": "minilm:MINILM", "smollm2": "smollm2:SMOLLM2", "toy": "toy:TOY", "scratch": "scratch:SCRATCH"}
