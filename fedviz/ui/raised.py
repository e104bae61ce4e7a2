"""The sentences that the blocks below the pages say in English, read from their source as messages with placeholders.

`raise RunError(f"There is no run {run_id[:40]!r} in {root}.")` gives `There is no run {run_id} in {root}.`; see `fedviz.ui.sentences` for how such a
sentence is found again once it is filled. Words of ours that stand in a placeholder are followed to where they are made: a name that the
function or the module gives to a text, a function of the module that returns one. So `f"... failed{why}"` gives one message for each `why`.
"""

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from fedviz.core import errors

BLOCKS = ("core", "carriers", "kg", "scenarios", "models", "federation", "explain", "runs", "charts")
"""Blocks that say something to users without `_()`: the interface, above them, uses it."""
_KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.FedvizError)} | {"ValueError"}
"""Errors of ours, and the one that pydantic wants where an option breaks a rule."""
_DATA = ("=", "`")
"""What stands beside a placeholder that holds somebody's data, as in `got rounds=0`."""


@dataclass(frozen=True)
class Hole:
    """A placeholder before it has its final name."""

    name: str


Text = tuple[str | Hole, ...]


def is_data(before: str, after: str) -> bool:
    """Whether a placeholder between these two pieces of a message holds data, which no language changes."""
    return before.endswith(_DATA) or after.startswith(_DATA)


def raised(root: Path) -> Iterator[tuple[str, str]]:
    """(file, message) of every sentence in the blocks of the package at `root`. Of two that differ in the names of placeholders alone, the first."""
    known: dict[Text, str] = {}
    for block in BLOCKS:
        for path in sorted((root / block).rglob("*.py")):
            for text in _Module(ast.parse(path.read_text("utf-8"))).texts():
                shape = tuple(part if isinstance(part, str) else Hole("") for part in text)
                if any(part.strip() for part in shape if isinstance(part, str)):
                    yield path.relative_to(root.parent).as_posix(), known.setdefault(shape, _message(text))


def _message(text: Text) -> str:
    """The text with each placeholder under a name of its own."""
    taken: set[str] = set()
    parts = []
    for part in text:
        if isinstance(part, Hole):
            name = next(name for name in (part.name, *(f"{part.name}{number}" for number in range(2, 99))) if name not in taken)
            taken.add(name)
            parts.append(f"{{{name}}}")
        else:
            parts.append(part.replace("{", "{{").replace("}", "}}"))
    return "".join(parts)


class _Module:
    """One file: what it says, and what its names stand for."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        self._beside: list[Text] = []
        self._open: set[str] = set()

    def texts(self) -> Iterator[Text]:
        """Everything that the file says, with words for placeholders that are found on the way."""
        for node, scope in _with_scope(self._tree, self._tree):
            said = _said(node)
            yield from (self._read(said, scope) or ()) if said is not None else ()
        yield from self._beside

    def _read(self, node: ast.expr, scope: ast.AST) -> list[Text] | None:
        """All texts that an expression can be, or None where it is not made of words of ours."""
        match node:
            case ast.Constant(value=str(value)):
                return [(value,)]
            case ast.JoinedStr(values=values):
                return self._joined(values, scope)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                return self._joined([ast.FormattedValue(left, -1), ast.FormattedValue(right, -1)], scope)
            case ast.IfExp(body=one, orelse=other):
                return self._one_of([one, other], scope)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._one_of(values, scope)
            case ast.Name(id=name) if name not in self._open:
                self._open.add(name)
                texts = self._one_of(list(_bound(name, scope)) or list(_bound(name, self._tree)), scope)
                self._open.remove(name)
                return texts
            case ast.Subscript(value=ast.Name(id=table), slice=ast.Constant(value=int(column))):
                rows = [row for value in _bound(table, self._tree) if isinstance(value, ast.Tuple) for row in value.elts]
                return self._one_of([row.elts[column] for row in rows if isinstance(row, ast.Tuple)], self._tree)
            case ast.Subscript(value=text, slice=ast.Slice()):
                return self._read(text, scope)
            case ast.Call(func=ast.Name(id=name)) if name in self._functions:
                function = self._functions[name]
                return self._one_of([one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None], function)
        return None

    def _one_of(self, nodes: Sequence[ast.expr], scope: ast.AST) -> list[Text] | None:
        """The texts of several expressions. Where only some are words, the whole stays a placeholder, and the words are messages by themselves."""
        found = [self._read(node, scope) for node in nodes]
        words = [text for some in found if some for text in some]
        if all(found):
            return words or None
        self._beside += words
        return None

    def _joined(self, values: Sequence[ast.expr], scope: ast.AST) -> list[Text]:
        parts: list[list[Text]] = []
        for number, value in enumerate(values):
            if not isinstance(value, ast.FormattedValue):
                parts.append([(value.value,)])
                continue
            data = value.conversion != -1 or is_data(_literal(values[:number][-1:]), _literal(values[number + 1 :][:1]))
            words = None if data else self._read(value.value, scope)
            parts.append(words or [(Hole(_name(value.value)),)])
        return [_merged(choice) for choice in product(*parts)]


def _with_scope(node: ast.AST, scope: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """All nodes below this one, each with the function or module whose names it sees."""
    for child in ast.iter_child_nodes(node):
        yield child, scope
        yield from _with_scope(child, child if isinstance(child, ast.FunctionDef) else scope)


def _said(node: ast.AST) -> ast.expr | None:
    """The expression that a node says to users: the words of an error, the reason why a run or a client failed or why a reader skipped a line."""
    match node:
        case ast.Call(func=ast.Name(id=kind), args=[words, *_]) if kind in _KINDS:
            return words
        case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"), args=[words]):
            return words
        case ast.Call(func=ast.Attribute(attr="end"), args=[ast.Constant(), words]):
            return words
        case ast.Call(func=ast.Attribute(attr="skip"), args=[_, words]) | ast.Call(func=ast.Name(id="Fault"), args=[_, _, words]):
            return words
        case ast.Assign(targets=[ast.Name(id="reason")], value=words):
            return words
    return None


def _bound(name: str, scope: ast.AST) -> Iterator[ast.expr]:
    """What a name is set to in a function or module; a name that runs over a table of constants is each entry of its column."""
    for node in ast.walk(scope) if isinstance(scope, ast.FunctionDef) else ast.iter_child_nodes(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) | ast.AnnAssign(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Name() as table):
                for column, target in enumerate(targets):
                    if isinstance(target, ast.Name) and target.id == name:
                        yield ast.Subscript(table, ast.Constant(column))


def _literal(values: Sequence[ast.expr]) -> str:
    return values[0].value if values and isinstance(values[0], ast.Constant) else ""


def _merged(choice: Sequence[Text]) -> Text:
    """Several texts as one, with neighbouring pieces of words joined."""
    merged: list[str | Hole] = []
    for part in (part for text in choice for part in text):
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    return tuple(merged)


def _name(node: ast.expr) -> str:
    """A name for the placeholder of an expression: the word in it that says most, so that a translator knows what will stand there."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.strip("_").lower()
        case ast.Call(func=ast.Attribute(value=ast.Constant()), args=[first, *_]):
            return _name(first)
        case ast.Call(func=ast.Attribute(value=owner, attr=method)):
            return _name(owner) if hasattr(str, method) else method
        case ast.Call(func=ast.Name(id=function), args=[first, *_]) if hasattr(builtins, function):
            return _name(first)
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.BinOp(left=inner) | ast.BoolOp(values=[inner, *_]) | ast.IfExp(body=inner):
            return _name(inner)
    return "value"
