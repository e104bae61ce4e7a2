"""The knowledge bench as one HTML page: sentences, charts and the whole table; plotly.js is inside, so that it needs no network."""

import html
from collections.abc import Mapping
from typing import Any

from plotly.offline import get_plotlyjs

from fedviz.bench.report import cell
from fedviz.charts.evidence import WHOSE, Evidence, evidence_record, labels_spec, suspects_spec, ways_spec, wrong_spec
from fedviz.charts.evidence_words import panel_words, suspect_words, task_words, wrong_words
from fedviz.charts.palette import tokens
from fedviz.charts.theme import Spec, figure
from fedviz.core.registry import SCENARIOS

_STYLE = """
body { font: 16px/1.5 sans-serif; color: TEXT; background: PAGE; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; } .wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; }
th, td { text-align: left; padding: .2rem .6rem; border-bottom: 1px solid GRID; white-space: nowrap; } .fails { color: FAILED; }
"""


def page(document: Mapping[str, Any]) -> str:
    """The page of a result's data."""
    evidence = evidence_record(document)
    machine = document["machine"]
    parts = [
        "<h1>Does the graph help?</h1>",
        f"<p>Measured with fedviz {html.escape(str(machine['fedviz']))}, Python {html.escape(str(machine['python']))}, {machine['cores']} cores.</p>",
        "<h2>The stated figures</h2>", _list(_check(check) for check in document["checks"]), "<h2>How it was measured</h2>", _list(map(html.escape, document["notes"])),
        *(_task(evidence, task) for task in evidence.tasks()), *_suspects(evidence), "<h2>All figures</h2>", _table(document["rows"]),
    ]  # fmt: skip
    style = _STYLE
    for name in ("text", "page", "grid", "failed"):
        style = style.replace(name.upper(), tokens(False)[name])
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>fedviz: does the graph help?</title><style>{style}</style>'
        f"<script>{get_plotlyjs()}</script></head><body>{''.join(parts)}</body></html>"
    )


def title(task: str) -> str:
    """What a task is called."""
    return str(SCENARIOS.get(task).title) if task in SCENARIOS.names() else task


def _task(evidence: Evidence, task: str) -> str:
    parts = [f"<h2>{html.escape(title(task))}</h2><p>{html.escape(task_words(evidence, task))}</p>"]
    for panel in evidence.panels:
        if panel.task == task:
            parts.append(f"<h3>{html.escape(WHOSE[panel.whose])}{', LoRA' if panel.tuning == 'lora' else ''}</h3>" + _list(map(html.escape, panel_words(panel))))
            if len(panel.gains) > 1:
                parts.append(_chart(labels_spec(panel)))
            for label in panel.gains:
                parts.append(f"<h4>{html.escape(label)} labels a class</h4>" + _chart(ways_spec(panel, label)))
    if task in evidence.wrong:
        parts.append("<h3>A graph of which a part is wrong</h3>" + _list(map(html.escape, wrong_words(evidence.wrong[task]))) + _chart(wrong_spec(evidence.wrong[task])))
    return "".join(parts)


def _suspects(evidence: Evidence) -> list[str]:
    if not evidence.found:
        return []
    said = [f"{html.escape(title(task))}: {html.escape(words)}" for task, found in evidence.found.items() for words in suspect_words(found)]
    return ["<h2>Planted wrong labels</h2>", _list(said), _chart(suspects_spec(evidence.found, {task: title(task) for task in evidence.found}))]


def _chart(spec: Spec) -> str:
    return str(figure(spec).to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True}))


def _list(items: Any) -> str:
    return "<ul>" + "".join(f"<li>{item}</li>" for item in items) + "</ul>"


def _check(check: Mapping[str, Any]) -> str:
    verdict = "holds" if check["passed"] else '<b class="fails">FAILS</b>'
    return f"{verdict}: {html.escape(check['what'])} = {cell(check['value'])} ({html.escape(check['limit'])})"


def _table(rows: list[Mapping[str, Any]]) -> str:
    if not rows:
        return "<p>Nothing was measured.</p>"
    head = "".join(f"<th>{html.escape(column)}</th>" for column in rows[0])
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell(value))}</td>" for value in row.values()) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
