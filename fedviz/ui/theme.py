"""The look that `.streamlit/config.toml` cannot express: a little CSS without any data in it."""

import streamlit as st

from fedviz.charts.theme import Spec, figure

CSS = """
<style>
.stMainBlockContainer { max-width: 76rem; padding-top: 3.25rem; padding-bottom: 5rem; }
[data-testid="stSidebarHeader"]::before {
  content: "fedviz"; font-family: "Source Serif", Georgia, serif; font-size: 1.45rem; font-weight: 600; letter-spacing: -.01em;
}
[data-testid="stMarkdownContainer"] p, [data-testid="stMarkdownContainer"] li { line-height: 1.6; }
.stMainBlockContainer [data-testid="stMarkdownContainer"] > p { max-width: 46rem; }
[data-testid="stMetricLabel"] { opacity: .8; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * { color: inherit; }
[data-testid="stCaptionContainer"] { opacity: .78; }
[data-testid="stHeaderActionElements"], [data-testid="stStatusWidget"] { display: none; }
[data-testid^="stBaseButton-primary"]:not(:disabled), [data-testid^="stBaseButton-primary"]:not(:disabled) p { color: light-dark(#ffffff, #14171d); }
[data-testid="stMultiSelectTagsContainer"] [data-tag], [data-testid="stMultiSelectTagsContainer"] [data-tag] * { color: light-dark(#ffffff, #14171d); }
@media (min-width: 641px) { .stMarkdown .katex-display, .stMarkdown .katex-display > .katex { overflow: visible; } }
.stTabs [role="tablist"] { flex-wrap: wrap; row-gap: 0; }
.st-key-fedviz-toml textarea { font-family: "Source Code", monospace; font-size: .875rem; line-height: 1.5; }
@media (max-width: 640px) {
  .stMainBlockContainer h1 { font-size: 1.7rem; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
</style>
"""


def style() -> None:
    """Add the style sheet to the page."""
    st.html(CSS)


def is_dark() -> bool:
    """Whether the viewer looks at the dark page."""
    return st.context.theme.type == "dark"


def plot(spec: Spec, key: str) -> None:
    """Show a finished chart in the colours of the viewer's page. What streams is shown by `live_component` instead."""
    st.plotly_chart(figure(spec, is_dark()), theme=None, key=key, config={"displaylogo": False, "displayModeBar": False, "responsive": True})
