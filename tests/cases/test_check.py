"""What is found in cases: repeats, leaks, unbalanced tags; and what is not, since it is meant."""

from pathlib import Path

import pytest

from harness.cases.alike import find_leaks, find_repeats, find_shown
from harness.cases.balance import find_unbalanced
from harness.cases.finding import CaseFile, Finding, read_accepted, read_case_files, split_accepted
from harness.errors import CaseFileError, InputError
from harness.records.asked import Case
from harness.records.messages import Message

READ = {"context": ["It is 5 euros."]}
ASKED = "I was charged twice for my order in May and want my money back"


def case(name: str, text: str, expected: object = "a", system: str = "", **rest: object) -> Case:
    """Return a case that asks a text."""
    said = (Message(role="system", content=system),) * bool(system) + (Message(role="user", content=text),)
    return Case(id=name, messages=said, expected=expected, **rest)


def file_of(*cases: Case, name: str = "s") -> CaseFile:
    """Return a file of cases."""
    return CaseFile(name=name, path=Path(name) / "cases.jsonl", cases=cases)


def repeats(*cases: Case) -> list[tuple[str, tuple[str, ...]]]:
    """Return what repeats, by kind and cases."""
    return [(one.kind, one.where) for one in find_repeats(file_of(*cases), 0.7)]


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (case("b", f" {ASKED}\n"), "duplicate"),
        (case("b", ASKED.upper()), "duplicate"),
        (case("b", ASKED, "other"), "contradiction"),
        (case("b", ASKED, None), "contradiction"),
        (case("b", ASKED.upper(), "other"), "near-duplicate"),
        (case("b", ASKED.replace("May", "June")), "near-duplicate"),
        (case("b", f"{ASKED}!!", "other"), "near-duplicate"),
    ],
)
def test_what_repeats_an_earlier_case_is_found(second, kind):
    """With both cases, the earlier one first."""
    assert repeats(case("a", ASKED), second) == [(kind, ("s/a", "s/b"))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (case("a", ASKED), case("b", "Where is my order?")),
        (case("a", ASKED), case("b", ASKED.replace("May", "June"), "other")),
        (case("a", ASKED, system="Be kind."), case("b", ASKED, "other", system="Be rude.")),
        (case("a", ASKED, tools=()), case("b", ASKED, "other")),
        (case("a", ASKED, group="g"), case("b", ASKED.replace("May", "June"), group="g")),
        (case("a", ASKED, meta=READ), case("b", ASKED, "other", meta={"context": []})),
        (case("a", ASKED, meta=READ), case("b", ASKED.replace("May", "June"), meta={"context": ["It is 7 euros."]})),
    ],
)
def test_what_is_asked_otherwise_is_no_repeat(first, second):
    """Another question, system message, tools or passages; and paraphrases that are in one group."""
    assert repeats(first, second) == []


def test_a_near_case_with_the_same_answer_is_told_although_a_nearer_one_expects_another():
    """The nearer one is a question of its own."""
    same, other = case("a", f"{ASKED} now"), case("b", ASKED.replace("May", "July"), "other")

    assert repeats(same, other, case("c", ASKED.replace("May", "June"))) == [("near-duplicate", ("s/a", "s/c"))]


def test_a_case_of_another_suite_is_a_leak():
    """The same or nearly, whatever it expects there."""
    one = file_of(case("a", ASKED), case("b", "How?"), name="one")
    two = file_of(case("x", "Who?"), case("y", f"{ASKED}.", "other"), name="two")

    (leak,) = find_leaks(two, [one], 0.7)

    assert (leak.kind, leak.where) == ("leak", ("one/a", "two/y"))
    assert list(find_leaks(two, [], 0.7)) == []


def test_a_question_about_other_passages_is_no_leak():
    """One about the same passage is, among others too; and the same case with passages is a repeat."""
    one = file_of(case("a", ASKED, meta={"context": {"fee": "It is 5 euros.", "due": "In May."}}), name="one")
    other, same = (file_of(case("x", ASKED, meta={"context": [text]}), name="two") for text in ("It is 7.", "In May."))

    assert list(find_leaks(other, [one], 0.7)) == []
    assert [leak.where for leak in find_leaks(same, [one], 0.7)] == [("one/a", "two/x")]
    assert list(find_leaks(file_of(case("x", ASKED), name="two"), [one], 0.7)) == []
    assert repeats(case("a", ASKED, meta=READ), case("b", ASKED, "other", meta=READ)) == [
        ("contradiction", ("s/a", "s/b"))
    ]


def test_an_example_of_the_baselines_prompt_that_is_a_case_is_a_leak():
    """Only what a user says there is an example's question."""
    prompt = (
        Message(role="user", content=ASKED),
        Message(role="assistant", content="How do I log in?"),
    )

    (leak,) = find_shown(file_of(case("a", f"{ASKED}!"), case("b", "How do I log in?")), prompt, 0.7)

    assert leak.where == ("s baseline_prompt", "s/a")


def tagged(**sizes: int) -> CaseFile:
    """Return a file with as many cases of each tag; ``none`` is for cases without one."""
    return file_of(
        *(
            case(f"{tag}-{n}", f"{tag} {n}", tags=() if tag == "none" else (tag.replace("_", "-"), "plain"))
            for tag, size in sizes.items()
            for n in range(size)
        )
    )


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ({"lang_de": 50, "lang_fr": 4}, "lang-fr 4 of lang-de 50: small slices decide next to nothing"),
        ({"lang_de": 9, "lang_fr": 9, "none": 2}, "2 cases of 20 cases without a tag lang-..., so in no slice"),
    ],
)
def test_unbalanced_slices_are_found(sizes, told):
    """By the name that they share."""
    (found,) = find_unbalanced(tagged(**sizes))

    assert (found.kind, found.where, found.told) == ("tags", ("s", "lang"), told)


@pytest.mark.parametrize(
    "sizes",
    [
        {"lang_de": 50, "lang_fr": 5},
        {"lang_de": 50},
        {"lang_de": 1, "lang_fr": 1, "lang_en": 1, "none": 3},
        {"lang_de": 2, "lang_fr": 2, "none": 9},
    ],
)
def test_tags_that_do_not_slice_are_let_be(sizes):
    """Sizes that are alike, one value, values of single cases, tags of a few cases among many."""
    assert list(find_unbalanced(tagged(**sizes))) == []


FOUND = Finding(kind="duplicate", where=("s/a", "s/b"), told="...")
OTHER = Finding(kind="leak", where=("s/a", "t/b"), told="...")


@pytest.mark.parametrize(
    ("lines", "left", "needless"),
    [
        (["duplicate s/a s/b"], (OTHER,), ()),
        (["duplicate s/a s/b", "leak s/a t/c"], (OTHER,), ("leak s/a t/c",)),
        (["duplicate s/*", "leak *"], (), ()),
        (["duplicate s/a"], (FOUND, OTHER), ("duplicate s/a",)),
    ],
)
def test_findings_are_accepted_by_their_line(lines, left, needless):
    """A line that accepts nothing any more is told; a star stands for the rest."""
    found = split_accepted((FOUND, OTHER), lines)

    assert (found[0], found[2]) == (left, needless)
    assert set(found[0]) | set(found[1]) == {FOUND, OTHER}


def test_accepted_findings_are_read_beside_the_cases(tmp_path):
    """Comments and empty lines aside."""
    (tmp_path / "accepted.txt").write_text("# as agreed\n\nduplicate s/a s/b\n")
    file = CaseFile(name="s", path=tmp_path / "cases.jsonl", cases=())

    assert read_accepted([file, file]) == ("duplicate s/a s/b",)


def test_a_line_that_names_no_finding_is_refused(tmp_path):
    """With its place: a typo would accept nothing, without a word."""
    (tmp_path / "accepted.txt").write_text("dupplicate s/a s/b\n")
    file = CaseFile(name="s", path=tmp_path / "cases.jsonl", cases=())

    with pytest.raises(InputError, match=r"accepted.txt:1: 'dupplicate s/a s/b' is not a finding; a line starts with"):
        read_accepted([file])


def test_files_are_called_by_their_suites_folder_or_by_path_where_two_are_alike(tmp_path):
    """And each is read once."""
    for name in ("a/s", "b/s", "c/t"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "cases.jsonl").write_text('{"id": "x", "messages": [{"role": "user", "content": "x"}]}\n')
    paths = [tmp_path / name / "cases.jsonl" for name in ("a/s", "b/s", "c/t")]

    files = read_case_files([*paths, tmp_path / "c" / ".." / "c" / "t" / "cases.jsonl"])

    assert [file.name for file in files] == [str(paths[0]), str(paths[1]), "t"]
    with pytest.raises(CaseFileError, match="no such file"):
        read_case_files([tmp_path / "none.jsonl"])
