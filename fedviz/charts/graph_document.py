"""A pyvis network as a document that may be shown to anybody: nothing external, nothing that data could inject.

pyvis links Bootstrap from a CDN whatever it is told, repeats its heading unescaped and runs titles as HTML where one holds `href`. So of
what `Network.generate_html` writes only the drawing script is kept; a document of our own is built around it, under a Content-Security-Policy
that allows these very scripts by hash and no network at all.
"""

import base64
import hashlib
import json
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from typing import Any

from fedviz.charts.graph_view import GraphRecord, picture

LIBRARY_MARK = "<!--vis-network-->"
"""Where the viewer puts `<script>` + `library()` + `</script>`; kept apart because it never changes and is half a megabyte."""
_OPTIONS = {
    "physics": {"enabled": False},
    "layout": {"improvedLayout": False},
    "interaction": {"hover": True, "hideEdgesOnDrag": True, "multiselect": False, "keyboard": False},
    "nodes": {"borderWidth": 1, "scaling": {"label": {"enabled": False, "drawThreshold": 8}}},
    "edges": {"smooth": False, "arrows": {"to": {"enabled": True, "scaleFactor": 0.5}}},
}
_STYLE = (
    "html,body{margin:0;height:100%;overflow:hidden;background:transparent}"
    "#mynetwork{position:absolute;inset:0;visibility:hidden;outline:none}"
    "#tip{position:absolute;display:none;max-width:18rem;padding:.35rem .5rem;border:1px solid;border-radius:.35rem;"
    "font:13px/1.4 sans-serif;white-space:pre-line;pointer-events:none;overflow-wrap:anywhere;z-index:2}"
)


@cache
def library() -> str:
    """The text of the vis-network library that pyvis bundles (version 9.1.2)."""
    return (resources.files("pyvis") / "templates" / "lib" / "vis-9.1.2" / "vis-network.min.js").read_text(encoding="utf-8")


@cache
def _bridge() -> str:
    return (resources.files("fedviz.charts") / "assets" / "frame.js").read_text(encoding="utf-8")


def graph_network(record: GraphRecord) -> Any:
    """The pyvis `Network` of a record: positions fixed, physics off, no titles (the frame shows its own, as text)."""
    from pyvis.network import Network  # half a second to import, and only this page needs it

    network = Network(directed=True, cdn_resources="local", height="100%", width="100%")
    plain = picture(record)
    # pyvis looks every new id up in a list, twice an edge: filling its lists by hand would be quicker, but 1,000 nodes take 60 ms.
    for node in plain["nodes"]:
        network.add_node(node["id"], label=node["label"] or " ", shape="dot", x=node["x"], y=node["y"], size=node["size"])
    for edge in plain["edges"]:
        network.add_edge(edge["from"], edge["to"], id=edge["id"])
    network.set_options(json.dumps(_OPTIONS))
    return network


def graph_document(record: GraphRecord) -> str:
    """The record as a complete HTML document for the `srcdoc` of a sandboxed frame; `LIBRARY_MARK` stands where the library goes."""
    parts = _Scripts()
    parts.feed(graph_network(record).generate_html(notebook=False))
    parts.close()
    (drawing,) = parts.inline
    scripts = (library(), drawing, _bridge())
    allowed = " ".join(f"'sha256-{_sha256(script)}'" for script in scripts)
    policy = f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f"<style>{_STYLE}</style></head><body>"
        f'<div id="mynetwork"></div><div id="tip"></div>{LIBRARY_MARK}<script>{drawing}</script><script>{_bridge()}</script></body></html>'
    )


def _sha256(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


class _Scripts(HTMLParser):
    """Collects the text of scripts that are not loaded from anywhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inline: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag == "script" and not any(name == "src" for name, _value in attrs)
        if self._open:
            self.inline.append("")

    def handle_data(self, data: str) -> None:
        if self._open:
            self.inline[-1] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = False
