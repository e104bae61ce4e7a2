"""Heavy imports while the first viewer reads the first page, so that the first click does not wait for them."""

import gc
import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from streamlit.runtime.pages_manager import PagesManager

SWITCH_S = 0.0005
"""How long a thread may go on in Python while another one waits."""
_log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[None]:
    """The server's life: warm up on a thread of its own, serve meanwhile."""
    # Streamlit takes a folder `pages` for its older kind of app until `st.navigation` has run once: the first viewer of a
    # fresh server who opens /configure would get that page without app.py around it.
    PagesManager.uses_pages_directory = False
    # Training threads come back to Python for microseconds between two long products. By default each waits up to 5 ms there while another
    # thread makes a picture for a page.
    sys.setswitchinterval(SWITCH_S)
    start()
    yield


def start() -> None:
    """Warm up on a thread; called again when the carriers have come."""
    threading.Thread(target=warm, name="fedviz-warm", daemon=True).start()


def warm() -> None:
    """Import what training needs and read model and graph where their carriers are present.

    Ends with `gc.freeze()`: the collector then skips the hundreds of thousands of objects that these imports made, which it would
    otherwise visit in every full collection while training runs (benchmarks/streaming measures it).
    """
    from fedviz.runs.estimate import speed

    speed()  # timed now, before anything else keeps the processor busy
    import flwr.app  # noqa: F401
    import torch  # noqa: F401

    from fedviz.models.imports import IMPORTS

    with IMPORTS:
        import peft  # noqa: F401
        import transformers.models.bert.modeling_bert  # noqa: F401

    try:
        _read_carriers()
    except Exception:
        # A missing or damaged carrier is told where it is needed, with the way out; warming up is only about time.
        _log.info("Nothing was read ahead", exc_info=True)
    gc.collect()
    gc.freeze()


def _read_carriers() -> None:
    """The texts and graphs of the demonstrations, and the first of them made ready to train: its first round then begins at the click."""
    from fedviz.federation.assemble import assemble_ahead
    from fedviz.runs.presets import presets
    from fedviz.scenarios.load import preview

    ready = presets()
    for one in ready:
        preview(one.config)
    assemble_ahead(ready[0].config)
