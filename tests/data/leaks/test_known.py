"""Cases as they are looked for: without the wording that many of them share."""

import numpy as np

from harness.data.alike.runs import runs_of
from harness.data.leaks.known import KnownTexts, RunTable
from tests.data.made_rows import case

WORDING = "wrap the whole of your answer in one block of json and use no markdown"
TOPICS = ("winter in the hills", "a lost parcel of books", "bread without any yeast", "the old walnut tree")


def test_words_that_more_than_three_cases_share_are_not_looked_for():
    """Nor longer runs with them inside, which one case alone has: rows of any topic have the wording."""
    asked = [f"write about {topic} and {WORDING}" for topic in TOPICS]
    long_runs = runs_of(asked[0].split(), 13)

    few, many = (KnownTexts({"s": [case(one, one) for one in some]}, ()) for some in (asked[:3], asked))

    assert np.isin(long_runs, few.long.of(0)).all()
    assert np.isin(runs_of(WORDING.split(), 8), few.short.of(0)).all()
    assert not np.isin(long_runs[2:], many.long.of(0)).any()
    assert not np.isin(runs_of(WORDING.split(), 8), many.short.of(0)).any()


def test_the_cases_of_one_group_share_their_words():
    """Such as questions about one document: it is theirs."""
    cases = [case(topic, f"write about {topic} and {WORDING}", group="doc") for topic in TOPICS]

    known = KnownTexts({"s": cases}, ())

    assert np.isin(runs_of(WORDING.split(), 8), known.short.of(0)).all()


def test_a_table_has_each_run_of_each_text_once():
    """In the order of the runs; run 7 has four clusters, run 3 only two, since texts of one cluster count once."""
    runs = [[7, 3, 7, 9], [3, 3], [], [7, 2**64 - 1], [7, 9], [7, 3]]
    clusters = [("s", "a"), ("s", "a"), ("s", "b"), ("s", "c"), ("t", "c"), ("t", "d")]

    table = RunTable([np.array(some, dtype=np.uint64) for some in runs], clusters)

    assert (table.runs.tolist(), table.texts.tolist()) == ([3, 3, 3, 9, 9, 2**64 - 1], [0, 1, 5, 0, 4, 3])
    assert [table.of(text).tolist() for text in range(6)] == [[3, 9], [3], [], [2**64 - 1], [9], [3]]


def test_without_cases_nothing_is_looked_for():
    """Nothing of nothing."""
    known = KnownTexts({"empty": []}, ())

    assert (known.texts, len(known.signed), len(known.short.runs), len(known.long.runs)) == ([], 0, 0, 0)
