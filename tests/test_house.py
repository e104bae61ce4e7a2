"""The house's own rules: who may import whom, where heavy libraries may be, how long a file may be, and that public things say what they are."""

import ast
import statistics
from functools import cache
from pathlib import Path

import pytest

from tests import conftest

ROOT = Path(__file__).parents[1]
ORDER = ("core", "carriers", "kg", "scenarios", "models", "federation", "explain", "runs", "charts", "ui", "cli")
RANK = {block: number for number, block in enumerate(ORDER)} | {"bench": ORDER.index("cli"), "__main__": ORDER.index("cli") + 1}
MODULES = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in sorted((ROOT / "fedviz").rglob("*.py"))}
PAGES = sorted((ROOT / "pages").glob("*.py"))
NAMES = sorted(MODULES)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def typing_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def statements(path: Path, top_level: bool):
    """All statements and what is between them and their parts, or those alone that run when the module is imported."""
    waiting = list(tree(path).body)
    while waiting:
        node = waiting.pop()
        if top_level and (typing_only(node) or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            continue
        yield node
        waiting += (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case))


@cache
def imports(path: Path, top_level: bool = False) -> frozenset[str]:
    """Dotted names that a file imports: modules, and `module.name` for what is taken from them."""
    found: set[str] = set()
    for node in statements(path, top_level):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out in full"
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def libraries(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def block(module: str) -> str:
    return module.split(".")[1] if "." in module else "core"


def test_a_block_imports_only_blocks_before_it():
    found = {module: imports(path) & set(MODULES) for module, path in MODULES.items()}
    assert [f"{module} -> {name}" for module, names in found.items() for name in names if RANK[block(name)] > RANK[block(module)]] == []


def test_every_block_has_its_place():
    assert {block(module) for module in NAMES if "." in module} == set(RANK)


def test_benches_need_no_page():
    assert [module for module in NAMES if block(module) == "bench" and any(name.startswith("fedviz.ui") for name in imports(MODULES[module]))] == []


def test_explain_reaches_no_federation():
    """Not even by way of other modules: an explanation needs a model and a graph, nobody who trained it."""
    reached, waiting = set(), {module for module in NAMES if block(module) == "explain"}
    while waiting:
        module = waiting.pop()
        reached.add(module)
        waiting |= (imports(MODULES[module]) & set(MODULES)) - reached
    assert [module for module in reached if block(module) == "federation"] == []


def test_modules_do_not_import_each_other_in_a_circle():
    needs = {module: (imports(path, top_level=True) & set(MODULES)) - {module, "fedviz"} for module, path in MODULES.items()}
    while free := {module for module, others in needs.items() if not others & set(needs)}:
        needs = {module: others for module, others in needs.items() if module not in free}
    assert needs == {}


def test_only_the_interface_knows_streamlit():
    assert [module for module in NAMES if block(module) != "ui" and "streamlit" in libraries(MODULES[module])] == []


@pytest.mark.parametrize("source", PAGES, ids=lambda path: path.stem)
def test_a_page_is_short_and_light(source):
    assert libraries(source) & {"torch", "flwr", "pandas", "transformers", "peft"} == set()
    assert lines(source) <= 60


def test_one_module_imports_oxigraph():
    assert [module for module, path in MODULES.items() if "pyoxigraph" in libraries(path)] == ["fedviz.kg.store.oxi"]


def test_the_app_is_short():
    assert lines(ROOT / "app.py") <= 40


def test_modules_are_short():
    assert {module: count for module, path in MODULES.items() if (count := lines(path)) > 300} == {}
    assert statistics.median(map(lines, MODULES.values())) <= 120


def test_what_is_public_says_what_it_is():
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    defined = [(module, node) for module, path in MODULES.items() for node in tree(path).body if isinstance(node, kinds)]
    assert [f"{module}.{node.name}" for module, node in defined if not node.name.startswith("_") and not ast.get_docstring(node)] == []
    assert [module for module, path in MODULES.items() if not ast.get_docstring(tree(path))] == []


def test_no_rule_rests_on_an_assert():
    """`python -O` removes asserts, so that nothing that users give may be checked by one."""
    found = [f"{path.relative_to(ROOT)}:{node.lineno}" for path in MODULES.values() for node in statements(path, top_level=False) if isinstance(node, ast.Assert)]
    assert found == []


def test_the_table_of_quick_tests_names_files_that_are_there():
    assert [f"{folder}/{name}" for folder, names in conftest.QUICK.items() for name in names if not (ROOT / "tests" / folder / f"{name}.py").is_file()] == []


def test_what_needs_the_machine_for_itself_is_slow(request):
    """Else it would run beside others, and be in two parts of `make test` at once or in none."""
    assert [item.nodeid for item in request.session.items if item.get_closest_marker("alone") and not item.get_closest_marker("slow")] == []
