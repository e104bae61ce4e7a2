"""Language models: what reads a text, which of its weights are trained, and how the graph enters the logits."""

ENTRIES = {
    "minilm": "minilm:MINILM", "smollm2": "smollm2:SMOLLM2", "e5-small": "e5:E5_SMALL", "pretrained": "pretrained:PRETRAINED",
    "scratch": "scratch:SCRATCH", "toy": "toy:TOY",
}
