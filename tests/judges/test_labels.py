"""Labels of people: read strictly, added without duplicates, of this version of the rubric alone."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from harness.errors import DataError, RubricError, StoreError
from harness.judges.labels import AnswerLabel, PairLabel, add_labels, read_labels
from harness.judges.readings import case_of
from harness.records.messages import Message
from harness.records.record import digest
from harness.scorers.judges.rubric import named_rubric

HELPFULNESS = named_rubric("helpfulness")
COMPLETENESS = named_rubric("completeness")
ASKED = (Message(role="user", content="Which day is it?"),)


def pair(name: str) -> PairLabel:
    """Return a label of a pair that only its name tells from others."""
    return PairLabel(
        rubric="helpfulness",
        version=HELPFULNESS.version,
        case_id=name,
        messages=ASKED,
        baseline="x",
        candidate=name,
        choice="tie",
        votes={"tie": 1},
    )


def rated(level: int, version: int = COMPLETENESS.version) -> AnswerLabel:
    """Return a label of an answer."""
    return AnswerLabel(
        rubric="completeness", version=version, case_id="day", messages=ASKED, answer="Friday.", level=level
    )


def test_labels_are_added_without_duplicates(tmp_path):
    """The same pair has its label renewed; what else stood there stays."""
    path = tmp_path / "helpfulness.labels.jsonl"
    one, two = pair("a"), pair("b")
    renewed = msgspec.structs.replace(one, choice="candidate", votes={"candidate": 2})

    added = [add_labels(path, HELPFULNESS, labels) for labels in ([one], [one, two], [renewed, two])]

    assert added == [1, 1, 0]
    assert read_labels(path, HELPFULNESS) == (renewed, two)


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (rated(4, version=7), r":1: `version` is 7, but 'completeness' is at version 1: its words have changed"),
        (rated(6), r":1: `level` is 6; the levels are 1, 2, 3, 4, 5"),
        (msgspec.structs.replace(rated(4), rubric="tone"), r":1: `rubric` is 'tone', but these are labels of 'compl"),
    ],
)
def test_labels_of_something_else_are_refused(tmp_path, label, said):
    """By file and line."""
    path = tmp_path / "completeness.labels.jsonl"
    path.write_bytes(msgspec.json.encode(label) + b"\n")

    with pytest.raises(RubricError, match=said):
        read_labels(path, COMPLETENESS)


@pytest.mark.parametrize(
    ("criterion", "level", "said"),
    [
        ("", 5, ":1: `criterion` is missing; the criteria of 'support_reply' are correctness, completeness, format"),
        ("ton", 5, ":1: rubric 'support_reply' has no criterion 'ton'; did you mean 'tone'"),
        ("tone", 6, ":1: `level` is 6; the levels are 1, 2, 3, 4, 5"),
    ],
)
def test_a_label_is_of_one_criterion_where_a_rubric_has_several(tmp_path, criterion, level, said):
    """And of its levels."""
    rubric = named_rubric("support_reply")
    label = msgspec.structs.replace(rated(5, rubric.version), rubric=rubric.id, criterion=criterion, level=level)
    path = tmp_path / "support_reply.labels.jsonl"
    good = [msgspec.structs.replace(label, criterion=name, level=5) for name in ("tone", "format")]

    add_labels(path, rubric, good)
    assert read_labels(path, rubric) == tuple(good)
    path.write_bytes(msgspec.json.encode(label) + b"\n")
    with pytest.raises(RubricError, match=said):
        read_labels(path, rubric)


@pytest.mark.parametrize(
    ("votes", "said"),
    [
        ({"1": 5}, "`level` is '4', but `votes` says otherwise"),
        ({"4": 10**18}, "`votes` counts 1,000,000,000,000,000,000 people; it can be 1,000 at most"),
    ],
)
def test_votes_that_can_not_be_are_refused(tmp_path, votes, said):
    """A level stands beside votes for it, or between them; no vote is compared with a billion others."""
    path = tmp_path / "completeness.labels.jsonl"

    for sound in ({"4": 1, "1": 2}, {"3": 1, "5": 1}):
        path.write_bytes(msgspec.json.encode(msgspec.structs.replace(rated(4), votes=sound)))
        assert read_labels(path, COMPLETENESS)[0].votes == sound
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(rated(4), votes=votes)))
    with pytest.raises(RubricError, match=said):
        read_labels(path, COMPLETENESS)


def test_a_choice_that_nobody_made_is_refused_but_a_tie_between_two(tmp_path):
    """As the tally of a review gives it."""
    path = tmp_path / "helpfulness.labels.jsonl"
    tie = msgspec.structs.replace(pair("a"), votes={"baseline": 1, "candidate": 1})

    assert add_labels(path, HELPFULNESS, [tie]) == 1
    assert read_labels(path, HELPFULNESS) == (tie,)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(tie, votes={"baseline": 1})))
    with pytest.raises(RubricError, match=":1: `choice` is 'tie', but `votes` says otherwise"):
        read_labels(path, HELPFULNESS)


def test_labels_that_several_processes_add_are_all_kept(tmp_path):
    """Each waits until another has read and written the file."""
    path = tmp_path / "helpfulness.labels.jsonl"
    with ThreadPoolExecutor(8) as pool:
        for one in [pool.submit(add_labels, path, HELPFULNESS, [pair(str(number))]) for number in range(24)]:
            assert one.result() == 1

    assert len(read_labels(path, HELPFULNESS)) == 24
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_facts_are_part_of_what_was_read():
    """A label without facts keeps the digest that it always had."""
    bare, known = rated(4), msgspec.structs.replace(rated(4), facts=["It is shipped."])

    assert bare.read == digest((bare.case_id, bare.messages, bare.expected, bare.answer, bare.criterion))
    assert known.read != bare.read
    assert case_of(known).meta == {"facts": ["It is shipped."]}


def test_two_labels_of_one_answer_are_refused(tmp_path):
    """Nobody could say which of them counts."""
    path = tmp_path / "completeness.labels.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(rated(level)) for level in (4, 5)))

    with pytest.raises(DataError, match=":2: the same is labelled in line 1; leave one of them"):
        read_labels(path, COMPLETENESS)


def test_labels_make_the_folder_that_they_are_written_to(tmp_path):
    """One that can't be made is named."""
    (tmp_path / "taken").write_text("a file")

    assert add_labels(tmp_path / "judges" / "mine" / "x.labels.jsonl", HELPFULNESS, []) == 0
    assert (tmp_path / "judges" / "mine" / "x.labels.jsonl").is_file()
    with pytest.raises(StoreError, match=r"taken: this folder can't be made"):
        add_labels(tmp_path / "taken" / "x.labels.jsonl", HELPFULNESS, [])


def test_a_file_of_something_else_is_left_as_it_is(tmp_path):
    """By line."""
    path = tmp_path / "x.labels.jsonl"
    path.write_text('{"id": 1}\n')

    with pytest.raises(DataError, match=r"x\.labels\.jsonl:1: "):
        add_labels(path, HELPFULNESS, [])
    assert path.read_text() == '{"id": 1}\n'
