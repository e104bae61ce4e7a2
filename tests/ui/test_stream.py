"""The event stream: what a viewer gets, from where, and what nobody gets."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from starlette.applications import Starlette
from starlette.testclient import TestClient

from fedviz.charts import live
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.runs.folder import RunFolder, fill, runs_root
from fedviz.runs.journal import JournalWriter
from fedviz.ui import live_feed, stream
from tests.charts.interpreter import interpret
from tests.runs.fake import fake_events

pytestmark = pytest.mark.alone  # streams in real time

EVENTS = fake_events(3, 2)
RUN = "0123456789abcdef"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def folder(home: Path) -> RunFolder:
    """A run whose journal has only its first line yet."""
    made = RunFolder(runs_root() / RUN)
    made.path.mkdir(parents=True)
    fill(made, RunConfig.parse({"scenario": {"name": "toy"}}), "Fake run")
    return made


@pytest.fixture
def working(folder: RunFolder) -> Iterator[FileLock]:
    """The lock that a worker of the run would hold."""
    with folder.lock() as lock:
        yield lock


def write(folder: RunFolder, events: list[e.Event]) -> None:
    with JournalWriter(folder.journal_path) as journal:
        for event in events:
            journal.append(event)


def client() -> TestClient:
    return TestClient(Starlette(routes=stream.routes))


def parsed(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    """The events of a stream's text: id, name, data."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line and not line.startswith(":"))
        if "event" in fields:
            found.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return found


def picture_of(folder: RunFolder) -> dict[str, Any]:
    view = live_feed.view_of(folder)
    return json.loads(json.dumps(live.document(view, alive=folder.is_alive()).data()))


def test_a_finished_run_is_sent_whole_and_then_ends(folder: RunFolder) -> None:
    write(folder, EVENTS[1:])
    answer = client().get(f"/fedviz/runs/{RUN}/events")
    assert answer.headers["content-type"].startswith("text/event-stream") and answer.headers["cache-control"] == "no-store"
    messages = parsed(answer.text)
    assert [name for _id, name, _data in messages] == ["picture", "end"]
    assert messages[0][0] == len(EVENTS) and messages[0][2]["picture"] == picture_of(folder)
    assert messages[1][2]["problem"] == ""


def test_who_has_seen_all_gets_only_the_end(folder: RunFolder) -> None:
    write(folder, EVENTS[1:])
    by_header = client().get(f"/fedviz/runs/{RUN}/events", headers={"Last-Event-ID": str(len(EVENTS))})
    by_address = client().get(f"/fedviz/runs/{RUN}/events?after={len(EVENTS)}")
    for answer in (by_header, by_address):
        assert [name for _id, name, _data in parsed(answer.text)] == ["end"]


@pytest.mark.parametrize("seen", ["12", "999999", "-3", "x", "1e5", "٣", "9" * 40])
def test_who_has_seen_something_else_gets_the_whole(folder: RunFolder, seen: str) -> None:
    write(folder, EVENTS[1:])
    answer = client().get(f"/fedviz/runs/{RUN}/events", params={"after": seen})
    assert [name for _id, name, _data in parsed(answer.text)] == ["picture", "end"]


@pytest.mark.parametrize("run_id", ["0000000000000000", "short", "A" * 16, "..%2F..%2Fetc%2Fpasswd", "%2e%2e", "a" * 33, "0123456789abcde\u0301"])
def test_an_unknown_run_is_one_sentence(folder: RunFolder, run_id: str) -> None:
    answer = client().get(f"/fedviz/runs/{run_id}/events")
    assert answer.status_code == 404
    assert "\n" not in answer.text and str(folder.path.parent) not in answer.text


def test_a_damaged_journal_is_one_sentence(folder: RunFolder) -> None:
    with folder.journal_path.open("ab") as file:
        file.write(b"{nonsense}\n")
    messages = parsed(client().get(f"/fedviz/runs/{RUN}/events").text)
    assert [name for _id, name, _data in messages] == ["end"] and "is damaged" in messages[0][2]["problem"]


def test_words_are_in_the_viewers_language(folder: RunFolder) -> None:
    write(folder, EVENTS[1:])
    english = parsed(client().get(f"/fedviz/runs/{RUN}/events?lang=en").text)[0][2]["picture"]
    other = parsed(client().get(f"/fedviz/runs/{RUN}/events?lang=zh").text)[0][2]["picture"]
    unknown = parsed(client().get(f"/fedviz/runs/{RUN}/events?lang=../xx").text)[0][2]["picture"]
    assert unknown == english and english["head"]["word"] == "Finished"
    assert other["head"]["word"] != english["head"]["word"]


def test_plotly_is_served_compressed_and_kept() -> None:
    answer = client().get(stream.PLOTLY_URL, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip" and "immutable" in answer.headers["cache-control"]
    assert b"plotly.js v" in answer.content[:200]
    plain = client().get(stream.PLOTLY_URL, headers={"Accept-Encoding": "identity"})
    assert plain.content == answer.content
    assert len(gzip.compress(plain.content, 1)) < 2_500_000


async def collect(source: AsyncIterator[live_feed.Message | None], found: list[live_feed.Message]) -> None:
    async for message in source:
        if message is not None:
            found.append(message)


async def until(there: Callable[[], object]) -> None:
    """Waits as long as a busy machine needs until something is there."""
    async with asyncio.timeout(20):
        while not there():
            await asyncio.sleep(0.01)


async def write_slowly(folder: RunFolder, events: list[e.Event], pause_s: float) -> None:
    with JournalWriter(folder.journal_path) as journal:
        for event in events:
            journal.append(event)
            await asyncio.sleep(pause_s)


def replay(messages: list[live_feed.Message]) -> dict[str, Any]:
    """The picture that a viewer has after these messages; their numbers must join."""
    picture: dict[str, Any] = {}
    seq = 0
    for message in messages:
        data = json.loads(message.body)
        if message.name == "picture":
            picture, seq = data["picture"], data["to"]
        elif message.name == "ops":
            assert data["from"] == seq
            picture, seq = interpret(picture, data["ops"]), data["to"]
    return picture


def test_early_and_late_viewers_see_the_same(folder: RunFolder, working: FileLock) -> None:
    async def scene() -> tuple[list, list, list, list]:
        feed = live_feed.feed(folder, "en")
        assert live_feed.feed(folder, "en") is feed and live_feed.feed(folder, "zh") is not feed
        early: list[live_feed.Message] = []
        late: list[live_feed.Message] = []
        first = asyncio.create_task(collect(feed.follow(0), early))
        half = len(EVENTS) // 2
        await write_slowly(folder, EVENTS[1:half], 0.01)
        await until(lambda: len(early) >= 3)
        broken_off = list(early)
        writing = asyncio.create_task(write_slowly(folder, EVENTS[half:], 0.01))
        again: list[live_feed.Message] = []
        second = asyncio.create_task(collect(feed.follow(0), late))
        third = asyncio.create_task(collect(feed.follow(broken_off[-2].seq), again))
        await asyncio.wait_for(asyncio.gather(writing, first, second, third), 20)
        return early, late, broken_off[:-1], again

    early, late, broken_off, again = asyncio.run(scene())
    expected = picture_of(folder)
    assert replay(early) == expected
    assert replay(late) == expected
    assert again[0].name == "ops", "the viewer goes on where it stood"
    assert replay([*broken_off, *again]) == expected
    assert early[-1].name == late[-1].name == again[-1].name == "end"


def test_at_most_five_messages_a_second(folder: RunFolder, working: FileLock) -> None:
    async def scene() -> tuple[int, float]:
        found: list[live_feed.Message] = []
        clock = asyncio.get_running_loop().time
        start = clock()
        task = asyncio.create_task(collect(live_feed.feed(folder, "en").follow(0), found))
        await write_slowly(folder, EVENTS[1:], 0.005)
        await asyncio.wait_for(task, 20)
        return len(found), clock() - start

    count, seconds = asyncio.run(scene())
    assert 3 < count <= 5 * seconds + 3


def test_a_viewer_who_falls_far_behind_gets_the_whole(folder: RunFolder, working: FileLock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_feed, "KEPT", 3)
    reel = live_feed.Reel(folder)
    start = reel.document.seq
    for event in EVENTS[1:12]:
        write(folder, [event])
        reel.advance()
    assert reel.since(start) is None and reel.after(0) is None
    assert [message.seq for message in reel.since(reel.document.seq - 2) or []] == [reel.document.seq - 1, reel.document.seq]


def test_a_run_that_loses_its_worker_shows_as_interrupted(folder: RunFolder) -> None:
    with folder.lock():
        write(folder, EVENTS[1:60])
        reel = live_feed.Reel(folder)
        assert reel.document.head["status"] == "running"
    message = reel.advance()
    assert message is not None and message.start == message.seq
    assert json.loads(message.body)["ops"][0]["set"]["status"] == "interrupted"
    assert reel.since(message.seq) == [message], "a viewer who comes back with this number hears of it again, which changes nothing"


def test_a_run_that_is_resumed_streams_again(folder: RunFolder) -> None:
    start = next(event for event in EVENTS if isinstance(event, e.RunStarted))
    paused = e.RunEnded(status="paused", rounds_done=0, elapsed_s=1, weights_digest="")

    async def scene() -> list[live_feed.Message]:
        found: list[live_feed.Message] = []
        write(folder, [*EVENTS[1:60], paused])
        task = asyncio.create_task(collect(live_feed.feed(folder, "en").follow(0), found))
        await until(lambda: found)
        assert json.loads(found[0].body)["picture"]["head"]["status"] == "paused" and not task.done()
        write(folder, [start, *EVENTS[EVENTS.index(start) + 1 :]])
        await asyncio.wait_for(task, 20)
        return found

    found = asyncio.run(scene())
    assert replay(found) == picture_of(folder)


def test_a_deleted_run_ends_its_stream_with_a_sentence(folder: RunFolder) -> None:
    async def scene() -> list[live_feed.Message]:
        found: list[live_feed.Message] = []
        write(folder, [*EVENTS[1:60], e.RunEnded(status="cancelled", rounds_done=0, elapsed_s=1, weights_digest="")])
        task = asyncio.create_task(collect(live_feed.feed(folder, "en").follow(0), found))
        await until(lambda: found)
        folder.delete()
        await asyncio.wait_for(task, 20)
        return found

    found = asyncio.run(scene())
    assert found[-1].name == "end" and "was deleted" in json.loads(found[-1].body)["problem"]


def test_silence_is_kept_alive(folder: RunFolder) -> None:
    async def scene() -> list[str]:
        write(folder, [*EVENTS[1:60], e.RunEnded(status="paused", rounds_done=0, elapsed_s=1, weights_digest="")])
        found = []
        async for text in stream.lines(live_feed.feed(folder, "en"), 0, keep_alive_s=0.05):
            found.append(text)
            if len(found) == 4:
                break
        return found

    found = asyncio.run(scene())
    assert found[0].startswith("retry: ") and "event: picture" in found[1]
    assert found[2].startswith(":") and found[3].startswith(":")


def test_streams_let_go_when_the_server_stops(folder: RunFolder, working: FileLock) -> None:
    async def scene() -> list[live_feed.Message]:
        found: list[live_feed.Message] = []
        task = asyncio.create_task(collect(live_feed.feed(folder, "en").follow(0), found))
        await until(lambda: found)
        live_feed.stop_all(asyncio.get_running_loop())
        await asyncio.wait_for(task, 20)
        return found

    assert [message.name for message in asyncio.run(scene())] == ["picture"], "no `end`: the browser is to come back"
