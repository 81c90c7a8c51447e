"""Records in columns are what was put in: for any values, in any order, and however many different ones there are."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.records import columns
from harness.records.columns import Column, Keys, Numbers, Texts
from harness.records.compared import Row, RowLabel
from harness.records.in_columns import CaseScores, Rows, all_different, as_listed
from harness.records.scored import CaseScore, Counts, Score

ANY = st.text(st.characters(exclude_categories=()), max_size=6)
PLAIN = st.text(max_size=6)
SCORES = st.none() | st.floats(0, 1)
COUNTS = st.lists(st.integers(0, 9), max_size=3).map(tuple)
ROWS = st.lists(
    st.builds(
        Row,
        case_id=ANY,
        group=st.none() | ANY,
        tags=st.lists(ANY, max_size=2).map(tuple),
        baseline=SCORES,
        candidate=SCORES,
        unscored=ANY,
        counts=st.none() | st.tuples(COUNTS, COUNTS),
        label=st.none() | st.builds(RowLabel, baseline=SCORES, candidate=SCORES, stratum=ANY, settled=st.booleans()),
    ),
    max_size=8,
)
ITEMS = st.lists(
    st.builds(
        CaseScore,
        case_id=ANY,
        group=st.none() | ANY,
        tags=st.lists(ANY, max_size=2).map(tuple),
        repeat=st.integers(0, 3),
        request_key=ANY | st.binary(min_size=32, max_size=32).map(bytes.hex),
        score=st.builds(
            Score,
            value=SCORES,
            reason=ANY,
            category=ANY,
            classes=st.none() | st.tuples(ANY, ANY),
            counts=st.none() | st.builds(Counts, figure=st.just("BLEU"), sums=COUNTS),
        ),
    ),
    max_size=8,
)


@pytest.fixture(autouse=True, params=[4096, 1])
def most_alike(request, monkeypatch):
    """Each test also with columns that keep all but one value as bytes."""
    monkeypatch.setattr(columns, "MOST_ALIKE", request.param)


@settings(max_examples=40)
@given(ROWS)
def test_rows_are_those_that_were_added(rows):
    """Read one by one, by place, from the end, and cut; and equal to them, and only to them."""
    held = Rows.of(rows)

    assert (list(held), len(held)) == (rows, len(rows))
    assert [held[place] for place in range(-len(rows), len(rows))] == rows + rows
    assert held[1:3] == tuple(rows[1:3])
    assert held == rows
    assert tuple(rows) == held == Rows.of(rows)
    assert held != [*rows, Row(case_id="more", baseline=None, candidate=None)]


@settings(max_examples=40)
@given(ITEMS)
def test_scores_are_those_that_were_added(items):
    """With whatever keys, scores and reasons."""
    held = CaseScores.of(items)

    assert list(held) == items == held == CaseScores.of(items)
    assert [held[place] for place in range(len(items))] == items


@settings(max_examples=40)
@given(st.lists(PLAIN), st.lists(PLAIN))
def test_texts_and_columns_differ_where_a_value_does(one, other):
    """And only there."""
    for kept in (Texts, Keys, lambda: Column(str)):
        first, second = kept(), kept()
        for text in one:
            first.add(text)
        for text in other:
            second.add(text)

        assert (first == second) == (one == other)


def test_rows_are_written_as_a_list_is():
    """For whoever writes JSON with msgspec."""
    rows = (
        Row(case_id="a", baseline=1.0, candidate=None, unscored="gone"),
        Row(case_id="b", baseline=0.0, candidate=1.0),
    )

    assert msgspec.json.encode(Rows.of(rows), enc_hook=as_listed) == msgspec.json.encode(rows)


def test_no_place_is_beyond_the_last():
    """As of a tuple."""
    rows = Rows.of([Row(case_id="a", baseline=1.0, candidate=1.0)])

    with pytest.raises(IndexError):
        rows[1]
    with pytest.raises(IndexError):
        rows[-2]


def test_a_missing_number_is_not_a_zero():
    """Nor is a zero missing."""
    numbers = Numbers()
    for value in (0.0, None, 1.0):
        numbers.add(value)

    assert list(numbers) == [0.0, None, 1.0] == [numbers[place] for place in range(3)]


def test_a_scorer_that_gives_a_list_is_kept_too():
    """Its score can't be told from others by a hash."""
    score = Score(value=1.0, classes=["a", "b"])
    items = [CaseScore(case_id=f"{place}", group=None, repeat=0, request_key="", score=score) for place in range(2)]

    assert [item.score.classes for item in CaseScores.of(items)] == [("a", "b")] * 2


def scores(ids, repeat=0):
    """Return a side's scores of these cases."""
    return CaseScores.of(
        CaseScore(case_id=name, group=None, repeat=repeat, request_key="", score=Score(value=1.0)) for name in ids
    )


def test_sides_share_the_cases_that_they_have_in_common():
    """Their ids are kept once; other cases, or another order, are not shared."""
    before, after = scores("ab"), scores("ab")

    assert before.share_cases(after)
    assert before.case_ids is after.case_ids
    assert not before.share_cases(scores("ba"))
    assert not before.share_cases(scores("ab", repeat=1))


@pytest.mark.parametrize("many", [3, 12_000])
def test_a_repeated_text_is_seen(many):
    """Among few and among many."""
    texts = Texts()
    for place in range(many):
        texts.add(f"{place}")

    assert all_different(texts)
    texts.add("1")
    assert not all_different(texts)
