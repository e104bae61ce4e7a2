"""A view as one HTML file that needs nothing else: charts with plotly.js inside, the graph with vis-network inside, no address of any network.

A Content-Security-Policy forbids the file to load anything. Words and data become text or JSON, never markup.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import plotly

from fedviz.charts import palette
from fedviz.charts.graph_document import LIBRARY_MARK, graph_document, library
from fedviz.charts.graph_kinds import kind_colors
from fedviz.charts.graph_view import GraphRecord, picture
from fedviz.charts.theme import Spec, paint

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; frame-src 'self'; form-action 'none'; base-uri 'none'"
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#20242c;background:%s}"
    "h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}blockquote{border-left:3px solid #b9bab4;margin:0;padding:.2rem 1rem;white-space:pre-wrap;overflow-wrap:anywhere}"
    "iframe{width:100%%;height:36rem;border:1px solid #b9bab4}table{border-collapse:collapse;width:100%%}td,th{text-align:left;border-bottom:1px solid #e9e9e4;padding:.25rem .5rem;overflow-wrap:anywhere}"
    "td.number{text-align:right;font-variant-numeric:tabular-nums}small{color:#5d636e}"
)


def standalone(
    title: str, text: str, sentences: Sequence[str], charts: Sequence[tuple[str, Spec]], graph: tuple[str, GraphRecord] | None, table: tuple[Sequence[str], Sequence[tuple[str, ...]]], foot: str
) -> str:
    """The document. `charts`: (heading, spec); `graph`: (heading, record); `table`: (columns, rows of cells, the last of which is a number)."""
    parts = [f"<h1>{_text(title)}</h1>", f"<blockquote>{_text(text)}</blockquote>", *(f"<p>{_text(sentence)}</p>" for sentence in sentences)]
    scripts = []
    for place, (heading, spec) in enumerate(charts):
        parts.append(f'<h2>{_text(heading)}</h2><div id="chart{place}"></div>')
        painted = paint(spec)
        painted["layout"].pop("meta", None)
        scripts.append(f'Plotly.newPlot("chart{place}",{_json(painted["data"])},{_json(painted["layout"])},{{displayModeBar:false,responsive:true}});')
    if graph is not None:
        document = graph_document(graph[1]).replace(LIBRARY_MARK, f"<script>{library()}</script>")
        # Its listener stands before the frame, which says that it is ready as soon as it is.
        parts.append(f"<script>const view={_json(_view(graph[1]))};{_POST}</script>")
        parts.append(f'<h2>{_text(graph[0])}</h2><iframe id="graph" sandbox="allow-scripts" title="{_text(graph[0])}" srcdoc="{html.escape(document)}"></iframe>')
    head = "".join(f"<th>{_text(name)}</th>" for name in table[0])
    rows = "".join("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in row[:-1]) + f'<td class="number">{_text(row[-1])}</td></tr>' for row in table[1])
    parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p><small>{_text(foot)}</small></p>")
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title>{_text(title)}</title>'
        f"<style>{_STYLE % palette.tokens()['page']}</style></head><body>{''.join(parts)}"
        f"<script>{_plotly()}</script><script>{''.join(scripts)}</script></body></html>"
    )


_POST = (
    "addEventListener('message',(event)=>{const frame=document.getElementById('graph');if(!frame||event.source!==frame.contentWindow||!event.data)return;"
    "if(event.data.fedviz==='ready')frame.contentWindow.postMessage({fedviz:'view',view},'*');else if(event.data.fedviz==='painted')frame.dataset.painted='yes';});"
)


def _view(record: GraphRecord) -> dict[str, Any]:
    colours = palette.tokens()
    look = {name: colours[name] for name in ("text", "muted", "accent", "positive", "negative")} | {"background": colours["page"], "line": colours["axis"]}
    look |= {"kinds": kind_colors(False), "parties": [palette.client_color(place) for place in range(palette.CLIENTS)], "font": "sans-serif", "still": True}
    return picture(record) | {"version": "file", "selected": None, "look": look}


def _plotly() -> str:
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text("utf-8").replace("</script", "<\\/script")


def _text(words: str) -> str:
    return html.escape(words)


def _json(value: Any) -> str:
    """JSON that may stand in a script: no character of it can end the script or begin a comment."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
