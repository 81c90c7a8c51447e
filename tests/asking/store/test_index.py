"""The index of the response store: answers that were appended and not indexed yet are there like all others."""

import resource
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.asking.store import FreshStore, ReusingStore, Store
from harness.asking.store.exchange import export_answers, import_answers
from harness.asking.store.inventory import PruneChoice, count_damaged, prune_answers, prune_damaged, take_stock
from harness.asking.store.stored import response_of
from harness.errors import StoreError
from harness.records.answered import Response
from harness.records.asked import Request
from tests.asking.store.test_responses import GPT, KILLED, NOW, ROOT, answered, change, in_tables, store_in

UNINDEXED = "SELECT COUNT(*) FROM answers WHERE number > (SELECT answer FROM indexed)"


@pytest.fixture
def under_way(tmp_path):
    """Return a store that is still open and has two answers that are not indexed: to x and to y."""
    with Store(tmp_path / "answers.sqlite", clock=lambda: NOW) as store:
        store.keep([answered("x"), answered("y")])
        assert in_tables(tmp_path / "answers.sqlite", UNINDEXED) == [(2,)]
        yield store


def keys_of(*questions: str) -> list[str]:
    """Return the keys of requests."""
    return [answered(question)[1] for question in questions]


def is_sound(path: Path) -> bool:
    """Tell whether each answer has one key that leads to it, and nothing else does."""
    lost = "SELECT COUNT(*) FROM answers LEFT JOIN keys ON digest = key WHERE answer IS NOT number"
    idle = "SELECT COUNT(*) FROM keys LEFT JOIN answers ON number = answer WHERE number IS NULL"
    return [in_tables(path, sql) for sql in (UNINDEXED, lost, idle)] == [[(0,)]] * 3


def test_what_a_killed_process_did_not_index_is_found(tmp_path):
    """By the next one, which indexes it."""
    path = tmp_path / "answers.sqlite"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False)
    assert in_tables(path, UNINDEXED) == [(100,)]

    with Store(path) as store:
        assert len(store.find(keys_of(*map(str, range(100))))) == 100

    assert is_sound(path)


def test_a_store_that_is_closed_is_indexed(tmp_path):
    """The run that kept the answers pays for it, not the next one."""
    path = store_in(tmp_path, *map(str, range(120)))

    assert is_sound(path)
    assert in_tables(path, "SELECT COUNT(*) FROM keys") == [(120,)]


def test_a_lookup_while_another_keeps_sees_all_that_was_committed(tmp_path, under_way):
    """Each time anew."""
    with Store(tmp_path / "answers.sqlite") as other:
        assert set(other.find(keys_of("x", "y"))) == set(keys_of("x", "y"))

        under_way.keep([answered("z")])

        assert set(other.find(keys_of("x", "y", "z"))) == set(keys_of("x", "y", "z"))


@pytest.mark.parametrize("together", [True, False])
def test_of_two_answers_that_were_not_indexed_the_first_stays(tmp_path, under_way, together):
    """Whether they came in one batch or from two runs; the second leaves nothing behind."""
    if together:
        under_way.keep([answered("z", text="first"), answered("z", text="second")])
    else:
        with Store(tmp_path / "answers.sqlite") as other:
            under_way.keep([answered("z", text="first")])
            other.keep([answered("z", text="second")])

    assert [one.text for one in under_way.find(keys_of("z")).values()] == ["first"]
    assert is_sound(tmp_path / "answers.sqlite")
    assert in_tables(tmp_path / "answers.sqlite", "SELECT COUNT(*) FROM answers") == [(3,)]


def test_a_hosted_models_newer_answer_replaces_one_that_was_not_indexed(tmp_path):
    """As it does one that was."""
    path = tmp_path / "answers.sqlite"
    with ReusingStore(path) as store:
        for text in ("old", "newer", "newest"):
            store.keep([answered("x", model=GPT, text=text)])

        (found,) = store.find_hosted([answered("x", model=GPT)[1]]).values()

    assert found.response.text == "newest"
    assert is_sound(path)


def test_what_is_asked_afresh_replaces_what_was_not_indexed(tmp_path, under_way):
    """An answer by the new one; and where the call failed, none is left."""
    path = tmp_path / "answers.sqlite"
    with FreshStore(path) as fresh:
        fresh.keep([answered("x", text="fresh")])
        fresh.keep([answered("y", error="no")])

        under_way.keep([answered("x", text="late")])

    found = under_way.find(keys_of("x", "y"))
    assert {key: one.text for key, one in found.items()} == {answered("x")[1]: "fresh"}
    assert is_sound(path)


def test_what_is_replaced_is_there_at_any_moment(tmp_path, under_way):
    """Also for whoever has begun to look it up, and indexed all that there was."""
    path, hosted = tmp_path / "answers.sqlite", answered("x", model=GPT)
    under_way.keep([hosted])

    def replaced(store: Store, new: tuple[Request, str, Response]) -> Iterator[str]:
        store.keep([new])
        yield new[1]

    with FreshStore(path) as fresh, ReusingStore(path) as other:
        found = other.find(replaced(fresh, answered("x", text="fresh")))
        found_hosted = other.find_hosted(replaced(under_way, answered("x", model=GPT, text="newer")))

    assert [one.text for one in found.values()] == ["fresh"]
    assert [one.response.text for one in found_hosted.values()] == ["newer"]
    assert is_sound(path)


MANY = """
INSERT INTO answers (key, source, time, response)
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 400000)
SELECT randomblob(32), 1, 0, x'00' FROM numbers
"""


def test_very_many_are_indexed_without_a_temporary_file(tmp_path, under_way):
    """No other file can be opened: a container may have no other place to write than the folder of the runs."""
    change(tmp_path / "answers.sqlite", MANY)
    under_way.keep([answered("x", text="second"), answered("z")])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)

    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        found = under_way.find(keys_of("x", "y", "z"))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert {one.text for one in found.values()} == {"x", "y", "z"}
    assert is_sound(tmp_path / "answers.sqlite")


def test_what_is_not_indexed_is_counted_and_carried_on(tmp_path, under_way):
    """By the commands for people, while the run that keeps it is under way."""
    path = tmp_path / "answers.sqlite"
    under_way.keep([answered("w", error="no"), answered("x")])

    stock = take_stock(path)

    assert ([one.answers for one in stock.holdings], stock.unanswered) == ([2], 1)
    under_way.keep([answered("z")])
    assert export_answers(path, tmp_path / "out.jsonl") == 3


def test_importing_says_how_many_were_new_beside_what_is_not_indexed(tmp_path, under_way):
    """What the store has stays, though it could not be looked up yet; nothing of it counts as imported."""
    other = store_in(tmp_path / "other", "x", "y", "z")
    with closing(sqlite3.connect(other)) as db, db:
        db.execute("UPDATE answers SET checksum = NULL")
    export_answers(other, tmp_path / "out.jsonl")
    (tmp_path / "out.jsonl").write_bytes((tmp_path / "out.jsonl").read_bytes().replace(b'"text":"x"', b'"text":"X"'))

    imported = import_answers(tmp_path / "answers.sqlite", tmp_path / "out.jsonl")

    assert (imported.new, imported.known) == (1, 2)
    assert under_way.find(keys_of("x"))[answered("x")[1]].text == "x"
    assert is_sound(tmp_path / "answers.sqlite")


def test_an_answer_that_is_kept_after_the_newest_were_removed_is_found(tmp_path, under_way):
    """No number is given twice: one that is thought to be indexed would never be."""
    path = tmp_path / "answers.sqlite"
    assert prune_answers(path, PruneChoice()).answers == 2

    under_way.keep([answered("x", text="again")])

    assert [one.text for one in under_way.find(keys_of("x", "y")).values()] == ["again"]
    assert is_sound(path)


@pytest.mark.parametrize("damage", ["UPDATE answers SET key = x'00'", "UPDATE answers SET response = x'00'"])
def test_a_damaged_answer_is_removed_with_its_key(tmp_path, damage):
    """Whichever part of it is damaged; it is kept again then, also by a run that asks all afresh."""
    path = store_in(tmp_path, "x")
    change(path, damage)
    with Store(path) as store, pytest.raises(StoreError, match="damaged"):
        store.find(keys_of("x"))
    assert (count_damaged(path), prune_damaged(path)) == (1, 1)

    with Store(path) as store:
        assert store.find(keys_of("x")) == {}
        store.keep([answered("x")])

        assert len(store.find(keys_of("x"))) == 1
    assert is_sound(path)


def test_what_is_asked_afresh_replaces_a_damaged_answer(tmp_path):
    """Though the answer says that it has another key."""
    path = store_in(tmp_path, "x")
    change(path, "UPDATE answers SET key = x'00'")

    with FreshStore(path) as store:
        store.keep([answered("x", text="fresh")])

    with Store(path) as store:
        assert [one.text for one in store.find(keys_of("x")).values()] == ["fresh"]


def test_what_a_store_without_its_newest_number_has_is_found(tmp_path, under_way):
    """SQLite itself goes by the answers then."""
    change(tmp_path / "answers.sqlite", "DELETE FROM sqlite_sequence")

    assert set(under_way.find(keys_of("x", "y"))) == set(keys_of("x", "y"))


@pytest.mark.parametrize("number", [2, 9])
def test_an_answer_to_which_the_index_does_not_lead_is_asked_once_more(tmp_path, number):
    """And found from then on, whether its key led to another answer or to none."""
    path = store_in(tmp_path, "x", "y")
    change(path, "UPDATE keys SET answer = ? WHERE digest = ?", (number, bytes.fromhex(answered("x")[1])))

    with Store(path) as store:
        assert answered("x")[1] not in store.find(keys_of("x"))
        store.keep([answered("x", text="again")])

        assert {one.text for one in store.find(keys_of("x", "y")).values()} == {"again", "y"}


@pytest.mark.parametrize("damage", ["DELETE FROM indexed", "UPDATE indexed SET answer = 2"])
def test_a_store_without_its_mark_is_damaged(tmp_path, damage):
    """Or with one that no answer has reached: nothing is guessed, and nothing new would be found."""
    path = store_in(tmp_path, "x")
    change(path, damage)

    with Store(path) as store, pytest.raises(StoreError, match="damaged; move the file away"):
        store.find(keys_of("x"))


def test_an_answer_can_be_kept_while_others_are_looked_up(tmp_path, monkeypatch, under_way):
    """By another thread, though another run kept one meanwhile: SQLite begins to write in no state that is past."""
    with Store(tmp_path / "answers.sqlite") as other:

        def read(*row: Any) -> Response:
            monkeypatch.undo()
            other.keep([answered("z")])
            under_way.keep([answered("w")])
            return response_of(*row)

        monkeypatch.setattr("harness.asking.store.responses.response_of", read)

        assert len(under_way.find(keys_of("x", "y"))) == 2
    assert len(under_way.find(keys_of("z", "w"))) == 2


def test_two_threads_keep_and_look_up_at_once(tmp_path):
    """As a run does that asks judges while answers come: each transaction is one thread's."""
    path, problems = tmp_path / "answers.sqlite", []
    with Store(path) as store:

        def keep() -> None:
            try:
                for number in range(200):
                    store.keep([answered(str(number))])
            except StoreError as problem:
                problems.append(problem)

        thread = threading.Thread(target=keep)
        thread.start()
        while thread.is_alive():
            store.find(keys_of("0", "199"))
        thread.join()

        assert problems == []
        assert len(store.find(keys_of(*map(str, range(200))))) == 200
    assert is_sound(path)
