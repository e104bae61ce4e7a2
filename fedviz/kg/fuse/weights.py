"""Match weights of `score`: (by names alone, with neighbours). Fitted by `fedviz.bench.fuse_fit`; `python -m fedviz bench fuse` fits them again and compares."""

NAMES: tuple[dict[str, float], dict[str, float]] = (
    {
        "letters": 7.1065, "letters2": -3.8376, "words": -12.7038, "words2": 9.4298, "meaning": 0.0, "meaning2": 0.0,
        "others": 4.8886, "opposite": -1.4283, "number": -1.8627, "narrower": -1.0951, "ahead": 14.3752, "ahead_left": 1.8436,
        "sure": 0.0, "sure_left": 0.0, "neighbours": 0.0, "has_neighbours": 0.0, "base": -1.9016,
    },
    {
        "letters": 9.3392, "letters2": -6.1934, "words": 1.086, "words2": -0.249, "meaning": 0.0, "meaning2": 0.0,
        "others": 1.9755, "opposite": -0.851, "number": -0.9662, "narrower": -0.5057, "ahead": 3.0055, "ahead_left": 0.1523,
        "sure": 1.9113, "sure_left": 1.8222, "neighbours": 2.6219, "has_neighbours": 0.3689, "base": -6.5613,
    },
)  # fmt: skip

NAMES_AND_MEANING: tuple[dict[str, float], dict[str, float]] = (
    {
        "letters": -0.1539, "letters2": 0.6893, "words": -11.5402, "words2": 7.4385, "meaning": 1.0367, "meaning2": 2.2215,
        "others": 3.3712, "opposite": -1.4101, "number": -2.1927, "narrower": -1.4049, "ahead": 10.7777, "ahead_left": 1.5223,
        "sure": 0.0, "sure_left": 0.0, "neighbours": 0.0, "has_neighbours": 0.0, "base": -1.4009,
    },
    {
        "letters": 2.5687, "letters2": -1.3497, "words": -3.0352, "words2": 2.0818, "meaning": 8.5379, "meaning2": -4.0497,
        "others": 1.2162, "opposite": -0.8046, "number": -1.168, "narrower": -0.7056, "ahead": 2.8671, "ahead_left": 0.0772,
        "sure": 1.907, "sure_left": 1.8667, "neighbours": 2.4979, "has_neighbours": 0.3793, "base": -6.7087,
    },
)  # fmt: skip
