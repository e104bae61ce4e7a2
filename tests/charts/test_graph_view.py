"""The graph as a picture: what is drawn follows from the record, and nothing in the data can be more than words."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from fedviz.charts.graph_document import LIBRARY_MARK, graph_document, graph_network, library
from fedviz.charts.graph_kinds import kind_colors, kinds
from fedviz.charts.graph_places import places
from fedviz.charts.graph_scope import subgraph
from fedviz.charts.graph_view import MAX_NODES, graph_record, node_key, node_of, picture
from fedviz.core.errors import InputError
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.subgraph import Subgraph
from tests.charts.hostile import HOSTILE, hostile_graph
from tests.charts.toy import toy_graph


class Tags(HTMLParser):
    """All tags with their attributes, and the text of scripts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data


def whole(graph: KnowledgeGraph, **more: object):
    part = subgraph(graph, graph.entities)
    return graph_record(graph, part, places(part), **more)


def test_hostile_data_make_no_tag_and_no_request():
    html = graph_document(whole(hostile_graph())).replace(LIBRARY_MARK, f"<script>{library()}</script>")
    found = Tags(html)
    assert [tag for tag, _ in found.tags] == ["html", "head", "meta", "meta", "style", "body", "div", "div", "script", "script", "script"]
    assert all(not {"src", "href", "onerror", "onload", "srcset", "data"} & attrs.keys() for _, attrs in found.tags)


def test_the_policy_allows_these_scripts_and_no_network():
    html = graph_document(whole(hostile_graph())).replace(LIBRARY_MARK, f"<script>{library()}</script>")
    found = Tags(html)
    (policy,) = [attrs["content"] for tag, attrs in found.tags if tag == "meta" and "http-equiv" in attrs]
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert "connect-src" not in rules and rules["base-uri"] == rules["form-action"] == ["'none'"]
    hashes = {"'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'" for script in found.scripts}
    assert set(rules["script-src"]) == hashes and len(hashes) == 3


def test_the_document_is_what_pyvis_drew():
    record = whole(toy_graph())
    network = graph_network(record)
    assert len(network.nodes) == len(record.nodes) and len(network.edges) == len(record.edges)
    assert json.loads(json.dumps(network.options))["physics"]["enabled"] is False
    html = graph_document(record)
    assert "new vis.Network(" in html and all(json.dumps(node_key(node.entity))[1:-1] in html for node in record.nodes)
    assert not re.search(r"https?://", html)


def test_words_in_the_picture_are_short_lines_without_control_characters():
    plain = picture(whole(hostile_graph()))
    for node in plain["nodes"]:
        assert len(node["label"]) <= 70 and node["label"].count("\n") <= 2
        assert all(len(line) <= 200 for line in node["tip"].split("\n"))
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", node["label"] + node["tip"])
    assert [node["id"] for node in plain["nodes"]] == [node_key(word) for word in HOSTILE]


def test_an_id_that_comes_back_is_believed_only_if_it_is_in_the_picture():
    record = whole(hostile_graph())
    for word in HOSTILE:
        assert node_of(node_key(word), record) == word
    for stranger in (None, 3, ["n:__proto__"], "n:toString", "__proto__", "n:", {"n": 1}):
        assert node_of(stranger, record) is None


def test_size_follows_the_texts_that_mention_an_entity():
    graph = toy_graph()
    sizes = {node["id"]: node["size"] for node in picture(whole(graph, texts={"toy:antenna": 9, "toy:coil": 4}))["nodes"]}
    assert sizes["n:toy:antenna"] > sizes["n:toy:coil"] > sizes["n:toy:spoke"]


def test_an_edge_says_its_influence_by_sign_and_width():
    graph = toy_graph()
    one, two = graph.triples[:2]
    record = whole(graph, influence={one: 2.0, two: -0.5})
    edges = {edge["id"]: edge for edge in picture(record)["edges"]}
    first, second = (edges["e:" + "\x1f".join(triple)] for triple in (one, two))
    assert first["influence"] == 1.0 and first["label"] == "+2.00"
    assert second["influence"] == -0.25 and second["label"] == "\u22120.50"
    assert sum("label" in edge for edge in edges.values()) == 2


def test_a_triple_that_is_off_says_so():
    graph = toy_graph()
    edges = picture(whole(graph, influence={}, off=(graph.triples[0],)))["edges"]
    assert [edge.get("off", False) for edge in edges].count(True) == 1


def test_more_nodes_than_a_picture_holds_are_refused():
    entities = {str(number): Entity(str(number), f"entity {number}") for number in range(MAX_NODES + 1)}
    graph = KnowledgeGraph("many", "test", entities, ())
    with pytest.raises(InputError, match=str(MAX_NODES + 1)):
        graph_record(graph, Subgraph(tuple(entities), (), False), dict.fromkeys(entities, (0.0, 0.0)))


def test_a_kind_has_one_colour_and_shape_whatever_is_shown():
    graph = toy_graph()
    part = subgraph(graph, ["toy:antenna", "toy:radio"])
    few = {node.entity: node.kind for node in graph_record(graph, part, places(part)).nodes}
    everything = {node.entity: node.kind for node in whole(graph).nodes}
    assert few == {entity: everything[entity] for entity in few}
    assert len({kinds(graph).of(entity) for entity in ("toy:bicycle", "toy:radio", "toy:clock", "toy:kettle")}) == 4


def test_without_a_taxonomy_the_entity_says_its_kind():
    graph = KnowledgeGraph("flat", "test", {key: Entity(key, key, kind=key[0]) for key in ("a1", "a2", "b1")}, (Triple("a1", "knows", "b1"),))
    assert kinds(graph).names == ("a", "b") and kinds(graph).of("a2") == 0


@pytest.mark.parametrize("dark", [False, True])
def test_kind_colours_can_be_seen(dark):
    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    page = luminance("#14171d" if dark else "#ffffff")
    for colour in kind_colors(dark):
        light, dim = sorted((luminance(colour), page), reverse=True)
        assert (light + 0.05) / (dim + 0.05) >= 3


def test_an_is_a_path_is_drawn_as_one():
    graph = toy_graph()
    part = Subgraph(("toy:antenna", "toy:radio"), (Triple("toy:antenna", IS_A + "*", "toy:radio"),), False)
    (edge,) = picture(graph_record(graph, part, {"toy:antenna": (0.0, 0.0), "toy:radio": (1.0, 1.0)}))["edges"]
    assert edge["far"] is True
