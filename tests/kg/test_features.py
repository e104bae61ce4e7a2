"""What entities carry: standardised without harm, part of the graph's identity, whole on disk, and nothing in a file is executed."""

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.cli.main import main
from fedviz.core.errors import InputError, UnknownNameError
from fedviz.kg.control import shuffled
from fedviz.kg.feature_files import read_features
from fedviz.kg.features import EntityFeatures, from_bytes, to_bytes
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.sources.load import import_graph
from fedviz.kg.store import features, folder, memory
from fedviz.kg.store.change import change
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from tests.kg.small import graph_of

GRAPH = graph_of([("a", "c"), ("b", "c")], {"a": ("Pump A",), "b": ("Pump B",), "c": ("Pump",)})
VECTORS = EntityFeatures("vector", ("a", "b"), np.array([[1, 10], [3, np.nan]], np.float32), columns=("heat", "speed"))


@pytest.fixture
def stored(tmp_path, monkeypatch):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "home"))
    folder.create("pumps")
    import_graph("pumps", GRAPH, SourceInfo(key="", title="pumps", reader="hand"))
    return tmp_path


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.floats(-1e6, 1e6, width=32) | st.just(np.nan), min_size=3, max_size=3), min_size=1, max_size=8))
def test_standardised_columns_have_mean_0_and_deviation_1_or_say_nothing(rows) -> None:
    table = EntityFeatures("vector", tuple(map(str, range(len(rows)))), np.array(rows, np.float32))
    assert np.isfinite(table.standardised).all() and not table.standardised[~np.isfinite(table.values)].any()
    for column, raw in zip(table.standardised.T, table.values.T, strict=True):
        known = column[np.isfinite(raw)]
        if known.any():
            assert abs(known.mean()) < 1e-3 and abs(known.std() - 1) < 1e-3
    same = from_bytes(to_bytes(table))
    assert same.digest == table.digest and same.ids == table.ids


@pytest.mark.parametrize(
    ("reason", "parts"),
    [
        ("one row an entity", {"values": [[1.0], [2.0]]}),
        ("twice", {"ids": ("a", "a"), "values": [[1.0], [2.0]]}),
        ("infinite", {"values": [[np.inf]]}),
        ("height times width", {"kind": "picture", "values": [[1.0, 2.0]], "shape": (3, 3)}),
        ("at most", {"values": np.zeros((1, 20_000))}),
        ("kind of features", {"kind": "sound", "values": [[1.0]]}),
    ],
)
def test_parts_that_do_not_fit_are_refused(reason, parts) -> None:
    with pytest.raises(InputError, match=reason):
        EntityFeatures(**({"kind": "vector", "ids": ("a",)} | parts))


def test_features_are_part_of_a_graphs_identity_and_of_its_control() -> None:
    with_them = KnowledgeGraph(GRAPH.name, GRAPH.source, GRAPH.entities, GRAPH.triples, VECTORS)
    turned = EntityFeatures("vector", ("b", "a"), VECTORS.values[::-1], columns=VECTORS.columns)
    assert GRAPH.digest != with_them.digest == KnowledgeGraph("", "", GRAPH.entities, GRAPH.triples, turned).digest
    with pytest.raises(UnknownNameError):
        KnowledgeGraph("", "", {}, (), VECTORS)
    many = EntityFeatures("vector", tuple(map(str, range(50))), np.arange(50, dtype=np.float32)[:, None])
    control = shuffled(KnowledgeGraph("", "", dict.fromkeys(many.ids, GRAPH.entities["a"]), (), many), 0).features
    assert control.ids == many.ids and sorted(control.values.ravel()) == sorted(many.values.ravel()) and (control.values != many.values).mean() > 0.8


def test_a_stored_graph_keeps_its_features_and_its_digest_tells_them(stored) -> None:
    bare = GraphStore("pumps").digest
    table = stored / "pumps.csv"
    table.write_text("pump,heat,speed\nPump A,1,10\nPump B,3,\nPump X,5,6\n")
    assert main(["kg", "features", "pumps", str(table), "--json"]) == 0
    store = GraphStore("pumps")
    graph = memory.in_memory(store)
    assert store.digest == bare + VECTORS.digest and graph.features.digest == VECTORS.digest
    assert graph.digest == KnowledgeGraph("", "", GRAPH.entities, GRAPH.triples, VECTORS).digest
    with change("pumps", "nothing"):
        pass
    assert GraphStore("pumps").digest == store.digest
    assert main(["kg", "features", "pumps", "--remove"]) == 0
    assert GraphStore("pumps").digest == bare and memory.in_memory(GraphStore("pumps")).features is None
    assert not list(folder.graph_folder("pumps").glob("features-*"))


def test_a_write_that_fails_leaves_the_features_before_it(stored, monkeypatch: pytest.MonkeyPatch) -> None:
    features.write(GRAPH, "pumps", VECTORS)
    other = EntityFeatures("vector", ("a",), np.ones((1, 2), np.float32))
    with monkeypatch.context() as broken:
        broken.setattr(folder, "write", lambda info: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            features.write(GRAPH, "pumps", other)
    assert features.read(folder.read("pumps")).digest == VECTORS.digest
    with pytest.raises(InputError, match="knows none"):
        features.write(GRAPH, "pumps", EntityFeatures("vector", ("z",), np.ones((1, 2), np.float32)))
    next(folder.graph_folder("pumps").glob(f"features-{VECTORS.digest}*")).write_bytes(to_bytes(other))
    features._read.cache_clear()
    with pytest.raises(InputError, match="damaged"):
        features.read(folder.read("pumps"))


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=200), suffix=st.sampled_from([".csv", ".tsv", ".npz"]), cut=st.integers(0, 400))
def test_any_file_ends_in_features_or_in_a_sentence(tmp_path_factory, data, suffix, cut) -> None:
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(data if cut > 300 else to_bytes(VECTORS)[:cut] + data if suffix == ".npz" else b"id,x\n" + data)
    try:
        assert len(read_features(path)) > 0
    except InputError as error:
        assert str(error).endswith(".")


def test_a_pickled_object_is_refused_and_not_opened(tmp_path) -> None:
    file = io.BytesIO()
    np.savez(file, ids=np.array(["a"]), values=np.array([[print]], dtype=object))
    with pytest.raises(InputError, match="damaged or of another make"):
        from_bytes(file.getvalue())


def test_a_folder_of_pictures_a_stack_of_them_and_a_table_of_series(tmp_path) -> None:
    from PIL import Image

    Image.fromarray(np.full((8, 8), 255, np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("no picture")
    found = read_features(tmp_path)
    assert (found.kind, found.ids, found.of("a").shape, float(found.values.min())) == ("picture", ("a",), (32, 32), 1.0)
    np.savez(tmp_path / "stack.npz", ids=np.array(["a", "b"]), values=np.zeros((2, 3, 5)))
    assert read_features(tmp_path / "stack.npz").of("b").shape == (3, 5)
    (tmp_path / "series.csv").write_text("id,t\na,1,2,3\nb,4\n")
    series = read_features(tmp_path / "series.csv", "series")
    assert series.values.shape == (2, 3) and np.isnan(series.of("b")[1:]).all()
    with pytest.raises(InputError, match="2 numbers|1 numbers"):
        read_features(tmp_path / "series.csv")
    (tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(InputError, match="cannot be read"):
        read_features(tmp_path)


def test_the_command_describes_what_is_there(stored, capsys) -> None:
    features.write(GRAPH, "pumps", VECTORS)
    assert main(["kg", "features", "pumps", "--json"]) == 0
    about = json.loads(capsys.readouterr().out)["features"]
    assert (about["kind"], about["entities"], about["columns"]) == ("vector", 2, ["heat", "speed"])
