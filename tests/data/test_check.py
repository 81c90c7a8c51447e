"""A whole check of training rows."""

import json
from pathlib import Path

import pytest

from harness.asking.cases import load_cases, read_system
from harness.config.rows import DataConfig
from harness.data.check import Checked, check_files
from harness.data.checks.consistency.prompts import Asked
from harness.data.checks.every import KINDS, every_check
from harness.data.checks.shape.shape import Shapes
from harness.data.checks.told import by_kind
from harness.errors import ConfigError, DataError
from harness.scorers import matches_schema
from tests.data.planted import SUITE, planted, row

NOTHING_SET = DataConfig()


def checked(*paths: Path, settings: DataConfig = NOTHING_SET) -> Checked:
    """Check files against the shipped suite."""
    system = read_system(SUITE / "system.txt")
    asked = Asked(
        name="support_triage", systems=frozenset({system}), answers=matches_schema(SUITE / "reply.schema.json")
    )
    cases = {name: load_cases(SUITE.parent / name / "cases.jsonl") for name in ("support_triage", "general", "redteam")}
    return check_files(paths, (*every_check([asked], cases), Shapes()), KINDS, settings)


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Checked:
    """Check the file with planted faults."""
    path = tmp_path_factory.mktemp("planted") / "rows.jsonl"
    path.write_bytes(b"\n".join(line for _, line in planted()))
    return checked(path)


PLANTED = [(number, kind) for number, (kind, _) in enumerate(planted(), start=1) if kind]


def test_there_are_sixty_faults_of_more_than_thirty_kinds():
    """Among the shipped rows, which have none."""
    assert len(PLANTED) >= 60
    assert len({kind for _, kind in PLANTED}) > 30


@pytest.mark.parametrize(("line", "kind"), PLANTED, ids=str)
def test_every_planted_fault_is_found(found, line, kind):
    """As what it is, at its line."""
    told = {problem.kind for problem in found.problems for place in problem.places if place.endswith(f":{line}")}

    assert kind in told


def test_nothing_is_found_in_the_rows_around_them(found):
    """A row that is no fault is named only beside one: as its copy, or as what others differ from."""
    faults = {line for line, _ in PLANTED}
    alone = [
        problem
        for problem in found.problems
        if not faults
        & {int(place.rpartition(":")[2]) for place in problem.places if place.rpartition(":")[2].isdigit()}
    ]

    assert alone == []


@pytest.mark.parametrize("names", [("train.jsonl", "everyday.jsonl"), ("validation.jsonl",)], ids=" ".join)
def test_the_shipped_rows_are_clean(names):
    """By every check, against the suite that gates the adapter."""
    done = checked(*(SUITE / "training" / name for name in names))

    assert (list(done.problems), done.untold) == ([], ())


def test_kinds_are_switched_off_or_made_warnings_with_a_reason(tmp_path):
    """What is off is counted, what is a warning is told, and both keep their reason."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(
        b"\n".join([row("<p>Hi <b>all</b></p>", "Hello."), row("Call +49 30 901820 now, please.", "Yes.")])
    )
    settings = DataConfig(off={"html": "users write it", "few-rows": "a test"}, warn={"phone": "numbers are invented"})

    done = check_files([path], (*every_check(), Shapes()), KINDS, settings)

    assert not done.problems
    assert [problem.kind for problem in done.warnings] == ["phone"]
    assert done.off == {"html": 1, "few-rows": 1}
    assert done.reasons["phone"] == "numbers are invented"


def test_a_kind_that_is_none_is_refused_with_the_nearest(tmp_path):
    """Before anything is read."""
    with pytest.raises(ConfigError, match=r"\[data\]: no kind of problem is called `htlm`; did you mean `html`\?"):
        checked(tmp_path / "nosuch.jsonl", settings=DataConfig(off={"htlm": "a typo"}))


def test_a_file_that_is_not_there_is_no_finding(tmp_path):
    """Nor one of which nothing can be read."""
    with pytest.raises(DataError, match=r"nosuch\.jsonl"):
        checked(tmp_path / "nosuch.jsonl")


def test_a_file_that_changes_while_it_is_read_leaves_the_check_undecided(tmp_path):
    """What was found until then is told, and so is that it is not all."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(row(f"How do I do thing {number}?", "Like this.") for number in range(5_000)))

    def change(_rows: int) -> None:
        """Append lines, once, when the first rows were read."""
        if path.stat().st_size < 10_000_000:
            with path.open("ab") as file:
                file.write(b"\n" * 10_000_000)

    done = check_files([path], [], KINDS, NOTHING_SET, change)

    assert len(done.untold) == 1
    assert "changed" in done.untold[0]


def test_kinds_have_names_of_their_own():
    """So that settings and links mean one."""
    names = [kind.name for kind in KINDS]

    assert len(set(names)) == len(names)
    assert all(kind.title and kind.remedy for kind in KINDS)
    assert [kind.name for kind, _ in by_kind([], KINDS)] == []


def test_no_row_is_no_clean_row(tmp_path):
    """Where all lines are broken, and that is switched off, nothing was checked."""
    path = tmp_path / "rows.jsonl"
    path.write_text("{nothing\n")

    done = checked(path, settings=DataConfig(off={"invalid-json": "we know"}))

    assert (list(done.problems), done.untold) == ([], (f"{path}: no row could be read",))


def test_a_file_that_is_named_twice_is_refused(tmp_path):
    """Else each of its rows would be a copy of itself."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(row("How do I do a thing?", "Like this."))
    (tmp_path / "link.jsonl").symlink_to(path)

    with pytest.raises(DataError, match=r"link\.jsonl: the same file as .*rows\.jsonl; name each file once"):
        checked(path, tmp_path / "link.jsonl")


KEY = "ghp_" + "k3Yx9ZqLmN0pRt7" + "VwB2cD4fG6hJ8sA1uE5oI"
"""In the form of a token."""
HIDDEN = KEY[2:-2]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(f"use {KEY}"),
        json.dumps({"messages": f"{'x ' * 30}{KEY}"}),
        json.dumps({"messages": [{"role": KEY, "content": "a"}, {"role": "assistant", "content": "b"}]}),
        json.dumps({"messages": [{"role": "user", "content": {"a": KEY}}, {"role": "assistant", "content": "b"}]}),
        json.dumps(
            {"messages": [{"role": "user", "content": "a"}, {"role": "tool", "content": "b", "tool_call_id": KEY}]}
        ),
        f'{{"{KEY}": 1, "{KEY}": 2}}',
    ],
)
def test_a_secret_in_a_broken_row_is_not_told(line, tmp_path):
    """Where a message quotes what is wrong, also where the quotation ends within it."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(row("How do I do a thing?", "Like this.") + b"\n" + line.encode())

    done = checked(path)

    told = " ".join(problem.told for problem in done.problems if f"{path}:2" in problem.places)
    assert told
    assert not any(HIDDEN[start : start + 9] in told for start in range(len(HIDDEN)))


def test_a_secret_in_a_file_without_names_of_columns_is_not_told(tmp_path):
    """Its first row is taken for them."""
    path = tmp_path / "rows.csv"
    path.write_text(f"the key is {KEY},bug\nIt broke,bug\n")

    with pytest.raises(DataError, match="not a known format") as failed:
        checked(path)

    assert HIDDEN not in str(failed.value)
