"""Which tests run at every commit, and what holds for all of them.

A folder named in `QUICK` has its quick tests in these files: the seams that everything hangs on, the contracts of registries, readers, and one short run. Its
other files test laws: of each algorithm, attack, account, explainer, page, bench. They are quick one by one and take minutes together, so that they are slow.
Folders that are not named are quick as a whole, except for what a test says of itself.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
QUICK = {
    "bench": ("test_costs",),
    "carriers": ("test_finance_readers", "test_readers", "test_records"),
    "charts": ("test_cosines", "test_evidence", "test_graph_view", "test_overlay", "test_palette", "test_probabilities", "test_records", "test_trust"),
    "cli": ("test_cli", "test_data", "test_ledger", "test_refusals", "test_stories"),
    "explain": ("test_influence", "test_sources", "test_texts"),
    "federation": ("test_federation", "test_messages", "test_rounds", "test_task"),
    "kg": ("test_columns", "test_graph", "test_link", "test_near", "test_shape", "test_sources", "test_store", "test_subgraph"),
    "models": ("test_augmentation", "test_evidence", "test_frozen", "test_learner", "test_selection"),
    "pages": ("test_languages", "test_start"),
    "runs": ("test_checkpoint", "test_control", "test_folder", "test_journal", "test_models", "test_presets", "test_target", "test_view"),
    "scenarios": ("test_graph_section", "test_load", "test_own_graph", "test_split"),
    "ui": ("test_link", "test_names", "test_raised", "test_sentences", "test_text"),
}
"""Folder -> its files that run at every commit. Each page is opened in pages/test_languages, each entry of a registry is looked at in contracts."""

settings.register_profile("fedviz", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fedviz")  # how long an example takes says how busy the machine is


def is_slow(path: Path) -> bool:
    """Whether all tests of that file are slow because of where they are."""
    folder, *inner = path.relative_to(ROOT).parts
    return bool(inner) and (folder == "browser" or (folder in QUICK and (len(inner) > 1 or path.stem not in QUICK[folder])))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What is slow as a whole is not even imported by `-m "not slow"`."""
    left_out = config.option.markexpr == "not slow" and collection_path.name.startswith("test_") and collection_path.is_file() and is_slow(collection_path)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests of the files that are slow."""
    for item in items:
        if is_slow(item.path):
            item.add_marker(pytest.mark.slow)
