"""One reader per run and language, however many viewers: it turns what the journal gains into messages and hands them to all.

A message is a set of operations (see `charts.live`) with the sequence numbers between which it leads: a viewer who stands at
`start` stands at `seq` after it. The newest messages are kept, so that a viewer who lost the connection goes on where it stood; whoever
stands elsewhere gets the whole picture. At most 5 messages a second go out, the first one at once, and fewer where so much happens
that an eye cannot follow: reading and drawing take time from a training on the same machine.
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from fedviz.charts.live import Document, document
from fedviz.charts.live_ops import ops
from fedviz.core import i18n
from fedviz.core.errors import FedvizError, RunError
from fedviz.runs.folder import LIVE, RunFolder, view_of
from fedviz.ui.i18n import catalogue
from fedviz.ui.names import in_words
from fedviz.ui.sentences import sentence

GAP_S = 0.2
"""Seconds between two messages, at least."""
MANY = 20
"""From so many new events at once on, the gap is the long one."""
LONG_GAP_S, LONGEST_GAP_S, PATIENCE = 0.5, 1.0, 30.0
"""The long gap: a `PATIENCE`-th of the time that the run has taken, between these two. The longer the curves, the less a message adds to them."""
POLL_S = 0.03
"""How often the journal's size is looked at while the run is worked on."""
REST_S = 0.5
"""The same while it is not: a run that is resumed streams again."""
ALIVE_S = 2.0
"""How often it is checked that the worker still lives."""
LINGER_S = 30.0
"""How long a reader without viewers waits for the next one."""
INLINE_BYTES = 50_000
"""More new journal than this is read beside the event loop, so that other viewers do not wait for it."""
KEPT = 240


@dataclass(frozen=True)
class Message:
    """What goes out at once: the event's name, the sequence numbers before and after it, and its data as JSON."""

    name: str
    start: int
    seq: int
    body: str


def encode(name: str, start: int, seq: int, data: dict[str, Any]) -> Message:
    """A message with its data as compact JSON."""
    body = json.dumps({"from": start, "to": seq} | data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Message(name, start, seq, body)


class Reel:
    """The picture of one run as it grows, and the messages that led to it. Knows nothing of viewers or time."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self.document = document(in_words(view_of(folder)), alive=folder.is_alive())
        self.kept: deque[Message] = deque(maxlen=KEPT)
        self.count = 0
        self._whole: tuple[Document, Message] | None = None

    @property
    def live(self) -> bool:
        """Whether the journal is expected to grow."""
        return self.document.head["status"] in LIVE

    @property
    def over(self) -> bool:
        """Whether nothing can follow: the run is finished."""
        return self.document.head["status"] == "finished"

    @property
    def long_gap_s(self) -> float:
        """Seconds between two messages where much happens."""
        return min(max(LONG_GAP_S, (self.document.head["elapsed_s"] or 0.0) / PATIENCE), LONGEST_GAP_S)

    def advance(self) -> Message | None:
        """Read what is new; the message that leads there, or None where nothing changed."""
        if not self.folder.journal_path.exists():
            raise RunError(i18n._("The run {id} was deleted.").format(id=self.folder.id))
        after = document(in_words(view_of(self.folder)), self.document, alive=self.folder.is_alive())
        operations = ops(self.document, after)
        start, self.document = self.document.seq, after
        if not operations and start == after.seq:
            return None
        message = encode("ops", start, after.seq, {"ops": operations})
        self.kept.append(message)
        self.count += 1
        return message

    def whole(self) -> Message:
        """The whole picture as a message."""
        if self._whole is None or self._whole[0] is not self.document:
            self._whole = (self.document, encode("picture", 0, self.document.seq, {"picture": self.document.data()}))
        return self._whole[1]

    def since(self, seq: int) -> list[Message] | None:
        """The messages that lead on from `seq`; None where they are not kept. A change of status alone keeps the number."""
        found = next((place for place, message in enumerate(self.kept) if message.start == seq), None)
        if found is not None:
            return list(self.kept)[found:]
        return [] if seq == self.document.seq and seq > 0 else None

    def after(self, count: int) -> list[Message] | None:
        """The messages after the first `count` ever made; None where they are not kept any more."""
        missing = self.count - count
        return list(self.kept)[len(self.kept) - missing :] if missing <= len(self.kept) else None


class Feed:
    """A reel that turns as long as somebody looks."""

    def __init__(self, folder: RunFolder, language: str) -> None:
        self.folder = folder
        self.language = language
        self.viewers = 0
        self.reel: Reel | None = None
        self.problem = ""
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._turn())

    @property
    def stopped(self) -> bool:
        """Whether this feed will say nothing more."""
        return self._task.done()

    def stop(self) -> None:
        """Let the viewers go; their browsers ask again in a while."""
        self._task.cancel()

    async def follow(self, after: int, keep_alive_s: float = 15.0) -> AsyncIterator[Message | None]:
        """Messages for one viewer who has seen everything up to `after` (0: nothing); None now and then where nothing happens.

        Ends after a message named `end`, which says that nothing will follow.
        """
        self.viewers += 1
        try:
            while self.reel is None and not self.problem and not self.stopped:
                await self._wait(keep_alive_s)
            reel = self.reel
            if reel is not None:
                known = reel.since(after) if after else None
                place = reel.count
                for message in [reel.whole()] if known is None else known:
                    yield message
                while not self.problem and not (place == reel.count and (reel.over or self.stopped)):
                    fresh = reel.after(place)
                    place = reel.count
                    for message in [reel.whole()] if fresh is None else fresh:
                        yield message
                    if not fresh and not await self._wait(keep_alive_s):
                        yield None
            if self.problem or (reel is not None and reel.over):
                seq = reel.document.seq if reel is not None else 0
                yield encode("end", seq, seq, {"problem": self.problem})
        finally:
            self.viewers -= 1

    async def _wait(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def _turn(self) -> None:
        i18n.use(catalogue(self.language))
        clock = asyncio.get_running_loop().time
        try:
            reel = self.reel = await asyncio.to_thread(Reel, self.folder)
            self._tell()
            looked, checked, size, seen, gap = clock(), clock(), -1, clock(), GAP_S
            while not reel.over:
                if self.viewers:
                    seen = clock()
                elif clock() - seen > LINGER_S:
                    return
                now_size = _size(self.folder.journal_path)
                if self.viewers and (now_size != size or clock() - checked > ALIVE_S):
                    grown, size, checked = now_size - max(size, 0), now_size, clock()
                    message = await asyncio.to_thread(reel.advance) if grown > INLINE_BYTES else reel.advance()
                    if message is not None:
                        looked, gap = clock(), GAP_S if message.seq - message.start < MANY else reel.long_gap_s
                        self._tell()
                await asyncio.sleep(max(POLL_S if reel.live else REST_S, looked + gap - clock()))
        except (FedvizError, OSError) as error:
            self.problem = sentence(error)
        finally:
            self._tell()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


_feeds: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Path, str], Feed]] = WeakKeyDictionary()


def feed(folder: RunFolder, language: str) -> Feed:
    """The feed of a run in a language, shared by all its viewers. Call it on the event loop."""
    feeds = _feeds.setdefault(asyncio.get_running_loop(), {})
    for key in [key for key, known in feeds.items() if known.stopped and not known.viewers]:
        del feeds[key]
    key = (folder.path, language)
    if key not in feeds or feeds[key].stopped:
        feeds[key] = Feed(folder, language)
    return feeds[key]


def stop_all(loop: asyncio.AbstractEventLoop) -> None:
    """Stop every feed of an event loop."""
    for known in _feeds.get(loop, {}).values():
        known.stop()
