"""The server's start: it serves at once, the heavy work happens beside it, and missing data is no error."""

import asyncio
import threading

import pytest
from streamlit.runtime.pages_manager import PagesManager

from fedviz.federation import assemble
from fedviz.ui import warm
from tests.pages.conftest import TOY


def test_serving_does_not_wait_for_warming_up(monkeypatch):
    begun, go = threading.Event(), threading.Event()
    monkeypatch.setattr(warm, "warm", lambda: (begun.set(), go.wait(60)))
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)

    async def serve():
        async with warm.lifespan(None):
            return begun.wait(60)

    try:
        assert asyncio.run(serve())
        assert PagesManager.uses_pages_directory is False
    finally:
        go.set()


def test_missing_carriers_are_no_error(monkeypatch, tmp_path):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(warm.gc, "freeze", lambda: None)
    warm.warm()


@pytest.fixture
def counted(monkeypatch):
    """How often an experiment was assembled."""
    made, real = [], assemble.assemble
    monkeypatch.setattr(assemble, "assemble", lambda *given: made.append(1) or real(*given))
    assemble.forget()
    yield made
    assemble.forget()


def test_what_is_assembled_ahead_is_not_assembled_again(counted):
    assemble.assemble_ahead(TOY)
    assemble.assemble_ahead(TOY)
    with assemble.borrowed(TOY) as experiment:
        assert experiment.config == TOY
    assert len(counted) == 1


def test_whoever_asks_meanwhile_waits_for_it(counted):
    threads = [threading.Thread(target=assemble.assemble_ahead, args=(TOY,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with assemble.borrowed(TOY):
        pass
    assert len(counted) == 1
