"""The vocabulary: types, events, config, seeds, registry, errors. Standard library, numpy and pydantic only."""
