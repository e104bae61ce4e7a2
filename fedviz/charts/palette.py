"""Every colour of fedviz, by what it means, for the light and the dark page.

The eight client colours were chosen by search: the smallest distance between any two of them, seen normally and as
simulated for protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009), is at least 0.08 in OKLab, and
each has a contrast of 3 to 1 or more with its background (WCAG 2.2, 1.4.11). tests/charts/test_palette.py holds both.

Charts name colours by token (`"@accent"`, `"@client3"`) and `charts.theme.paint` puts the colours in, so that a page
can turn from light to dark without asking for its figures again.
"""

LIGHT, DARK = "#ffffff", "#14171d"
"""The page's backgrounds, as in `.streamlit/config.toml`."""

_CLIENTS = (
    ("#546fba", "#8686e7"),
    ("#c87d69", "#f98386"),
    ("#2a530d", "#2caf31"),
    ("#872566", "#bc79a8"),
    ("#1e95ac", "#7ad4ff"),
    ("#9d7d06", "#e0c785"),
    ("#683cad", "#8352b2"),
    ("#a95851", "#bf3e54"),
)
CLIENTS = len(_CLIENTS)
"""How many clients have a colour of their own."""
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "pentagon")

_MEANINGS = {
    "accent": ("#3f4aa8", "#aab4ff"),
    "soft": ("#9aa1d6", "#5a639f"),
    "text": ("#20242c", "#e7e8ec"),
    "muted": ("#5d636e", "#a3a9b6"),
    "grid": ("#e9e9e4", "#2b303b"),
    "axis": ("#b9bab4", "#4a5160"),
    "page": (LIGHT, DARK),
    "failed": ("#c4232b", "#ff5a52"),
    "waiting": ("#ecece7", "#242933"),
    "positive": ("#2166ac", "#6cb2e8"),
    "negative": ("#b35806", "#f0a04b"),
    "along": ("#74a9dc", "#2b6496"),
    "against": ("#ee9f5b", "#8f4d12"),
    "alone": ("#8b8e98", "#7d8493"),
    "pooled": ("#4d525c", "#d3d6de"),
}


def client_color(index: int, dark: bool = False) -> str:
    """Colour of a client as `#rrggbb`; the same everywhere. From the ninth client on colours repeat and `client_dash` tells apart."""
    return _CLIENTS[index % len(_CLIENTS)][dark]


def client_token(index: int) -> str:
    """The colour of a client as a token for a chart."""
    return f"@client{index % len(_CLIENTS)}"


def client_dash(index: int) -> str:
    """Plotly's name of a client's line style: solid for the first eight, another style for each further eight."""
    return _DASHES[index // len(_CLIENTS) % len(_DASHES)]


def client_symbol(index: int) -> str:
    """Plotly's name of a client's marker: a circle for the first eight, another marker for each further eight."""
    return _SYMBOLS[index // len(_CLIENTS) % len(_SYMBOLS)]


def marker(place: int) -> str:
    """Plotly's name of a marker among several kinds of points; they repeat after eight."""
    return _SYMBOLS[place % len(_SYMBOLS)]


def influence_colors(dark: bool = False) -> tuple[str, str]:
    """The diverging pair for signed influence: (against the class, for the class), orange and blue, safe for the colour-blind."""
    return _MEANINGS["negative"][dark], _MEANINGS["positive"][dark]


def tokens(dark: bool = False) -> dict[str, str]:
    """Every token without its `@`, with its colour `#rrggbb`."""
    clients = {f"client{i}": pair[dark] for i, pair in enumerate(_CLIENTS)}
    return {name: pair[dark] for name, pair in _MEANINGS.items()} | clients
