"""Match weights of `score`, as `python -m fedviz bench fuse` fits and prints them: (by names alone, with neighbours)."""

NAMES = ({"base": -9.0, "letters2": 8.0, "words2": 8.0}, {"base": -9.0, "letters2": 8.0, "words2": 8.0})
NAMES_AND_MEANING = ({"base": -9.0, "letters2": 5.0, "words2": 5.0, "meaning2": 5.0}, {"base": -9.0, "letters2": 5.0, "words2": 5.0, "meaning2": 5.0})
