"""Patches: what they hold, how they undo, and what is refused."""

import io
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.data.clean.patch import PatchWriter, undo
from harness.errors import DataError

HOSTILE = [
    b"@@ -1 +1 @@\n",
    b"--- a\n",
    b"# whole: x y\n",
    b"+\n",
    b"-\n",
    b"\xe2\x80\xa8 \\\n",
    b"a\x1b[31m\xff\n",
    b"\n",
]
LINES = st.sampled_from(HOSTILE)
ROWS = st.lists(st.tuples(LINES, st.one_of(st.none(), LINES)), max_size=12)


def patched(folder, rows) -> tuple[bytes, bytes]:
    """Write a cleaned file and its patch; return what was before and what is after."""
    made = io.BytesIO()
    writer = PatchWriter(made, "clean.jsonl")
    for old, new in rows:
        writer.row(old, new, "a\n@@ -1 +1 @@\x1b")
    writer.end()
    (folder / "clean.jsonl.patch").write_bytes(made.getvalue())
    after = b"".join(new for _, new in rows if new is not None)
    (folder / "clean.jsonl").write_bytes(after)
    return b"".join(old for old, _ in rows), after


@given(rows=ROWS)
def test_undo_gives_back_every_byte(tmp_path_factory, rows):
    """Also of rows that look like parts of a patch."""
    folder = tmp_path_factory.mktemp("patch")
    before, _ = patched(folder, rows)

    number = undo(folder / "clean.jsonl.patch", folder / "clean.jsonl", folder / "before.jsonl")

    assert (folder / "before.jsonl").read_bytes() == before
    assert number == len(rows)


def test_the_usual_tool_applies_it_too(tmp_path):
    """GNU patch; rows of JSON have no other ends of lines than their own."""
    rows = [
        (b'"one"\n', b'"one"\n'),
        (b'"two "\n', b'"two"\n'),
        (b'"two"\n', None),
        (b'"@@ -1 +1 @@"\n', None),
        (b'"three"\n', b'"three"\n'),
        (b'"four "\n', b'"four"\n'),
    ]
    before, _ = patched(tmp_path, rows)

    subprocess.run(["patch", "-R", "clean.jsonl", "clean.jsonl.patch"], cwd=tmp_path, check=True)

    assert (tmp_path / "clean.jsonl").read_bytes() == before


ROW, OTHER = b'{"a": 1}\n', b'{"a": 2}\n'


@pytest.mark.parametrize(
    ("patch", "file"),
    [
        (lambda made: made[:-20], lambda after: after),
        (lambda made: made.rpartition(b"# whole")[0], lambda after: after),
        (lambda made: b"", lambda after: after),
        (lambda made: made.replace(b"-{", b"-["), lambda after: after),
        (lambda made: made.replace(b"+1 @@", b"+9 @@"), lambda after: after),
        (lambda made: made, lambda after: after + ROW),
        (lambda made: made, lambda after: b""),
        (lambda made: made, lambda after: after.replace(b"2", b"3")),
    ],
    ids=["cut", "no end", "empty", "changed", "elsewhere", "more rows", "no rows", "another row"],
)
def test_what_does_not_fit_is_refused(tmp_path, patch, file):
    """And nothing is written."""
    patched(tmp_path, [(ROW, OTHER), (OTHER, None), (OTHER, OTHER)])
    for name, change in (("clean.jsonl.patch", patch), ("clean.jsonl", file)):
        (tmp_path / name).write_bytes(change((tmp_path / name).read_bytes()))

    with pytest.raises(DataError, match=r"clean\.jsonl\.patch: doesn't fit .*clean\.jsonl, so nothing was written"):
        undo(tmp_path / "clean.jsonl.patch", tmp_path / "clean.jsonl", tmp_path / "before.jsonl")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["clean.jsonl", "clean.jsonl.patch"]


def test_a_file_that_is_there_is_not_overwritten(tmp_path):
    """Not even the cleaned one."""
    patched(tmp_path, [(ROW, OTHER)])

    with pytest.raises(DataError, match="is there already"):
        undo(tmp_path / "clean.jsonl.patch", tmp_path / "clean.jsonl", tmp_path / "clean.jsonl")
