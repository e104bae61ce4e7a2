"""Routes beside the page: the drawing library, and what happens in a run as server-sent events.

`/fedviz/plotly.min.js`: from the plotly package, compressed, kept by the browser for good since its version is in the address.
`/fedviz/runs/{id}/events?lang=en`: the picture of a run, then its changes; `id:` is the number of the last event that is in it, and whoever
comes back with `Last-Event-ID` (or `?after=`) gets what came since. See the HTML Living Standard, 9.2 Server-sent events.
"""

import asyncio
import gzip
import signal
import threading
from collections.abc import AsyncIterator, Callable
from functools import lru_cache
from pathlib import Path
from types import FrameType

import plotly
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from fedviz.core.errors import FedvizError
from fedviz.runs.folder import open_run, runs_root
from fedviz.ui.i18n import LANGUAGES
from fedviz.ui.live_feed import Feed, Message, feed, stop_all

PLOTLY_URL = f"/fedviz/plotly.min.js?v={plotly.__version__}"
"""Where the page finds plotly.js; another version has another address."""

RETRY_MS = 1500


def events_url(run_id: str, language: str) -> str:
    """Address of a run's stream in a language."""
    return f"/fedviz/runs/{run_id}/events?lang={language}"


async def plotly_js(request: Request) -> Response:
    """plotly.js as the plotly package ships it."""
    plain, packed = await run_in_threadpool(_library)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="text/javascript", headers=headers | {"Content-Encoding": "gzip"})
    return Response(plain, media_type="text/javascript", headers=headers)


@lru_cache(maxsize=1)
def _library() -> tuple[bytes, bytes]:
    plain = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()
    return plain, gzip.compress(plain, 6)


async def events(request: Request) -> Response:
    """The stream of one run; 404 with one sentence where there is no such run."""
    run_id = request.path_params["run_id"]
    try:
        folder = await run_in_threadpool(open_run, runs_root(), run_id)
    except FedvizError:
        return PlainTextResponse("There is no such run; a run id has 8 to 32 lower-case letters and digits.", status_code=404)
    _end_with_server(asyncio.get_running_loop())
    language = request.query_params.get("lang", "en")
    stream = lines(feed(folder, language if language in LANGUAGES else "en"), _after(request))
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


@lru_cache(maxsize=1)
def _end_with_server(loop: asyncio.AbstractEventLoop) -> None:
    """Close the streams when the server is told to stop: it waits for open answers, and these would never end by themselves."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        former = signal.getsignal(number)
        if not callable(former):
            continue

        def stop(number: int, frame: FrameType | None, former: Callable[[int, FrameType | None], object] = former) -> None:
            loop.call_soon_threadsafe(stop_all, loop)
            former(number, frame)

        signal.signal(number, stop)


def _after(request: Request) -> int:
    """The number that the viewer has seen; whatever is no number counts as nothing seen."""
    said = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else 0


async def lines(source: Feed, after: int, keep_alive_s: float = 15.0) -> AsyncIterator[str]:
    """A feed as the text of an event stream; a comment where nothing happens, so that nobody on the way closes the line."""
    yield f"retry: {RETRY_MS}\n\n"
    async for message in source.follow(after, keep_alive_s):
        yield ": still here\n\n" if message is None else block(message)


def block(message: Message) -> str:
    """One event of the stream. JSON has no line breaks outside of strings and escapes those inside, so one `data:` line holds it."""
    return f"id: {message.seq}\nevent: {message.name}\ndata: {message.body}\n\n"


routes = [
    Route("/fedviz/plotly.min.js", plotly_js, methods=["GET"]),
    Route("/fedviz/runs/{run_id}/events", events, methods=["GET"]),
]
"""What `st.App` takes as `routes`."""
