"""How an update is made smaller before it leaves a client: one file a method."""

ENTRIES = {
    "none": "none:NONE",
}
