"""`kg together`: builds, tells, and refuses in one sentence."""

from tests.cli.conftest import call

SMALL = ("--set", "scenario.train_texts=32", "--set", "scenario.test_texts=16", "--set", "federation.clients=3")


def test_it_builds_and_tells_it_again(home, tmp_path):
    toml = tmp_path / "toy.toml"
    toml.write_text('model = "toy"\n[scenario]\nname = "toy"\n')
    said = call("kg", "together", str(toml), *SMALL, "--option", "least=1", "--option", "support=1", "--refuse", "occurs_with@1", "--title", "Three", "--json")
    assert said.code == 0, said.err
    (document,) = said.documents
    assert len(document["parties"]) == 3 and document["graph"] == "three" and document["options"]["refused"] == ["occurs_with@1"]
    assert sum(row[3] for row in document["passed"]) if isinstance(document["passed"][0], list) else sum(row["bytes"] for row in document["passed"])
    again = call("kg", "together", "--show", document["id"])
    assert again.code == 0 and document["digest"] in again.out and "RELEASED" in again.out
    taken = call("kg", "together", str(toml), *SMALL, "--title", "Three")
    assert taken.code != 0 and "already" in taken.err and len(taken.err.splitlines()) == 1


def test_what_is_wrong_is_one_sentence(home):
    for arguments in ((), ("toy-nothing",), ("--show", "x"), ("medicine-vignettes", "--option", "rule=x"), ("medicine-vignettes", "--refuse", "@")):
        said = call("kg", "together", *arguments)
        assert said.code != 0 and said.err.startswith("fedviz: ") and len(said.err.splitlines()) == 1
