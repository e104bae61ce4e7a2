"""Who can be reached in a round: one file a pattern."""

ENTRIES = {
    "always": "always:ALWAYS",
    "random": "random:RANDOM",
    "diurnal": "diurnal:DIURNAL",
    "data": "data:DATA",
}
