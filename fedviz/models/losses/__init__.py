"""What the graph adds to a client's loss: one file a term. Terms are weighted and summed."""

ENTRIES = {
    "consistency": "consistency:CONSISTENCY",
    "representation": "representation:REPRESENTATION",
    "links": "links:LINKS",
    "rules": "rules:RULES",
}
