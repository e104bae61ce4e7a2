"""Readers of one's own texts: the same rows out as in, whatever they hold; a bad row is told with its line; hostile bytes end in one sentence."""

import csv
import io
import json
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.scenarios.texts.records import MAX_ROWS, Intake, Row, TextsOptions
from fedviz.scenarios.texts.rows import columns, head, read, suggested
from fedviz.scenarios.texts.tables import File

ALL = TextsOptions(client="client", date="date")
PLAIN = TextsOptions()


def is_clean(text):
    """Whether `core.text.clean` leaves a text as it is."""
    return text == unicodedata.normalize("NFC", text).strip() and all(letter == "\n" or unicodedata.category(letter)[0] != "C" for letter in text) and text != ""


texts = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn"), include_characters="\n"), min_size=1, max_size=40).map(lambda t: unicodedata.normalize("NFC", t).strip()).filter(is_clean)
names = texts.map(lambda t: " ".join(t.split())).filter(is_clean)
dates = st.datetimes().map(lambda moment: moment.isoformat(timespec="microseconds"))
many = st.lists(st.builds(Row, texts, names, names, dates), min_size=1, max_size=12)


def as_csv(rows, encoding="utf-8", delimiter=","):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(("text", "label", "client", "date"))
    writer.writerows(rows)
    return File("x.csv", out.getvalue().encode(encoding))


def as_jsonl(rows):
    return File("x.jsonl", "".join(json.dumps(row._asdict(), ensure_ascii=False) + "\n" for row in rows).encode())


def as_parquet(rows):
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row._asdict() for row in rows]), out)
    return File("x.parquet", out.getvalue())


def got(file, options=ALL):
    """(rows, intake) of a file."""
    told = Intake()
    return list(read([file], options, told)), told


@pytest.mark.parametrize("written", [as_csv, as_jsonl, as_parquet, lambda rows: as_csv(rows, "utf-8-sig"), lambda rows: as_csv(rows, "utf-16")])
@settings(max_examples=25, deadline=None)
@given(rows=many)
def test_the_same_rows_come_out_as_went_in(written, rows):
    found, told = got(written(rows))
    assert found == rows and told.skipped == 0


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_seen_in_the_first_line(delimiter):
    rows = [Row("a; b, c | d\te", "x", "y", "2026-01-01T00:00:00.000000")]
    assert got(as_csv(rows, delimiter=delimiter))[0] == rows


@settings(max_examples=40, deadline=None)
@given(rows=many, at=st.integers(0, 10_000), junk=st.binary(min_size=1, max_size=20), kind=st.sampled_from([as_csv, as_jsonl, as_parquet]))
def test_damaged_bytes_give_rows_or_one_sentence(rows, at, junk, kind):
    file = kind(rows)
    place = at % len(file.data)
    damaged = File(file.name, file.data[:place] + junk + file.data[place + len(junk) :])
    try:
        found, told = got(damaged)
    except InputError as error:
        assert str(error).endswith(".") and "\n" not in str(error)
    else:
        assert all(row.text and row.label for row in found) and told.skipped >= 0


@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300), name=st.sampled_from(["x.csv", "x.jsonl", "x.parquet"]))
def test_any_bytes_give_rows_or_one_sentence(data, name):
    try:
        got(File(name, data), PLAIN)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("name", "data", "line", "words"),
    [
        ("x.csv", b"text,label\ngood,a\n\xe9t\xe9,b\n", 3, "byte 0xe9, which is not utf-8"),
        ("x.csv", b"text,label\ngood,a\nb\x00d,b\n", 3, "NUL"),
        ("x.csv", b"text,label\ngood,a\nthree,cells,here\n", 3, "it has 3 cells, and the table has 2 columns"),
        ("x.csv", b"text,label\ngood,a\n,b\n", 3, "at least one visible character"),
        ("x.csv", b"text,label\ngood,a\nno label,\n", 3, "The label is missing"),
        ("x.csv", b"text,label\ngood,a\n" + b"x" * (10 << 20) + b",b\n", 3, "at most 20,000 characters"),
        ("x.csv", b"text,label\ngood,a\nx," + b"y" * 500 + b"\n", 3, "at most 120 characters"),
        ("x.csv", b'text,label\ngood,a\n"open,b\n', 3, "a quotation mark opens here that nothing closes"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n[1]\n', 2, "no JSON object"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n' + b'{"text":' * 5000 + b"\n", 2, "nested too deep"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n{"text": "x", "text": "y", "label": 1}\n', 2, "a key stands twice"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n{"text": 5, "label": 1}\n', 2, "The text must be words, but got '5'"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n{"label": 1}\n', 2, "The text is missing"),
        ("x.jsonl", b'{"text": "good", "label": "a"}\n{"text": "x", "label": {"a": 1}}\n', 2, "must be a word or a number"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value,
)
def test_a_bad_row_is_told_with_its_line_and_the_others_stay(name, data, line, words):
    found, told = got(File(name, data), PLAIN)
    assert found == [Row("good", "a")]
    assert told.skipped == 1 and [bad.line for bad in told.examples] == [line] and words in told.examples[0].reason and told.examples[0].file == name


def test_a_quotation_mark_that_swallows_lines_counts_them_all():
    data = b'text,label\ngood,a\n"open,b\n' + b"lost,c\n" * 30
    found, told = got(File("x.csv", data), PLAIN)
    assert found == [Row("good", "a")] and told.skipped == 31 and "31 lines" in told.examples[0].reason


def test_the_line_of_a_row_is_that_of_its_beginning():
    told = got(File("x.csv", b'text,label\n"one\ntwo",a\n\n"three\nfour"\nfive,b\n'), PLAIN)[1]
    assert [bad.line for bad in told.examples] == [5]


@pytest.mark.parametrize(("said", "canonical"), [
    ("2026-04-01", "2026-04-01T00:00:00.000000"), ("2026-04-01T10:00:00+02:00", "2026-04-01T08:00:00.000000"), ("1.4.2026", "2026-04-01T00:00:00.000000"),
    ("2026/4/1", "2026-04-01T00:00:00.000000"), ("2026-04-01 10:00", "2026-04-01T10:00:00.000000"), ("soon", None), ("2026-13-01", None), ("9999-12-31T23:59:59-14:00", None), ("5", None),
])
def test_dates_become_comparable_or_are_told(said, canonical):
    found, told = got(File("x.csv", f"text,label,date\na,b,{said}\n".encode()), TextsOptions(date="date"))
    assert [row.date for row in found] == ([canonical] if canonical else []) and told.skipped == (canonical is None)


def test_formulas_markup_and_odd_numbers_are_words():
    rows = [Row('=cmd|"/c calc"!A1', "<b>", "@SUM(1)", "2026-01-01T00:00:00.000000")]
    assert got(as_csv(rows))[0] == rows
    assert got(File("x.jsonl", b'{"text": "x", "label": true}\n{"text": "y", "label": 2.0}\n'), PLAIN)[0] == [Row("x", "true"), Row("y", "2")]


def test_columns_that_have_one_name_or_none_can_all_be_meant():
    rows = head(File("x.csv", b"text,text,,label\na,b,c,d\n"), PLAIN)
    assert columns(rows) == ("text", "text (column 2)", "column 3", "label")
    assert got(File("x.csv", b"a,b\nc,d\n"), TextsOptions(header=False, text="column 1", label="column 2"))[0] == [Row("a", "b"), Row("c", "d")]


@pytest.mark.parametrize("encoding", ["windows-1252", "gb18030"])
def test_an_encoding_is_chosen(encoding):
    word = "été" if encoding == "windows-1252" else "病历"
    assert got(File("x.csv", f"text,label\n{word},a\n".encode(encoding)), TextsOptions(encoding=encoding))[0] == [Row(word, "a")]


def test_every_file_can_be_a_client():
    files = [File("north/a.csv", b"text,label\nx,1\n"), File("south.csv", b"text,label\ny,2\n")]
    assert [row.client for row in read(files, TextsOptions(client_is_file=True), Intake())] == ["north/a", "south"]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (File("x.csv", b""), "is empty"),
        (File("x.csv", b" \n \n"), "is empty"),
        (File("x.csv", b"a,b\nc,d\n"), "has no column 'text'; it has: 'a', 'b'"),
        (File("x.jsonl", b'{"a": 1}\n'), "has no column 'text'; it has: 'a'"),
        (File("x.csv", b"\xff\xfe\x00"), ""),
        (File("x.csv", b"text\x00,label\na,b\n"), "first line"),
        (File("x.csv", b"PK\x03\x04"), "a ZIP archive or a workbook"),
        (File("x.csv", b"\x1f\x8b\x08"), "compressed"),
        (File("x.csv", b",".join(b"c%d" % n for n in range(1001)) + b"\n"), "columns <= 1000"),
        (File("../../etc/passwd", b"root"), "names no format"),
        (File("x.csv", b"text,label\n" + b"".join(b"t,%d\n" % n for n in range(201))), "classes <= 200"),
    ],
    ids=lambda value: value.name if isinstance(value, File) else value[:20],
)
def test_a_bad_file_is_one_sentence(file, words):
    try:
        assert got(file, PLAIN)[0] == [] and words == ""
    except InputError as error:
        assert words in str(error) and "\n" not in str(error)


def claiming(rows):
    """A Parquet file of one long value in very many rows: a few kilobytes that would be gigabytes if they were spelt out."""
    out = io.BytesIO()
    text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 500_000]))
    pq.write_table(pa.table({"text": text, "label": pa.array(["a"] * rows)}), out, compression="zstd", store_schema=False)
    return File("x.parquet", out.getvalue())


def test_a_parquet_file_that_says_one_long_value_many_times_stays_small():
    file = claiming(20_000)
    assert len(file.data) < 1 << 20
    found, told = got(file, PLAIN)
    assert found == [] and told.skipped == 20_000 and "at most 20,000 characters" in told.examples[0].reason
    assert pa.default_memory_pool().max_memory() < 1 << 30, "spelt out it would be 10 GB"


def test_a_parquet_file_of_too_many_rows_is_refused_before_it_is_read():
    out = io.BytesIO()
    pq.write_table(pa.table({"text": pa.nulls(MAX_ROWS + 1, pa.string()), "label": pa.nulls(MAX_ROWS + 1, pa.string())}), out)
    with pytest.raises(InputError, match=rf"rows={MAX_ROWS + 1}"):
        got(File("x.parquet", out.getvalue()), PLAIN)


def test_columns_are_guessed_by_name_and_else_by_what_they_hold():
    assert suggested([{"Note": "a", "Category": "b", "Hospital": "c", "Date": "d"}]) == {"text": "Note", "label": "Category", "client": "Hospital", "date": "Date"}
    odd = [{"q": f"a long sentence {n}", "z": str(n % 2), "k": str(n)} for n in range(9)]
    assert suggested(odd) == {"text": "q", "label": "z", "client": "", "date": ""} and suggested([]) == {"text": "", "label": "", "client": "", "date": ""}
