"""What the model is trained to say: a class of the whole text, or the tokens of the text itself. One file an objective."""

ENTRIES = {"classify": "classify:CLASSIFY", "masked": "masked:MASKED", "causal": "causal:CAUSAL", "pairs": "pairs:PAIRS", "instruct": "instruct:INSTRUCT"}
