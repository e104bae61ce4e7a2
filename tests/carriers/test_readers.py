"""The readers of the carriers' formats, on small files made here."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.carriers import derived, hpoa, icd10cm, obo
from fedviz.core.errors import CarrierError, UnknownNameError

HEADER = "format-version: 1.2\ndata-version: hp/releases/2025-01-16\n"


def term(key, name, *lines):
    return "\n".join(["", "[Term]", f"id: {key}", f"name: {name}", *lines, ""])


def ontology(*terms):
    return HEADER + term("HP:0000001", "All") + term(obo.ROOT, "Phenotypic abnormality", "is_a: HP:0000001 ! All") + "".join(terms)


def test_obo_keeps_names_synonyms_definitions_and_is_a(tmp_path):
    path = tmp_path / "hp.obo"
    path.write_text(
        ontology(
            term(
                "HP:1",
                "Abnormality of the eye",
                f"is_a: {obo.ROOT} ! Phenotypic abnormality",
            ),
            term(
                "HP:2",
                "Cataract",
                'def: "A \\"clouding\\" of the lens." [x:y]',
                'synonym: "Cloudy lens" EXACT layperson []',
                'synonym: "CAT" EXACT abbreviation []',
                'synonym: "Eye trouble" BROAD []',
                'synonym: "Grey star" EXACT []',
                'is_a: HP:1 {source="x"} ! Abnormality of the eye',
            ),
            term("HP:3", "Gone", "is_obsolete: true"),
            term("HP:4", "Mode of inheritance", "is_a: HP:0000001 ! All"),
            "\n[Typedef]\nid: part_of\nname: part of\n",
        ),
        encoding="utf-8",
    )
    data = obo.read(path)
    assert data["version"] == "2025-01-16"
    entities = {row[0]: row for row in data["entities"]}
    assert set(entities) == {obo.ROOT, "HP:1", "HP:2"}
    assert entities["HP:2"] == ["HP:2", "Cataract", ["Cloudy lens", "Grey star"], 'A "clouding" of the lens.', "Abnormality of the eye"]
    assert data["is_a"] == [["HP:1", obo.ROOT], ["HP:2", "HP:1"]]
    assert obo.read_lay(path) == {"HP:2": ["Cloudy lens"]}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20), min_size=1, max_size=8, unique=True))
def test_obo_names_come_back_as_they_were(tmp_path_factory, names):
    path = tmp_path_factory.mktemp("obo") / "hp.obo"
    escaped = [name.replace("\\", "\\\\").replace('"', '\\"') for name in names]
    lines = [f'synonym: "{name}" EXACT []' for name in escaped]
    path.write_text(ontology(term("HP:1", "Head", *lines, f"is_a: {obo.ROOT}")), encoding="utf-8")
    row = next(row for row in obo.read(path)["entities"] if row[0] == "HP:1")
    assert row[2] == [name for name in names if name != "Head"]


def test_obo_without_phenotypes_is_refused(tmp_path):
    (tmp_path / "hp.obo").write_text(HEADER)
    with pytest.raises(ValueError, match="no term HP:0000118"):
        obo.read(tmp_path / "hp.obo")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3/12", (0.25, 12)),
        ("0/5", (0.0, 5)),
        ("25%", (0.25, 0)),
        ("7.5%", (0.075, 0)),
        ("HP:0040280", (1.0, 0)),
        ("HP:0040283", (0.17, 0)),
        ("", None),
        ("3/0", None),
        ("5/3", None),
        ("often", None),
        ("HP:0000001", None),
    ],
)
def test_frequencies_in_all_three_forms(text, value):
    assert hpoa.parse_frequency(text) == value


def test_counts_of_several_papers_are_added_up(tmp_path):
    def line(phenotype, reference, frequency, qualifier="", aspect="P"):
        return "\t".join(["OMIM:1", "Disease", qualifier, phenotype, reference, "PCS", "", frequency, "", "", aspect, "x"])

    lines = [line(f"HP:{number}", "PMID:9", "1/2") for number in range(10)]
    lines += [line("HP:0", "PMID:1;OMIM:1", "2/10"), line("HP:0", "PMID:3", "90%"), line("HP:1", "PMID:2", "5/8", qualifier="NOT")]
    lines += [line("HP:77", "PMID:4", "5/8", aspect="I"), line("HP:50", "PMID:5", "HP:0040282")]
    path = tmp_path / "phenotype.hpoa"
    path.write_text("#version: 2025-01-16\ndatabase_id\tdisease_name\n" + "\n".join(lines) + "\n", encoding="utf-8")
    data = hpoa.read(path)
    assert (data["version"], data["annotations"], data["diseases_annotated"]) == ("2025-01-16", 15, 1)
    ((key, name, phenotypes),) = data["diseases"]
    rows = {row[0]: row[1:] for row in phenotypes}
    assert (key, name) == ("OMIM:1", "Disease")
    assert rows["HP:0"] == [0.25, 12, ["PMID:1", "PMID:9"]]
    assert rows["HP:1"] == [0.5, 2, ["PMID:9"]]
    assert rows["HP:50"] == [0.545, 0, ["PMID:5"]]
    assert "HP:77" not in rows


def test_tabular_list_gives_phrases_with_chapter_and_category(tmp_path):
    path = tmp_path / "list.xml"
    path.write_text(
        """<?xml version="1.0"?><ICD10CM.tabular><version>2026</version><chapter><name>7</name><desc>Eye (H00-H59)</desc>
        <section id="H00"><diag>
        <name>H00</name><desc>Hordeolum  and
        chalazion</desc><diag><name>H00.0</name><desc>Hordeolum</desc>
        <inclusionTerm><note>Stye</note><note>Boil of lid</note></inclusionTerm></diag></diag></section>
        </chapter></ICD10CM.tabular>""",
        encoding="utf-8",
    )
    data = icd10cm.read(path)
    assert data["chapters"] == [[7, "Eye (H00-H59)"]]
    assert data["phrases"] == [
        ["Hordeolum and chalazion", 7, "H00", "H00", "description"],
        ["Hordeolum", 7, "H00", "H00.0", "description"],
        ["Stye", 7, "H00", "H00.0", "inclusion"],
        ["Boil of lid", 7, "H00", "H00.0", "inclusion"],
    ]


def test_a_damaged_derived_file_is_made_again(monkeypatch, tmp_path):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    source = tmp_path / "source"
    source.write_text("content")
    monkeypatch.setattr(derived, "carrier_path", lambda key, file: source)
    monkeypatch.setitem(derived.DERIVED, "hpo-lay", derived.Derived("x", "hpo", "hp.obo", 1, lambda path: {"read": path.read_text()}))
    assert derived.load_derived("hpo-lay") == {"read": "content"}
    path = derived.derived_path("hpo-lay")
    assert json.loads(path.read_text()) == {"read": "content"}
    path.write_text('{"read": "con')
    assert derived.load_derived("hpo-lay") == {"read": "content"}


def test_a_carrier_that_cannot_be_read_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    (tmp_path / "source").write_text("no ontology")
    monkeypatch.setattr(derived, "carrier_path", lambda key, file: tmp_path / "source")
    with pytest.raises(CarrierError, match="cannot be read"):
        derived.load_derived("hpo-graph")
    with pytest.raises(UnknownNameError, match="icd10cm-phrases"):
        derived.derived_path("nothing")
