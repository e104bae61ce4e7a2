"""How the graph enters the model: one file a way."""

ENTRIES = {"evidence": "evidence:EVIDENCE", "none": "none:NONE"}
