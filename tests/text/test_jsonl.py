"""JSON Lines: a key that is given twice is refused, at any depth."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.asking.cases import load_cases
from harness.errors import CaseFileError, DataError
from harness.records.record import Json, Record
from harness.text.jsonl import load_jsonl


class Line(Record, frozen=True, kw_only=True):
    """Anything that is JSON."""

    a: Json = None
    b: Json = None


def load(folder, *lines: str) -> list[Line]:
    """Read these lines out of a file."""
    path = folder / "lines.jsonl"
    path.write_text("\n".join(lines))
    return [record for _, record in load_jsonl(path, Line, DataError)]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"a": 1, "a": 2}', "a"),
        ('{"a": 1, "a": 1}', "a"),
        ('{"a": {"x": 1, "y": 2, "x": 3}}', "x"),
        ('{"a": [1, [{"deep": 1, "deep": null}]]}', "deep"),
        ('{"a": 1, "\\u0061": 2}', "a"),
        ('{"a" : 1, "a"\t: ":"}', "a"),
        ('{"a": "\\u003a", "b": 1, "b": 2}', "b"),
        ('{"a": "\\u003A\\u003A", "b": 1, "b": 2}', "b"),
        ('{"a": {"": 1, "": 2}}', ""),
    ],
)
def test_a_key_that_is_given_twice_is_refused_with_its_line(tmp_path, line, key):
    """One of the two values would be dropped, and nobody knows which was meant."""
    with pytest.raises(DataError) as caught:
        load(tmp_path, '{"a": 0}', line)

    assert str(caught.value).endswith(f"lines.jsonl:2: the key {key!r} appears twice in one object; keep one of them")


@pytest.mark.parametrize(
    "line",
    [
        '{"a": {"x": 1}, "b": {"x": 1}}',
        '{"a": [{"x": 1}, {"x": 1}]}',
        '{"a": "::", "b": "\\u003a: \\"a\\": 1, \\"a\\": 2"}',
        '{"a": {"\\u003a": 1, "": 2}}',
        '{"a": {"x": 1, "X": 2}}',
    ],
)
def test_a_key_of_another_object_is_no_repetition(tmp_path, line):
    """Nor what a text says, nor a colon that is written as an escape."""
    assert load(tmp_path, line) == [msgspec.json.decode(line, type=Line)]


@settings(deadline=None, max_examples=50)
@given(
    st.dictionaries(st.text(), st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=3), min_size=1)
)
def test_no_line_that_repeats_nothing_is_refused(tmp_path_factory, values):
    """Whatever is in its keys and texts; the same line with one pair repeated is."""
    folder = tmp_path_factory.getbasetemp()
    inner = msgspec.json.encode(values).decode()
    again = msgspec.json.encode({key: values[key] for key in list(values)[:1]}).decode()

    assert load(folder, f'{{"a": {inner}}}') == [Line(a=values)]
    with pytest.raises(DataError, match="appears twice"):
        load(folder, f'{{"a": {inner[:-1]},{again[1:]}}}')


def test_a_surrogate_beside_a_number_of_thousands_of_digits_is_one_line(tmp_path):
    """Each alone is refused by name; together they broke the search for the reason."""
    path = tmp_path / "cases.jsonl"
    path.write_text(f'{{"id": "\\ud800", "messages": [], "metadata": {{"x": {"9" * 5_000}}}}}\n')

    with pytest.raises(CaseFileError) as refused:
        load_cases(path)

    assert str(refused.value) == f"{path}:1: a number has too many digits"
