"""A graph whose every word would like to be code."""

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    '"><a href="https://example.org/">href</a>',
    "javascript:alert(3)",
    "__proto__",
    "constructor",
    "{{ 7 * 7 }} {% raw %}",
    "line\nbreak\ttab\x00null\x1b[31m",
    "\u202eright to left override\u2066 \u05d0\u05d1\u05d2",
    "'; DROP TABLE nodes; --",
    "\u2028line separator\u2029",
    "<b>bold</b> &amp; &lt;",
    "]]></style><style>*{display:none}</style>",
    "x" * 5000,
)


def hostile_graph() -> KnowledgeGraph:
    """Every id, name, synonym, definition, kind and relation is hostile."""
    entities = {word: Entity(word, word, (word,), word, word[:40]) for word in HOSTILE}
    relations = [*(IS_A for _ in HOSTILE), "<script>alert(4)</script>"]
    pairs = zip(HOSTILE, HOSTILE[1:], strict=False)
    triples = [Triple(head, relations[number], tail) for number, (head, tail) in enumerate(pairs)]
    triples.append(Triple(HOSTILE[0], "<script>alert(4)</script>", HOSTILE[5]))
    return KnowledgeGraph("<i>hostile</i>", "javascript:alert(5)", entities, tuple(triples))
