"""``harness cases``: what is written, told and refused on the command line."""

import datetime as dt
import json

import pytest

from harness.asking.cases import load_cases
from harness.data.seal import make_seal, read_seal
from tests.apart import run_harness
from tests.mistakes import message_of


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, without a terminal and 60 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


def test_new_makes_a_case_file_of_a_table(folder, harness):
    """And says what became of each row, and what comes next."""
    (folder / "t.csv").write_text("text;label;lang\nIt broke;bug;en\nIt broke;bug;en\nPay me;billing;de\n")

    told = harness(
        "cases", "new", "t.csv", "--to", "s/cases.jsonl", "--input", "text", "--expected", "label", "--tag", "lang"
    )

    assert told.splitlines() == [
        "s/cases.jsonl: 2 cases written, from 3 rows",
        "1 row left out: an earlier one asks and expects the same",
        "Next: harness cases check s/cases.jsonl",
    ]
    assert [(case.expected, case.tags) for case in load_cases(folder / "s" / "cases.jsonl")] == [
        ("bug", ("lang-en",)),
        ("billing", ("lang-de",)),
    ]


def test_new_names_the_tests_where_there_are_some(suite, harness):
    """With them the check knows what scores the cases."""
    (suite / "t.jsonl").write_text('{"q": "1 + 1"}\n')

    told = harness("cases", "new", str(suite / "t.jsonl"), "--to", "suites/mine/more.jsonl", "--input", "q")

    assert told.splitlines()[-1] == "Next: harness cases check suites/mine"


def test_new_adds_only_when_told(folder, harness):
    """Without --append the file stays; with it, only what is new comes."""
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n')
    new = ("cases", "new", "t.jsonl", "--to", "cases.jsonl", "--input", "q", "--expected", "a")
    harness(*new)
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n{"q": "1 + 2", "a": 3}\n')

    refused, added = harness(*new), harness(*new, "--append")

    assert refused.startswith("2: error: cases.jsonl: is there already")
    assert "1 case written, from 2 rows\n1 case there already\n" in added
    assert [case.expected for case in load_cases(folder / "cases.jsonl")] == [2, 3]


def test_new_takes_rows_at_equal_distances(folder, harness):
    """The same ones each time."""
    (folder / "t.jsonl").write_text("".join(json.dumps({"q": f"question {n}"}) + "\n" for n in range(100)))

    harness("cases", "new", "t.jsonl", "--to", "cases.jsonl", "--input", "q", "--take", "4")

    assert [case.messages[0].text for case in load_cases(folder / "cases.jsonl")] == [
        f"question {n}" for n in (0, 25, 50, 75)
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--input", "qq"), "t.jsonl:1: no column 'qq'; the columns are q, a"),
        (("--input", "q", "--expected", "a", "--expected", "x=a"), "--expected is one COLUMN, or NAME=COLUMN"),
        (("--input", "q", "--split", "test"), "--split and --file say which part of a data set is read"),
    ],
)
def test_new_says_what_is_wrong_and_writes_nothing(folder, harness, options, words):
    """In one line."""
    (folder / "t.jsonl").write_text('{"q": "1 + 1", "a": 2}\n')

    told = harness("cases", "new", "t.jsonl", "--to", "cases.jsonl", *options)

    assert told.startswith(f"2: error: {words}")
    assert not (folder / "cases.jsonl").exists()


SUITE = """
from pathlib import Path
import pytest
from harness.scorers import predicts_label

pytestmark = pytest.mark.suite(Path(__file__).parent / "cases.jsonl", max_tokens=8)


def test_label(evaluate, gate):
    gate(evaluate(predicts_label(["bug", "billing"])), max_flips=0)
"""
CASES = (
    '{"id": "a", "messages": [{"role": "user", "content": "It broke"}], "expected": "bug"}\n'
    '{"id": "b", "messages": [{"role": "user", "content": "it  broke"}], "expected": "bug"}\n'
    '{"id": "c\\u001b[31m", "messages": [{"role": "user", "content": "Pay me"}], "expected": "money"}\n'
)


@pytest.fixture
def suite(folder):
    """Return a suite with a case twice, and one that expects a label that its scorer doesn't know."""
    made = folder / "suites" / "mine"
    made.mkdir(parents=True)
    (made / "test_mine.py").write_text(SUITE)
    (made / "cases.jsonl").write_text(CASES.replace("\\u001b[31m", ""))
    return made


@pytest.fixture
def check(folder):
    """Return the check as a function: its exit code and output."""

    def run(*arguments: str) -> tuple[int, str]:
        ended = run_harness(folder, "cases", "check", *arguments)
        told = message_of("".join(f"{line}\n" for line in ended.errlines))
        return ended.ret, "\n".join([*ended.outlines, *told.splitlines()])

    return run


def test_check_names_each_finding_and_exits_with_1(suite, check):
    """With the line that accepts it; plain and narrow without a terminal."""
    code, told = check("suites/")

    assert code == 1
    assert told.splitlines() == [
        "no answer can pass: 1",
        "  no-answer mine/c",
        "    predicts_label(('bug', 'billing')) needs `expected` to",
        "    name one of its labels, got 'money'",
        "the same case twice: 1",
        "  duplicate mine/a mine/b",
        "    asks and expects the same",
        "3 cases in 1 file: 2 findings",
    ]


def test_check_exits_with_0_when_all_is_accepted(suite, check):
    """And names the lines that accept nothing any more."""
    (suite / "accepted.txt").write_text("duplicate mine/a mine/b\nno-answer *\nleak x/a y/b\n")

    code, told = check("suites/")

    assert code == 0
    assert told.splitlines() == [
        "accepted, but not found any more: leak x/a y/b",
        "3 cases in 1 file: 0 findings, 2 accepted",
    ]


def test_check_prints_json(suite, check):
    """With the same exit code, and each finding's line."""
    (suite / "accepted.txt").write_text("duplicate mine/*\n")

    code, told = check("suites/", "--json")

    found = json.loads(told)
    assert code == 1
    assert [one["key"] for one in found["findings"]] == ["no-answer mine/c"]
    assert (found["accepted"], found["cases"]) == (["duplicate mine/a mine/b"], 3)


def test_check_of_a_file_alone_says_what_was_not_checked(suite, check):
    """Without its tests nobody knows what scores it."""
    code, told = check("suites/mine/cases.jsonl")

    assert code == 1
    assert "no-answer" not in told
    assert told.splitlines()[-1].startswith("Whether an answer can pass was not checked for files named without their")


def test_check_finds_leaks_between_suites(suite, check, folder):
    """Also where only one of them has tests."""
    (folder / "more.jsonl").write_text(CASES.splitlines(keepends=True)[0].replace('"a"', '"z"'))

    code, told = check("suites/", "more.jsonl")

    assert code == 1
    assert "\n  leak mine/a more/z\n" in told


def test_what_a_terminal_could_obey_is_shown_as_an_escape(folder, check, harness):
    """In findings, and in what is shown."""
    (folder / "c.jsonl").write_text(CASES.replace('"c\\u001b[31m"', '"c"').replace("Pay me", "Pay \\u001b[31mme"))

    _, told = check("c.jsonl")

    assert "\x1b" not in told + harness("cases", "show", "c.jsonl") + harness("cases", "show", "c.jsonl", "c")


@pytest.mark.parametrize("plain", [True, False])
def test_a_terminal_is_coloured_unless_no_color_is_set(suite, check, monkeypatch, plain):
    """The lines that accept."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    if plain:
        monkeypatch.setenv("NO_COLOR", "1")

    _, told = check("suites/")

    assert ("\x1b[33m" in told) is not plain


def test_check_stops_where_pytest_does(folder, check):
    """With its exit code and words."""
    (folder / "suites").mkdir()

    code, told = check("suites/")

    assert (code, told) == (5, "suites/: no tests here; name a folder of suites")


def test_check_names_the_line_of_a_broken_case(suite, check):
    """In one line."""
    (suite / "cases.jsonl").write_text(CASES.splitlines()[0] + '\n{"id": 5}\n')

    code, told = check("suites/")

    assert code == 2
    assert told.startswith("error: ")
    assert told.endswith("cases.jsonl:2: Expected `str`, got `int` - at `$.id`")
    assert "\n" not in told


def test_check_of_no_cases_is_no_pass(folder, check):
    """Tests without a suite, and tests that break."""
    (folder / "test_x.py").write_text("def test_x():\n    pass\n")
    assert check("test_x.py")[0] == 2

    (folder / "test_x.py").write_text(SUITE.replace("evaluate(pred", "evaluate(1 / 0 or pred"))
    (folder / "cases.jsonl").write_text(CASES.splitlines(keepends=True)[0])
    code, told = check("test_x.py")

    assert code == 2
    assert told.startswith("error: tests broke, so not all that scores the cases is known:\ntest_x.py::test_label")


def test_check_takes_a_share(folder, check):
    """0 would call everything alike."""
    assert check("x.jsonl", "--near", "0") == (2, "error: --near takes a share above 0 and up to 1, got 0.0")


def test_show_lists_the_cases_of_a_suite(suite, harness):
    """In lines of 60 columns, with tags and a sum."""
    long = "word " * 50
    (suite / "cases.jsonl").write_text(
        f'{{"id": "a", "messages": [{{"role": "user", "content": "{long}"}}], "expected": 1, "tags": ["x-1"]}}\n'
        '{"id": "b", "messages": [{"role": "user", "content": "Hi"}], "group": "g"}\n'
    )

    lines = harness("cases", "show", "suites/mine").splitlines()

    assert [line.split()[0] for line in lines] == ["a", "b", "tags:", "2"]
    assert lines[0].endswith("...")
    assert max(map(len, lines)) <= 60
    assert lines[-1] == "2 cases of 2, 1 with an expected answer, 1 group"


def test_show_shows_a_case_whole(suite, harness):
    """Who says what, what is expected, and the rest."""
    (suite / "cases.jsonl").write_text(
        '{"id": "a", "messages": [{"role": "system", "content": "Sort."}, {"role": "user", "content": "Hi\\nyou"}],'
        ' "expected": {"q": 1}, "tags": ["x-1"], "group": "g", "meta": {"from": "mail"}}\n'
    )

    assert harness("cases", "show", "suites/mine/cases.jsonl", "a").splitlines() == [
        "a",
        "  tags: x-1",
        "  group: g",
        "  system",
        "    Sort.",
        "  user",
        "    Hi",
        "    you",
        "  expected",
        '    {"q": 1}',
        "  meta",
        '    {"from": "mail"}',
    ]


def test_show_finds_by_text_and_tag_and_prints_json(suite, harness):
    """Letters' case doesn't count in a text."""
    found = json.loads(harness("cases", "show", "suites/mine", "--find", "PAY", "--json"))

    assert [one["id"] for one in found] == ["c"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("nobody",), "suites/mine/cases.jsonl: no case 'nobody'; harness cases show"),
        (("--tag", "x"), "suites/mine/cases.jsonl: no case has the tag 'x'; its tags are none"),
    ],
)
def test_show_names_what_is_not_there(suite, harness, options, words):
    """And what is."""
    assert words in harness("cases", "show", "suites/mine", *options)


@pytest.mark.parametrize(
    "command",
    [("show",), ("check",), ("edit",), ("new", "rows.jsonl", "--input", "text", "--append", "--to")],
    ids=lambda one: one[0],
)
def test_a_link_that_leads_back_to_itself_is_one_line(folder, command):
    """Exit code 2, whichever command reads it."""
    (folder / "loop.jsonl").symlink_to("loop.jsonl")
    (folder / "rows.jsonl").write_text('{"text": "hello"}\n')

    done = run_harness(folder, "cases", *command, "loop.jsonl")

    assert done.ret == 2
    [told] = message_of("".join(f"{line}\n" for line in done.errlines)).splitlines()
    assert "loop.jsonl: can't be read: Too many levels of symbolic links" in told


@pytest.fixture
def sealed(suite):
    """Seal the suite's cases, and return their file."""
    path = suite / "cases.jsonl"
    make_seal(path, ("tickets.csv",), 0, lambda: dt.datetime(2026, 11, 26, tzinfo=dt.UTC))
    return path


@pytest.mark.parametrize("command", ["show", "check"])
def test_a_sealed_test_is_read_with_a_reason_alone(sealed, folder, harness, command):
    """Which is noted; without one nothing of a case is shown."""
    refused = run_harness(folder, "cases", command, "suites/mine/cases.jsonl")

    assert refused.ret == 2
    assert f"this test is sealed, so that nobody fits data or prompts to its cases; harness cases {command}" in (
        refused.stderr.str()
    )
    assert "PAY" not in refused.stdout.str().upper()
    assert read_seal(sealed).unsealed == ()

    harness("cases", command, "suites/mine/cases.jsonl", "--unseal", "a label looks wrong")

    assert [(one.reason, one.command) for one in read_seal(sealed).unsealed] == [
        ("a label looks wrong", f"harness cases {command}")
    ]


@pytest.mark.parametrize(
    "command", [("edit",), ("new", "rows.jsonl", "--input", "text", "--append", "--to")], ids=lambda one: one[0]
)
def test_a_sealed_test_is_never_changed(sealed, folder, command):
    """With or without a reason."""
    (folder / "rows.jsonl").write_text('{"text": "hello"}\n')

    done = run_harness(folder, "cases", *command, "suites/mine/cases.jsonl")

    assert done.ret == 2
    assert "cases.jsonl: this test is sealed, so its cases stay as they are" in done.stderr.str()
    assert read_seal(sealed) is not None
