"""Rows of any file: recognised by content, each with its line, and each mistake told without an end of the reading."""

import gzip
import json
import struct
import tracemalloc

import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value
from pyarrow.parquet import write_table

from harness.data.checks.problem import Problem
from harness.data.files.values import read_values
from harness.errors import DataError


def read(path) -> list:
    """Return what is found in a file: values with their line, and the kind of each problem with its place."""
    return [(found.kind, *found.places) if isinstance(found, Problem) else found for found in read_values(path, "rows")]


@pytest.fixture
def found(tmp_path):
    """Write bytes and read them."""

    def written_and_read(content: bytes, name: str = "rows") -> list:
        path = tmp_path / name
        path.write_bytes(content)
        return read(path)

    return written_and_read


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n \r\n"])
def test_json_lines_with_mixed_ends(found, start):
    """A byte-order mark and blank lines are skipped; lines keep their numbers."""
    first = 1 + start.count(b"\n")

    assert found(start + b'{"a": 1}\r\n\r\n{"a": 2}\r{"a": 3}\n{"a": 4}') == [
        (first, {"a": 1}),
        (first + 2, {"a": 2}),
        (first + 3, {"a": 3}),
        (first + 4, {"a": 4}),
    ]


def test_each_wrong_line_is_a_problem_of_its_own(found):
    """And none ends the reading."""
    wrong = [b'{"a": }', b'{"a": "\xff"}', b"[1]", b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": "\\ud800"}', b"nothing"]

    assert found(b"\n".join([b'{"a": 0}', *wrong, b'{"a": 1}']), "rows.jsonl") == [
        (1, {"a": 0}),
        ("invalid-json", "rows:2"),
        ("not-utf-8", "rows:3"),
        ("wrong-format", "rows:4"),
        ("repeated-key", "rows:5"),
        ("invalid-json", "rows:6"),
        ("invalid-json", "rows:7"),
        ("invalid-json", "rows:8"),
        (9, {"a": 1}),
    ]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_objects(found, indent):
    """Brackets, quotation marks and commas within texts part nothing."""
    rows = [{"a": 'x], [{"'}, {"a": ["\\", {"b": "}"}]}, {"a": "\n,"}]

    values = [values for _, values in found(json.dumps(rows, indent=indent).encode())]

    assert values == rows


def test_objects_of_an_array_have_the_line_that_they_start_at(found):
    """As an editor counts; a wrong one doesn't take the next ones with it."""
    assert found(b'[\n  {"a":\n 1},\r\n{"a": nope},\r\r{"a": 2}, 3\n]\n') == [
        (2, {"a": 1}),
        ("invalid-json", "rows:4"),
        (6, {"a": 2}),
        ("wrong-format", "rows:6"),
    ]


def test_objects_of_an_array_in_one_line_are_counted(found):
    """As most libraries write it: else all rows would have one place."""
    assert found(b'[{"a": 1}, {"a": nope}, {"a": 2}]\n') == [(1, {"a": 1}), ("invalid-json", "rows:2"), (3, {"a": 2})]


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (b'[{"a": 1}, {"a": 2}', ("invalid-json", "rows:1")),
        (b'[{"a": 1}, {"a": "x', ("invalid-json", "rows:1")),
        (b'[{"a": 1}] {"a": 2}', ("invalid-json", "rows:1")),
        (b'[{"a": 1}}', ("invalid-json", "rows:1")),
    ],
)
def test_an_array_without_an_end_or_with_more_behind_it(found, content, last):
    """The file was cut off, or is two files."""
    assert found(content) == [(1, {"a": 1}), last]


def test_an_array_is_read_object_by_object(tmp_path):
    """Also where objects are longer than what is read at once; never is half of the file in memory."""
    path = tmp_path / "rows"
    row = json.dumps({"a": "x" * 1_500_000})
    path.write_text("[" + ",\n".join([row] * 30) + "]")
    tracemalloc.start()

    lines = [line for line, _ in read_values(path, "rows")]

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert lines == list(range(1, 31))
    assert peak < 22_000_000


@pytest.mark.parametrize(
    "content",
    [
        b'text,label\n"it\'s, here",a\n',
        b'text;label\n"it\'s, here";a\n',
        b"text\tlabel\nit's, here\ta\n",
        b"text|label\r\nit's, here|a\r\n",
        b"sep=;\r\ntext;label\r\nit's, here;a\r\n",
        b"\xef\xbb\xbfsep=|\ntext|label\nit's, here|a\n",
        b"'text';'label'\n'it''s, here';'a'\n",
        b'"text;, the, first";"label"\nx;y\n'.replace(b";, the, first", b"").replace(b"x;y", b"it's, here;a"),
        b"text;label\rit's, here;a\r",
        b"text;label\n;\nit's, here;a\n;\n",
    ],
)
def test_csv_of_any_dialect(found, content):
    """Separators, quotes, Excel's byte-order mark and first line, old line ends, empty rows."""
    values = [values for _, values in found(content)]

    assert values == [{"text": "it's, here", "label": "a"}]


def test_a_wrong_line_of_csv_takes_no_other_with_it(found):
    """A quotation mark that nobody closes ends with its line, and a row that is too short stays alone."""
    rows = [
        b"text,label",
        b'"one,a',
        b"two,b",
        b"three",
        b'four "4",d',
        b"f\xfcnf,e",
        b'"six\nand",f',
        b'"7"7,g',
        b"8,h",
    ]

    assert found(b"\n".join(rows)) == [
        ("broken-csv", "rows:2"),
        (3, {"text": "two", "label": "b"}),
        ("broken-csv", "rows:4"),
        (5, {"text": 'four "4"', "label": "d"}),
        ("not-utf-8", "rows:6"),
        (7, {"text": "six\nand", "label": "f"}),
        ("broken-csv", "rows:9"),
        (10, {"text": "8", "label": "h"}),
    ]


def test_a_csv_answer_of_a_megabyte_is_read(found):
    """Python's own limit for a field is lower."""
    ((_, values),) = found(b"text,label\nx," + b"y" * 1_000_000)

    assert len(values["label"]) == 1_000_000


@pytest.mark.parametrize("name", ["rows.json.gz", "rows"])
def test_packed_rows_are_recognised_too(found, name):
    """By what they hold when unpacked."""
    assert found(gzip.compress(b'[{"a": 1}]'), name) == [(1, {"a": 1})]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"text,label\n", b"[]", b"sep=;\n"])
def test_a_file_without_rows_is_refused(found, content):
    """An empty one, or one with the names of columns alone."""
    with pytest.raises(DataError, match="rows: the file is empty, or has the names of columns alone"):
        found(content)


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"{", b"a,a\n", b"PAR1", b"ARROW1", b"\xff\xff\xff\xff"])
def test_what_is_no_file_of_rows_is_refused_by_name(found, content):
    """Whatever a library says of it."""
    with pytest.raises(DataError, match=r"^rows:"):
        found(content)


def test_nested_parquet_with_the_names_of_its_labels(tmp_path):
    """``datasets`` keeps labels as numbers, and their names beside them; -1 is none."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["bug", "billing"])})
    Dataset.from_dict({"text": ["x", "y", "z"], "label": [1, 0, -1]}, features=features).to_parquet(tmp_path / "a")
    write_table(pa.table({"messages": [[{"role": "user", "content": None}]]}), tmp_path / "b")

    assert read(tmp_path / "a") == [
        (1, {"text": "x", "label": "billing"}),
        (2, {"text": "y", "label": "bug"}),
        (3, {"text": "z", "label": None}),
    ]
    assert read(tmp_path / "b") == [(1, {"messages": [{"role": "user", "content": None}]})]


def test_a_parquet_row_that_is_not_utf_8_is_a_problem_of_its_own(tmp_path):
    """The rows around it are read."""
    texts = pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())
    write_table(pa.table({"text": texts}), tmp_path / "a")

    assert read(tmp_path / "a") == [(1, {"text": "a"}), ("not-utf-8", "rows:2"), (3, {"text": "c"})]


def test_a_damaged_arrow_file_is_told_and_does_not_end_the_process(tmp_path):
    """Where a text ends is changed to far behind the file; pyarrow itself doesn't look."""
    with pa.OSFile(str(tmp_path / "a"), "wb") as file:
        rows = pa.table({"text": ["one", "two"]})
        with pa.ipc.new_stream(file, rows.schema) as stream:
            stream.write_table(rows)
    whole = (tmp_path / "a").read_bytes()
    ends = struct.pack("<3i", 0, 3, 6)
    assert whole.count(ends) == 1
    (tmp_path / "a").write_bytes(whole.replace(ends, struct.pack("<3i", 0, 3, 2**30)))

    assert read(tmp_path / "a") == [(1, {"text": "one"}), ("not-utf-8", "rows:2")]


def test_a_folder_of_datasets_is_read_through_all_of_its_files(tmp_path):
    """Without ``datasets``; rows are counted from one file to the next."""
    rows = {"text": [f"row {n}" for n in range(5)]}
    Dataset.from_dict(rows).save_to_disk(tmp_path / "set", num_shards=2)

    assert read(tmp_path / "set") == [(n + 1, {"text": f"row {n}"}) for n in range(5)]


def test_a_folder_with_splits_names_them(tmp_path):
    """So that one can be named."""
    one = Dataset.from_dict({"text": ["x"]})
    DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "set")

    with pytest.raises(DataError, match="a data set with splits; name one of them: rows/train, rows/test"):
        read(tmp_path / "set")
    assert read(tmp_path / "set" / "train") == [(1, {"text": "x"})]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (None, "a folder, but not one that `datasets` saved"),
        (b"{", "state.json: can't be read"),
        (b"{}", "names no files beside it"),
        (b'{"_data_files": [{"filename": "../secret"}]}', "names no files beside it"),
        (b'{"_data_files": [{"filename": ".."}]}', "can't be read"),
        (b'{"_data_files": [{"filename": "gone.arrow"}]}', "no such file"),
    ],
)
def test_a_folder_that_is_no_data_set_is_refused(tmp_path, state, words):
    """Nor does it lead to files elsewhere."""
    if state is not None:
        (tmp_path / "state.json").write_bytes(state)

    with pytest.raises(DataError, match=words):
        read(tmp_path)
