"""How the graph enters the model: one file a way."""

ENTRIES = {"evidence": "evidence:EVIDENCE", "paths": "paths:PATHS", "features": "features:FEATURES", "none": "none:NONE"}
