"""A slice of a SPARQL endpoint: against a real server with DBpedia's and Wikidata's vocabulary, and against one that is busy, hostile or gone."""

import contextlib
import http.server
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from fedviz.core.errors import InputError
from fedviz.core.registry import SOURCES
from fedviz.kg.sources import addresses, endpoint
from fedviz.kg.sources import http as asking
from fedviz.kg.sources.endpoint import EndpointOptions, fetch
from fedviz.kg.sources.load import import_slice, into
from fedviz.kg.store import memory, oxi
from fedviz.kg.store.change import Cancelled, Intake
from fedviz.kg.store.store import GraphStore

pytestmark = pytest.mark.alone  # a server on a port that was free a moment ago

SERVER = Path(sys.executable).with_name("oxigraph")
SERVED = """@prefix dbr: <http://dbpedia.org/resource/> . @prefix dbo: <http://dbpedia.org/ontology/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix wd: <http://www.wikidata.org/entity/> . @prefix wdt: <http://www.wikidata.org/prop/direct/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
dbr:Aspirin a dbo:Drug ; rdfs:label "Aspirin"@en , "Aspirina"@es ; dbo:treats dbr:Pain , dbr:Fever ; dbo:casNumber "50-78-2" .
dbr:Pain a dbo:Disease ; rdfs:label "Pain"@en ; dbo:symptomOf dbr:Injury . dbr:Fever rdfs:label "Fever"@en ; dbo:symptomOf dbr:Influenza , [ rdfs:label "nobody" ] .
dbr:Influenza rdfs:label "Influenza"@en ; dbo:treatedBy dbr:Rest . dbr:Ibuprofen dbo:treats dbr:Pain ; rdfs:label "Ibuprofen"@en .
wd:Q18216 rdfs:label "aspirin"@en , "\u963f\u53f8\u5339\u6797"@zh ; skos:altLabel "ASA"@en ; wdt:P31 wd:Q12140 ; wdt:P2175 wd:Q81938 .
wd:Q12140 rdfs:label "medication"@en ; wdt:P279 wd:Q8386 . wd:Q8386 rdfs:label "drug"@en . wd:Q81938 rdfs:label "pain"@en .
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(addresses.ALLOWED, "127.0.0.1, localhost")
    monkeypatch.setattr(asking, "pause", lambda seconds, intake: intake.check())
    return tmp_path


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The address of an Oxigraph server of its own."""
    folder = tmp_path_factory.mktemp("served")
    store = oxi.open_writable(folder / "store")
    oxi.insert_lines(store, b"".join(row.line for row in oxi.statements(SERVED.encode(), "turtle", print, scope="b")), "urn:g")
    store.flush()
    del store
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SERVER, "serve-read-only", "--location", folder / "store", "--bind", f"127.0.0.1:{port}", "--union-default-graph"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _try in range(300):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/query"
        finally:
            process.terminate()


@contextlib.contextmanager
def standing_in(answers):
    """A server that gives these (status, headers, body) one after the other, the last one for ever; yields its address and what it was asked."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = answers[min(len(seen), len(answers) - 1)]
            seen.append((dict(self.headers), asked))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_arguments):
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def answer(*rows):
    def term(text):
        return {"type": "uri", "value": text} if text.startswith("urn:") else {"type": "literal", "value": text}

    return 200, {}, json.dumps({"results": {"bindings": [dict(zip("spo", map(term, row), strict=True)) for row in rows]}}).encode()


def named(graph):
    found = memory.in_memory(GraphStore(graph))
    return {(found.entities[head].name, relation, found.entities[tail].name) for head, relation, tail in found.triples}


def test_two_hops_of_dbpedia_come_with_their_names(home, served):
    options = EndpointOptions(url=served, seeds="dbr:Aspirin", relations="dbo:treats dbo:symptomOf", hops=2, page=3, pause_s=0)
    with into("drugs"):
        added = import_slice("drugs", options)
    assert {("Aspirin", "treats", "Pain"), ("Fever", "symptomOf", "Influenza")} <= named("drugs") and not any(row[1] == "treatedBy" for row in named("drugs"))
    assert added.reader == "endpoint" and added.origin == served and added.method == "query" and not added.skipped


def test_wikidata_backwards_finds_what_leads_to_an_entity(home, served):
    with into("wiki"):
        import_slice("wiki", EndpointOptions(url=served, seeds="wd:Q12140", hops=1, backwards=True, languages="en, zh", pause_s=0))
    graph = memory.in_memory(GraphStore("wiki"))
    assert named("wiki") == {("aspirin", "P31", "medication"), ("medication", "is_a", "drug")}
    assert set(graph.entities["wd:Q18216"].synonyms) == {"ASA", "阿司匹林"}


def test_a_limit_ends_the_asking(home, served):
    with into("few"):
        added = import_slice("few", EndpointOptions(url=served, seeds="dbr:Aspirin wd:Q18216", hops=3, limit=4, page=2, pause_s=0))
    assert sum(added.counts.values()) == 4


def test_pages_that_came_are_not_asked_for_again(home):
    rows = [(f"urn:s{number}", "urn:p", f"urn:o{number}") for number in range(6)]
    answers = [answer(*rows[:2]), answer(*rows[2:4]), (500, {}, b"")]
    with standing_in(answers) as (url, seen):
        options = EndpointOptions(url=url, seeds="urn:s0", hops=1, page=2, pause_s=0)
        with pytest.raises(InputError, match="what came so far is kept"):
            fetch(options, Intake())
        assert len(seen) == 2 + asking.TRIES
        answers[2:] = [answer()] * 50
        files = fetch(options, Intake())
        assert len(seen) == 2 + asking.TRIES + 2, "one page more of the hop, and the names of what was found"
        assert fetch(options, Intake()) == files and len(seen) == 4 + asking.TRIES
        fetch(options.model_copy(update={"again": True}), Intake())
        assert len(seen) == 5 + asking.TRIES


def test_a_busy_endpoint_is_given_the_time_it_asks_for(home, monkeypatch):
    waits = []
    monkeypatch.setenv(addresses.ALLOWED, "127.0.0.1, localhost")
    monkeypatch.setattr(asking, "pause", lambda seconds, intake: waits.append(seconds))
    busy = [(429, {"Retry-After": "7"}, b""), (503, {"Retry-After": "Fri, 01 Jan 2010 00:00:00 GMT"}, b""), answer(("urn:a", "urn:p", "urn:b"))]
    with standing_in(busy) as (url, seen):
        asking.select(url, "me@example.org\r\nX-Evil: 1", "SELECT 1", Intake())
        assert waits == [7.0, 2.0] and len(seen) == 3
        headers, body = seen[0]
        assert headers["User-Agent"].startswith("fedviz/") and "me@example.org" in headers["User-Agent"] and "X-Evil" not in headers
        assert headers["Accept"] == "application/sparql-results+json" and body == b"query=SELECT+1"
    with standing_in([(429, {"Retry-After": "86400"}, b"")]) as (url, seen), pytest.raises(InputError, match="wait 86400 seconds"):
        asking.select(url, "", "SELECT 1", Intake())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((302, {"Location": "http://169.254.169.254/"}, b""), "moved; give its new address: http://169.254"),
        ((400, {}, b"Parse error\nat line 1"), "refuses the question .400.: Parse error at line 1"),
        ((200, {}, b"<html>"), "no SPARQL result in JSON"),
        ((200, {}, b"[" * 100_000), "no SPARQL result in JSON"),
        ((200, {}, b'{"results": {"bindings": 5}}'), "no SPARQL result in JSON"),
        ((200, {}, b"x" * 3000), "at most 0 MB"),
    ],
)
def test_an_odd_answer_ends_in_a_sentence(home, monkeypatch, said, words):
    monkeypatch.setattr(asking, "MAX_BYTES", 200_000 if b"[[" in said[2] else 2000)
    with standing_in([said]) as (url, _seen), pytest.raises(InputError, match=words):
        fetch(EndpointOptions(url=url, seeds="urn:a", hops=0), Intake())


def test_rows_that_are_no_statement_are_counted(home):
    odd = [
        {"s": {"type": "bnode", "value": "b"}, "p": {"type": "uri", "value": "urn:p"}, "o": {"type": "uri", "value": "urn:o"}}, {"s": 5}, "row",
        {"s": {"type": "uri", "value": "urn:s p a c e"}, "p": {"type": "uri", "value": "urn:p"}, "o": {"type": "literal", "value": "<script>\u202e\n", "xml:lang": "en"}},
    ]  # fmt: skip
    with standing_in([(200, {}, json.dumps({"results": {"bindings": odd}}).encode())]) as (url, _seen):
        intake = Intake()
        (file,) = fetch(EndpointOptions(url=url, seeds="urn:a", hops=0), intake)
    assert intake.left == {"things without a name": 1} and intake.skipped == 2
    assert file.read_text() == '# 4\n<urn:s%20p%20a%20c%20e> <urn:p> "<script>\u202e\\n"@en .\n'


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "file:///etc/passwd"}, "http:// or https://"),
        ({"url": "https://dbpedia.org/sparql"}, "wants to know who asks"),
        ({"url": "http://localhost:1/x"}, "at least one seed"),
        ({"url": "http://localhost:1/x", "seeds": "Aspirin"}, "such as wd:Q18216, but got 'Aspirin'"),
    ],
)
def test_what_cannot_be_asked_is_refused(home, options, words):
    with pytest.raises(InputError, match=words):
        fetch(EndpointOptions(**options), Intake())


def test_asking_can_be_cancelled(home):
    with standing_in([answer(("urn:a", "urn:p", "urn:b"))]) as (url, seen), pytest.raises(Cancelled):
        fetch(EndpointOptions(url=url, seeds="urn:a"), Intake(cancelled=lambda: True))
    assert seen == [] and endpoint.ENDPOINT.fetch is fetch


@pytest.mark.parametrize("form", ["json-ld", "rdf-xml", "turtle"])
def test_reading_asks_nobody(home, form):
    """A remote context, an external entity, an include: no reader opens a connection."""
    with standing_in([(200, {}, b"{}")]) as (url, seen):
        data = {
            "json-ld": json.dumps({"@context": url, "@id": "urn:a", "name": "x"}),
            "rdf-xml": f'<!DOCTYPE r SYSTEM "{url}" [<!ENTITY % x SYSTEM "{url}"> %x; <!ENTITY y SYSTEM "{url}">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="&y;"/></rdf:RDF>',
            "turtle": f"@base <{url}> . @prefix owl: <http://www.w3.org/2002/07/owl#> . <> owl:imports <{url}> .",
        }[form]
        path = home / "x"
        path.write_text(data)
        entry = SOURCES.get("rdf")
        with path.open("rb") as file:
            list(entry.read(file, entry.options(format=form), Intake(), "s"))
        urllib.request.urlopen(url, b"").close()
    assert len(seen) == 1, "only the test itself asked"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "db.localhost.", "10.1.2.3", "169.254.169.254", "192.168.0.7", "[::1]", "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "0.0.0.0", "2130706433", "127.1"])
def test_private_networks_are_not_asked_unless_they_are_named(home, monkeypatch, host):
    monkeypatch.setenv(addresses.ALLOWED, "other.example")
    with pytest.raises(InputError, match="in a private network"):
        fetch(EndpointOptions(url=f"http://{host}:9/sparql", seeds="urn:a", contact="a@b.example"), Intake())


def test_a_name_that_leads_to_a_private_address_is_not_asked(home, monkeypatch):
    """Also where only one of its addresses is private, and also where the second look would find another: it is looked up once."""
    looked, connected = [], []

    def look(host, port, **_more):
        looked.append(host)
        answers = {"inside.example": ["10.0.0.1"], "both.example": ["93.184.216.34", "127.0.0.1"], "outside.example": ["93.184.216.34"]}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers]

    def connect(address, *_more):
        connected.append(address)
        raise OSError("nobody there")

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setattr(socket, "create_connection", connect)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    for host, words in (("inside.example", "in a private network"), ("both.example", "in a private network"), ("outside.example", "nobody there")):
        with pytest.raises(InputError, match=words):
            fetch(EndpointOptions(url=f"http://{host}/sparql", seeds="urn:a", contact="a@b.example"), Intake())
    assert looked[:2] == ["inside.example", "both.example"] and set(connected) == {("93.184.216.34", 80)}
