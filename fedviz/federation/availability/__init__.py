"""Who can be reached in a round: one file a pattern."""

ENTRIES = {
    "always": "always:ALWAYS",
}
