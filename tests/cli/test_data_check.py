"""``harness data check``, ``split`` and ``mix``: what is told, and the exit codes."""

import json
from pathlib import Path

import pytest

from harness.asking.cases import Suite
from harness.cases.passable import UsedSuite
from harness.cli.data_check import cases_of
from harness.data.beside import read_mixed
from harness.data.seal import read_seal
from harness.records.asked import Case, Sampling
from harness.records.messages import Message
from tests.apart import run_harness
from tests.data.planted import row
from tests.stub import serve

ASKED = (
    "How do I archive a board that nobody uses any more?",
    "Can guests comment on cards without an account?",
    "Where did the weekly digest go since Monday?",
    "Which browsers does the timeline support?",
    "Is there a way to print the whole roadmap on one page?",
    "Why was our card charged in dollars this month?",
    "What happens to tasks when a member leaves?",
    "Do you store attachments inside of Europe?",
    "Who is told when somebody changes a due date?",
    "Could you explain the difference between tags and labels?",
)
"""What is asked, each with nothing in common with the others."""
ANSWERED = (
    "Open its menu, choose Archive, and confirm.",
    "Yes, through the link that you share with them.",
    "It moved to the settings of each person.",
    "All that got an update within two years.",
    "Choose Print, then Fit to page.",
    "Your bank converts it; we bill in euros.",
    "They stay where they are, without an owner.",
    "All files are kept in Frankfurt.",
    "Everybody who follows the card.",
    "Tags are yours alone, labels belong to the board.",
)
CLEAN = [row(asked, answered) for asked, answered in zip(ASKED, ANSWERED, strict=True)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work in an empty folder, without a terminal and 60 columns wide."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    return tmp_path


def write(folder, lines):
    """Write rows.jsonl."""
    (folder / "rows.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def settings(folder, text=""):
    """Write harness.toml, in which ten rows are enough."""
    (folder / "harness.toml").write_text(f'[data]\noff = {{few-rows = "an example"}}\n{text}')


def test_clean_rows_are_told_and_end_with_0(folder):
    """With what they were read as, what their number advises, and the next step."""
    settings(folder)
    write(folder, CLEAN)

    done = run_harness(folder, "data", "check", "rows.jsonl")

    assert done.ret == 0
    assert done.outlines[0] == "rows.jsonl: chat messages: 10 rows"
    assert "No problem in 10 rows" in done.outlines
    assert done.outlines[-1] == "Next: --html FILE.html for a page of it"


def test_problems_are_told_by_kind_and_end_with_1(folder):
    """Each at its line, with the way out, and a page with all of them."""
    settings(folder)
    write(folder, [*CLEAN, CLEAN[0], row("<p>Hi <b>there</b></p>", "Hello to you.")])

    done = run_harness(folder, "data", "check", "rows.jsonl", "--html", "data.html")

    told = done.stdout.str()
    assert done.ret == 1
    assert "Rows that are there twice: 1 (duplicate)\n  rows.jsonl:1, 11: 2 rows are the same" in told
    assert "Summary\n  duplicate        1  rows.jsonl:1\n  html             1  rows.jsonl:12\n" in told
    assert "answers that repeat another: " in told
    assert "HTML: 1 (html)\n  rows.jsonl:12: " in told
    assert "Keep one of them" in told
    assert "2 problems in 12 rows" in done.outlines
    page = (folder / "data.html").read_text()
    assert "&lt;p&gt;Hi &lt;b&gt;there" in page
    assert "<p>Hi" not in page


def test_json_has_everything(folder):
    """Each problem with all its places, the kinds, and the shape."""
    settings(folder, 'warn = {html = "users write it"}\n')
    write(folder, [*CLEAN, CLEAN[0], row("<p>Hi <b>there</b></p>", "Hello to you.")])

    done = run_harness(folder, "data", "check", "rows.jsonl", "--json")

    told = json.loads(done.stdout.str())
    assert [(one["kind"], one["places"]) for one in told["problems"]] == [
        ("duplicate", ["rows.jsonl:1", "rows.jsonl:11"])
    ]
    assert [one["kind"] for one in told["warnings"]] == ["html"]
    assert told["reasons"]["html"] == "users write it"
    assert told["rows"] == told["shape"]["rows"] == 12
    assert told["files"] == [
        {"file": "rows.jsonl", "told": "chat messages", "rows": 12, "unread": 0, "planted": 0}  # as clean and convert
    ]
    assert {"name", "title", "remedy"} <= told["kinds"][0].keys()


def test_cases_of_a_suite_in_the_rows_are_leaks(folder):
    """A case file is enough; its cases are named."""
    settings(folder)
    write(folder, CLEAN)
    asked = json.loads(CLEAN[3])["messages"][0]
    (folder / "cases.jsonl").write_text(json.dumps({"id": "browsers", "messages": [asked]}))

    done = run_harness(folder, "data", "check", "rows.jsonl", "--suites", "cases.jsonl")

    assert done.ret == 1
    assert f"rows.jsonl:4: the input of case 'browsers' of {folder.name} is" in done.stdout.str()


def test_case_files_in_folders_of_one_name_are_both_looked_for(folder):
    """Named by their files: one must not take the place of the other."""
    settings(folder)
    write(folder, CLEAN)
    for place, team in ((3, "a"), (5, "b")):
        (folder / team / "mine").mkdir(parents=True)
        case = {"id": "first", "messages": [json.loads(CLEAN[place])["messages"][0]]}
        (folder / team / "mine" / "cases.jsonl").write_text(json.dumps(case))
    files = [f"{team}/mine/cases.jsonl" for team in "ab"]

    done = run_harness(folder, "data", "check", "rows.jsonl", "--suites", files[0], "--suites", files[1], "--json")

    leaks = [problem["places"] for problem in json.loads(done.stdout.str())["problems"] if problem["kind"] == "leak"]
    assert leaks == [["rows.jsonl:4", f"{folder / files[0]}:first"], ["rows.jsonl:6", f"{folder / files[1]}:first"]]


def test_a_suite_has_the_cases_of_all_its_tests():
    """A test that takes only some of them, by a tag, hides none from the check."""
    first, second, third = (Case(id=name, messages=(Message(role="user", content=name),)) for name in "abc")
    used = [
        UsedSuite(
            path=Path("cases.jsonl"), suite=Suite(name="s", cases=cases, sampling=Sampling(), digest=""), scorers=()
        )
        for cases in ((first, second, third), (second,))
    ]

    assert cases_of(used) == {"s": (first, second, third)}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nosuch.jsonl",), "nosuch.jsonl"),
        (("rows.jsonl", "--suites", "nosuch.jsonl"), "nosuch.jsonl"),
        (("rows.jsonl", "--scorer", "contains"), "--scorer does nothing without --base; give both, or neither"),
        (("rows.jsonl", "--base-url", "http://x"), "--base-url does nothing without --base"),
        (("rows.jsonl", "--max-length", "5"), "--max-length does nothing without --model"),
        (("rows.jsonl", "--seed", "1"), "--seed does nothing without --base or --train"),
        (("rows.jsonl", "--suites", "nosuch"), "file or directory not found: nosuch"),
        (
            ("rows.jsonl", "--suites", "untested"),
            "a case file without tests is named itself: --suites untested/a/cases.jsonl",
        ),
        (("rows.jsonl", "--harness-config", "typo.toml"), "`duplicates`; did you mean `duplicate`?"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(folder, arguments, words):
    """Before any row is read."""
    write(folder, CLEAN)
    (folder / "untested" / "a").mkdir(parents=True)
    (folder / "untested" / "a" / "cases.jsonl").write_text("")
    (folder / "typo.toml").write_text('[data]\nwarn = {duplicates = "on purpose"}\n')

    done = run_harness(folder, "data", "check", *arguments)

    assert done.ret == 2
    assert words in done.stderr.str()


def test_rows_are_split_and_the_test_is_sealed(folder):
    """The files are told, and what the seal does."""
    write(folder, CLEAN)

    done = run_harness(
        folder, "data", "split", "rows.jsonl", "--into", "training", "--suite", "suites/mine", "--test", "0.2"
    )

    assert done.ret == 0
    assert done.outlines[:3] == [
        "training/train.jsonl: 7 rows",
        "training/validation.jsonl: 1 row",
        "suites/mine/cases.jsonl: 2 cases",
    ]
    assert read_seal(folder / "suites" / "mine" / "cases.jsonl").cases == 2


@pytest.mark.parametrize("shares", [("--test", "0"), ("--test", "0.6", "--validation", "0.4"), ("--validation", "-1")])
def test_shares_that_leave_nothing_are_refused(folder, shares):
    """All rows can't be tested on."""
    write(folder, CLEAN)

    done = run_harness(folder, "data", "split", "rows.jsonl", "--into", "a", "--suite", "b", *shares)

    assert done.ret == 2
    assert "shares of all rows, which leave some to train" in done.stderr.str()


def test_everyday_rows_are_mixed_in_by_their_share_of_the_tokens(folder):
    """Estimated by words without a model, which is said."""
    write(folder, CLEAN)
    (folder / "everyday.jsonl").write_bytes(
        b"\n".join(row(f"What is {number} times seven?", f"It is {7 * number}.") for number in range(20))
    )

    done = run_harness(folder, "data", "mix", "rows.jsonl", "everyday.jsonl", "--to", "mixed.jsonl", "--share", "0.1")

    assert done.ret == 0
    assert done.outlines[0] == "mixed.jsonl: 10 rows of the task, 2 rows of everyday"
    assert done.outlines[1].endswith("tokens estimated by words; --model counts them")
    assert len((folder / "mixed.jsonl").read_text().splitlines()) == 12
    mixed = read_mixed(folder / "mixed.jsonl")
    assert [(part.name, part.rows) for part in mixed.parts] == [("rows.jsonl", 10), ("everyday.jsonl", 2)]
    assert (mixed.seed, mixed.estimated) == (0, True)


def test_a_share_that_is_none_is_refused(folder):
    """Percents, for example."""
    write(folder, CLEAN)

    done = run_harness(folder, "data", "mix", "rows.jsonl", "rows.jsonl", "--to", "mixed.jsonl", "--share", "7")

    assert done.ret == 2
    assert "--share 7: a share of all tokens, above 0 and below 1, such as 0.07" in done.stderr.str()


def test_too_few_everyday_rows_are_told(folder):
    """With the share that they come to."""
    write(folder, CLEAN)

    done = run_harness(folder, "data", "mix", "rows.jsonl", "rows.jsonl", "--to", "mixed.jsonl", "--share", "0.9")

    assert done.ret == 2
    assert "all 10 everyday rows come to a share of 50.0 % of the tokens, not 90.0 %" in done.stderr.str()


SERVED = 'base_model = "somebody/model"\n[engine]\nkind = "openai"\n'


def test_a_server_is_asked_and_what_it_can_not_tell_is_said(folder):
    """Its base model is not on this machine, so nobody can weigh answers; that leaves the check undecided."""
    (folder / "harness.toml").write_text(f'{SERVED}[data]\noff = {{few-rows = "an example"}}\n')
    write(folder, CLEAN)
    right = dict(zip(ASKED, ANSWERED, strict=True))

    with serve(lambda _model, text: right[text] if text == ASKED[2] else "I don't know.", ("somebody/model",)) as stub:
        url = ("--base-url", stub.url)
        done = run_harness(folder, "data", "check", "rows.jsonl", "--base", "--examples", "1", *url, "--html", "d.html")

    told = done.stdout.str()
    assert done.ret == 6
    assert "could not be checked: the base model: 10 rows could not be weighed; the first, rows.jsonl:1: " in told
    assert "It answers 1 of 10 rows (10 %, between 2 % and 40 %) right already, by exact_match()." in told
    assert "Rows that the base model answers right already: 1 (answered-already)\n  rows.jsonl:3: 1 of 10 rows" in told
    assert "With another row as examples in the prompt: 1 of 10 rows" in told
    [report] = folder.glob("runs/*/report.html")
    page = (folder / "d.html").read_text()
    assert f'<a href="{report.relative_to(folder)}">' in page
    assert "The base model, before any training" in page
    assert 'id="answered-already"' in page


def test_a_server_that_does_not_answer_leaves_the_check_undecided(folder):
    """What was found without it is told all the same."""
    (folder / "harness.toml").write_text(f'{SERVED}[data]\noff = {{few-rows = "an example"}}\n')
    write(folder, CLEAN)

    with serve(lambda _model, _text: 401, ("somebody/model",)) as stub:
        done = run_harness(folder, "data", "check", "rows.jsonl", "--base", "--base-url", stub.url, "--json")

    told = json.loads(done.stdout.str())
    assert done.ret == 6
    assert told["untuned"]["right"] is None
    assert told["untuned"]["few_shot"] is None
    assert any(line.startswith("the base model: ") for line in told["untold"])
    assert told["warnings"] == told["problems"] == []


def test_a_scorer_that_is_none_is_refused_before_anything_is_read(folder):
    """With those there are."""
    settings(folder)
    write(folder, CLEAN)

    done = run_harness(
        folder, "data", "check", "rows.jsonl", "--base", "--scorer", "guess", "--base-url", "http://h/v1"
    )

    assert done.ret == 2
    assert "--scorer guess: expected one of exact_match, contains, number_equals" in done.stderr.str()


def test_kinds_that_only_hint_are_warnings_and_can_be_switched_off(folder):
    """They fail nothing."""
    (folder / "harness.toml").write_text(f'{SERVED}[data]\noff = {{few-rows = "few", answered-already = "known"}}\n')
    write(folder, CLEAN)
    right = dict(zip(ASKED, ANSWERED, strict=True))

    with serve(lambda _model, text: right[text], ("somebody/model",)) as stub:
        url = ("--base-url", stub.url)
        done = run_harness(folder, "data", "check", "rows.jsonl", "--base", "--examples", "0", *url, "--json")

    told = json.loads(done.stdout.str())
    assert told["off"] == {"answered-already": 1, "few-rows": 1}
    assert told["reasons"]["answered-already"] == "known"
    assert told["warnings"] == told["problems"] == []
    assert told["untuned"]["right"]["right"] == 10
