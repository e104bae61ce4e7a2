"""What keeps the next global model from telling about a single client: one file an entry."""

ENTRIES = {
    "none": "none:NONE",
    "central": "central:CENTRAL",
    "local": "local:LOCAL",
    "example": "example:EXAMPLE",
}
