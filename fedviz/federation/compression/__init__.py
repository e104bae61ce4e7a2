"""How an update is made smaller before it leaves a client: one file a method."""

ENTRIES = {
    "none": "none:NONE",
    "float16": "float16:FLOAT16",
    "int8": "int8:INT8",
    "qsgd": "qsgd:QSGD",
    "top-k": "top_k:TOP_K",
    "random-k": "random_k:RANDOM_K",
    "signsgd": "signsgd:SIGNSGD",
    "low-rank": "low_rank:LOW_RANK",
}
