"""Partitions: who holds which texts."""

ENTRIES = {
    "natural": "natural:NATURAL",
    "iid": "iid:IID",
    "dirichlet": "dirichlet:DIRICHLET",
    "shards": "shards:SHARDS",
    "quantity": "quantity:QUANTITY",
    "entity": "entity:ENTITY",
    "feature": "feature:FEATURE",
}
