"""More training texts by way of the graph: one file a way."""

ENTRIES = {"none": "none:NONE", "graph": "graph:GRAPH"}
