"""What the tests of the interface share: a viewer who reads 中文."""

import pytest

from fedviz.core import i18n as core
from fedviz.ui import i18n


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody reads 中文 as long as the test lasts."""
    monkeypatch.setattr(core, "_defaults", [i18n.catalogue("zh")])
