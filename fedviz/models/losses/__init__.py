"""What the graph adds to a client's loss: one file a term. Terms are weighted and summed."""

ENTRIES = {"consistency": "consistency:CONSISTENCY"}
