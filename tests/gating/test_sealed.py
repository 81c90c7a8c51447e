"""A sealed test among the suites of a run."""

import datetime as dt
from pathlib import Path

import pytest

from harness.data.seal import look, make_seal, read_seal, seal_of
from harness.errors import StoreError
from harness.gating.sealed import note_uses
from harness.records.asked import ModelRef
from harness.runs.folder import read_run
from tests.gating.projects import project, right  # noqa: F401 - the fixture
from tests.models.fakes import adapter_in

CASES = "cases.jsonl"


def noon() -> dt.datetime:
    """Return one moment."""
    return dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)


@pytest.fixture
def sealed(tmp_path: Path, project):  # noqa: F811 - pytest's way
    """Make a project whose only suite is sealed, and was read once."""
    made = project(right)
    made.suite(cases=40)
    make_seal(tmp_path / CASES, ("sums.csv",), 0, noon)
    look(tmp_path / CASES, "a sum looked wrong", "harness cases show", noon)
    return made


def runs_in(folder: Path) -> list:
    """Return the runs of a project, the earliest first."""
    return [read_run(path.parent) for path in sorted(folder.glob("runs/*/run.json"))]


def test_a_sealed_test_counts_the_candidates_that_it_judges(sealed, capfd):
    """Each by its weights, once; terminal, run and report say how many, and who has looked."""
    told = 'has judged 1 candidate; read on 2026-11-26: "a sum looked wrong"'

    first, again = sealed.gate(), sealed.gate()
    adapter_in(sealed.folder / "adapters" / "mine", weights=b"retrained")
    sealed.gate()

    assert (first.ret, again.ret) == (0, 0)
    assert told in capfd.readouterr().err
    runs = runs_in(sealed.folder)
    assert [run.sealed[0].judged for run in runs] == [1, 1, 2]
    assert told.replace('"', "&#34;") in (sealed.folder / "runs" / runs[1].id / "report.html").read_text()
    assert [use.run for use in read_seal(sealed.folder / CASES).uses] == [runs[0].id, runs[2].id]


def test_a_run_of_one_model_against_itself_uses_no_test_up(sealed):
    """Nothing is chosen by it."""
    sealed.gate(candidate="base")

    assert read_seal(sealed.folder / CASES).uses == ()
    assert runs_in(sealed.folder)[0].sealed == ()


def test_cases_that_were_changed_after_sealing_are_refused_before_anything_is_asked(sealed):
    """A case less, and nobody would know that the test is another one."""
    lines = (sealed.folder / CASES).read_text().splitlines()
    (sealed.folder / CASES).write_text("\n".join(lines[1:]))

    result = sealed.gate()

    assert result.ret == 4
    assert "cases.jsonl: not the cases that were sealed (40 on 2026-11-26)" in result.stderr.str()
    assert sealed.asked == []


def test_a_seal_that_cant_be_written_holds_up_no_verdict(tmp_path, monkeypatch):
    """The use counts in this run, and why it is not noted is said."""
    (tmp_path / CASES).write_text('{"id": "a", "messages": [{"role": "user", "content": "1+1"}], "expected": "2"}\n')
    make_seal(tmp_path / CASES, ("sums.csv",), 0, noon)
    model = ModelRef(base="tiny", base_digest="b", template_digest="t", adapter="mine", adapter_digest="m")
    before = seal_of(tmp_path / CASES).read_bytes()
    monkeypatch.setattr("harness.data.seal.write_record", read_only)

    (noted,) = note_uses([tmp_path / CASES], model, "0001", "2026-11-26T12:00:00+00:00")

    assert (noted.suite, noted.judged) == (tmp_path.name, 1)
    assert noted.problem == "read-only file system"
    assert seal_of(tmp_path / CASES).read_bytes() == before


def read_only(_path, _content) -> None:
    """Write nothing."""
    raise StoreError("read-only file system")
