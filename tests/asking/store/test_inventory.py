"""What a store holds, and what is removed from it."""

import datetime as dt
import sqlite3
from contextlib import closing

import pytest

from harness.asking.store import Store
from harness.asking.store.inventory import PruneChoice, Pruned, count_prunable, prune_answers, take_stock
from harness.errors import NoSuchModel, StoreError
from tests.asking.store.test_responses import ADAPTER, GPT, NOW, answered, in_tables

DAY_S = 86_400
THEN = dt.datetime.fromtimestamp(NOW, dt.UTC)


@pytest.fixture
def path(tmp_path):
    """Return a store with answers of two models on two days, and errors of which one was answered later."""
    path = tmp_path / "answers.sqlite"
    with Store(path, clock=lambda: NOW - 10 * DAY_S) as store:
        store.keep([answered("old"), answered("old", model=ADAPTER), answered("failed", error="first")])
    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("new", model=ADAPTER), answered("failed"), answered("again", model=ADAPTER, error="503")])
        store.keep([answered("new", model=ADAPTER, engine="fake 2")])
    return path


def test_the_stock_is_counted_by_model_and_engine(path):
    """Most answers first; an error counts as unanswered until its request is answered."""
    stock = take_stock(path)

    assert [(one.model, one.adapter_digest, one.engine, one.answers) for one in stock.holdings] == [
        ("tiny", "", "fake 1", 2),
        ("mine", "a" * 64, "fake 1", 2),
        ("mine", "a" * 64, "fake 2", 1),
    ]
    assert (stock.holdings[0].first, stock.holdings[0].last) == (THEN - dt.timedelta(days=10), THEN)
    assert (stock.errors, stock.unanswered, stock.latest_error) == (2, 1, "503")
    assert stock.size_bytes >= path.stat().st_size


def test_a_hosted_model_that_many_runs_asked_is_counted_once(tmp_path):
    """Each run is a source of its own, which is nothing to people."""
    path = tmp_path / "answers.sqlite"
    for question in ("x", "y"):
        with Store(path, clock=lambda: NOW) as store:
            store.keep([answered(question, model=GPT)])

    assert [(one.model, one.answers) for one in take_stock(path).holdings] == [("gpt-x", 2)]


@pytest.mark.parametrize(
    "change",
    [
        *("UPDATE answers SET time = 'noon'", "UPDATE answers SET time = 1 << 62"),
        *("UPDATE sources SET model = x'00'", "UPDATE errors SET reason = x'00'"),
    ],
)
def test_a_value_that_can_not_be_shown_is_said(path, change):
    """SQLite keeps any value in any column."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(change)

    with pytest.raises(StoreError, match="damaged"):
        take_stock(path)


def test_an_empty_store_holds_nothing(tmp_path):
    """And removing from it removes nothing."""
    path = tmp_path / "answers.sqlite"
    Store(path).close()

    assert take_stock(path).holdings == ()
    assert prune_answers(path, PruneChoice()) == Pruned(answers=0, errors=0)


@pytest.mark.parametrize(
    ("choice", "answers", "errors", "left"),
    [
        (PruneChoice(before=THEN - dt.timedelta(days=5)), 2, 1, 3),
        (PruneChoice(model="mine"), 3, 1, 2),
        (PruneChoice(before=THEN, model="mine"), 1, 0, 4),
        (PruneChoice(before=THEN - dt.timedelta(days=10)), 0, 0, 5),
        (PruneChoice(), 5, 2, 0),
    ],
)
def test_what_is_chosen_is_removed_and_counted_before(path, choice, answers, errors, left):
    """By age, by model, by both at once; counting changes nothing."""
    pruned = Pruned(answers=answers, errors=errors)

    assert count_prunable(path, choice) == pruned
    assert prune_answers(path, choice) == pruned
    assert in_tables(path, "SELECT COUNT(*) FROM answers") == [(left,)]


def test_removed_answers_are_asked_again_and_kept_again(path):
    """By a process that has had the store open all the time, too."""
    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("old")])
        prune_answers(path, PruneChoice())
        assert store.find([answered("old")[1]]) == {}
        store.keep([answered("old")])

        assert len(store.find([answered("old")[1]])) == 1
    assert [(one.model, one.answers) for one in take_stock(path).holdings] == [("tiny", 1)]


def test_the_space_is_given_back(tmp_path):
    """The file is smaller afterwards."""
    path = tmp_path / "answers.sqlite"
    with Store(path) as store:
        store.keep([answered(str(number), text="x" * 1000) for number in range(500)])
    before = take_stock(path).size_bytes
    prune_answers(path, PruneChoice())

    assert take_stock(path).size_bytes < before / 5


def test_a_model_that_answered_nothing_is_no_silent_zero(path):
    """A wrong name would look like an empty store; the known names are told, escaped."""
    with Store(path) as store:
        store.keep([answered("x", engine="e", model=type(ADAPTER)(base="\x1b[2J", base_digest="", template_digest=""))])

    for work in (count_prunable, prune_answers):
        with pytest.raises(
            NoSuchModel, match=r"no answers of a model named 'mime'; known: '\\x1b\[2J', 'mine', 'tiny'"
        ):
            work(path, PruneChoice(model="mime"))


def test_looking_after_a_store_never_makes_one(tmp_path):
    """A wrong folder is said."""
    path = tmp_path / "runs" / "answers.sqlite"
    for work in (
        take_stock,
        lambda path: count_prunable(path, PruneChoice()),
        lambda path: prune_answers(path, PruneChoice()),
    ):
        with pytest.raises(StoreError, match="no response store here; name its folder with --run-dir"):
            work(path)

    assert not path.parent.exists()
