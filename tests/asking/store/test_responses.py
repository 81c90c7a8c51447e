"""The response store: what was kept is found, by anybody, whatever happens; and what goes wrong is said in words."""

import gc
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec
import pytest

from harness.asking.store import FreshStore, Store
from harness.asking.store.database import ROWS_AT_ONCE, Database
from harness.asking.store.responses import CUT_OFF_S, Found
from harness.engines.openai import hosted_model
from harness.errors import StoreError
from harness.records.answered import Response, TokenLogprob
from harness.records.asked import ModelRef, Request, Sampling
from harness.records.messages import Message

BASE = ModelRef(base="tiny", base_digest="b", template_digest="t")
ADAPTER = msgspec.structs.replace(BASE, adapter="mine", adapter_digest="a" * 64)
GPT = hosted_model("gpt-x")
ROOT = Path(__file__).parents[3]
NOW = 1_795_000_000.0

TWO_AT_ONCE = """
import sys
from pathlib import Path
from harness.asking.store import Store
from tests.asking.store.test_responses import answered

first, last = map(int, sys.argv[2:])
with Store(Path(sys.argv[1])) as store:
    print("open", flush=True)
    sys.stdin.readline()
    for number in range(first, last):
        store.keep([answered(str(number), text=sys.argv[2])])
"""
KILLED = """
import os, sys
from pathlib import Path
from harness.asking.store import Store
from tests.asking.store.test_responses import answered

store = Store(Path(sys.argv[1]))
for number in range(100):
    store.keep([answered(str(number))])
os.kill(os.getpid(), 9)
"""


DIGEST = b"ab" * 32
"""A key, as text in bytes."""


def answered(question="?", *, model=BASE, engine="fake 1", **response: object):
    """Return a request, its key, and a response to it."""
    request = Request(
        case_id=question,
        model=model,
        engine=engine,
        messages=(Message(role="user", content=question),),
        sampling=Sampling(),
    )
    return request, request.key, Response(request_key=request.key, **({"text": question} | response))


def store_in(folder: Path, *questions: str, now: float = NOW) -> Path:
    """Make a store that holds answers of the base model."""
    path = folder / "answers.sqlite"
    with Store(path, clock=lambda: now) as store:
        store.keep([answered(question) for question in questions])
    return path


def in_tables(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Look into the file without the store."""
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def change(path: Path, sql: str, parameters: tuple[object, ...] = ()) -> None:
    """Change the file without the store, as damage does."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(sql, parameters)


@contextmanager
def without_rights():
    """Give up root's right to write anywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_folder():
    """Return a folder that everybody may look into."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_an_answer_is_found_again_while_others_have_the_store_open(tmp_path):
    """Every field of it, under its key; what was never kept is not there."""
    kept = answered(
        "yes", tokens_in=3, seconds=0.5, logprobs=(TokenLogprob(token="\n", logprob=-0.1, top={"a": -2.0}),)
    )
    with Store(tmp_path / "answers.sqlite") as first, Store(tmp_path / "answers.sqlite") as second:
        first.keep([kept])

        assert second.find([kept[1], "f" * 64]) == {kept[1]: kept[2]}


def test_more_keys_than_fit_one_question_are_all_found(tmp_path):
    """Also when asked for by an iterator, and twice."""
    path = store_in(tmp_path, *map(str, range(1203)))
    keys = [answered(str(number))[1] for number in range(1203)]

    with Store(path) as store:
        assert set(store.find(iter(keys + keys))) == set(keys)
        assert store.find([]) == {}


def test_the_first_answer_to_a_request_stays(tmp_path):
    """Two runs that asked the same have from then on the same answer."""
    path = store_in(tmp_path, "x")
    with Store(path) as store:
        store.keep([answered("x", text="another")])

        assert [response.text for response in store.find([answered("x")[1]]).values()] == ["x"]


def test_a_hosted_answer_serves_the_run_that_goes_on_and_none_after_it(tmp_path):
    """The first run was cut off; the second goes on and ends; the third asks again, and has its own answer kept."""
    path, (_, key, old) = tmp_path / "answers.sqlite", answered("x", model=GPT)
    with Store(path, clock=lambda: NOW) as cut_off:
        cut_off.keep([answered("x", model=GPT)])
    with Store(path, clock=lambda: NOW + 60) as goes_on:
        assert goes_on.find_hosted([key]) == {key: Found(response=old, kept_at=int(NOW))}
        goes_on.finish_run()
    with Store(path, clock=lambda: NOW + 120) as later:
        assert later.find_hosted([key]) == {}
        later.keep([answered("x", model=GPT, text="redeployed")])
    with Store(path, clock=lambda: NOW + 180) as after:
        assert after.find_hosted([key])[key].response.text == "redeployed"


def test_a_run_that_ends_leaves_what_another_cut_off_run_was_answered(tmp_path):
    """The other one asked about other things; its answers wait for a run that goes on with them."""
    path, one, other = tmp_path / "answers.sqlite", answered("x", model=GPT), answered("y", model=GPT)
    with Store(path) as cut_off:
        cut_off.keep([one])
    with Store(path) as ends:
        ends.keep([other])
        ends.finish_run()

    with Store(path) as goes_on:
        assert set(goes_on.find_hosted([one[1], other[1]])) == {one[1]}


@pytest.mark.parametrize(("later_s", "found"), [(CUT_OFF_S, 1), (CUT_OFF_S + 1, 0)])
def test_a_run_that_was_cut_off_long_ago_is_asked_anew(tmp_path, later_s, found):
    """By the next day the hosted model can be another one."""
    path, (_, key, _) = tmp_path / "answers.sqlite", answered("x", model=GPT)
    with Store(path, clock=lambda: NOW) as cut_off:
        cut_off.keep([answered("x", model=GPT)])

    with Store(path, clock=lambda: NOW + later_s) as store:
        assert len(store.find_hosted([key])) == found


def test_more_hosted_keys_than_fit_one_question_are_all_found(tmp_path):
    """As of other models, in more than one chunk."""
    given = [answered(str(number), model=GPT) for number in range(1203)]
    with Store(tmp_path / "answers.sqlite") as store:
        store.keep(given)

        assert set(store.find_hosted(key for _, key, _ in given)) == {key for _, key, _ in given}


def test_what_is_asked_afresh_replaces_what_was_stored(tmp_path):
    """Of every kind of model; what could not be answered afresh is asked again, and what was not asked stays."""
    path = store_in(tmp_path, "x", "failed", "not asked")
    with Store(path) as store:
        store.keep([answered("x", model=GPT)])
    with FreshStore(path) as store:
        assert store.find([answered("x")[1]]) == {}
        assert store.find_hosted([answered("x", model=GPT)[1]]) == {}
        store.keep([answered("x", text="new"), answered("x", model=GPT, text="new"), answered("failed", error="503")])

    with Store(path) as store:
        found = store.find(answered(text)[1] for text in ("x", "failed", "not asked"))
        assert sorted(response.text for response in found.values()) == ["new", "not asked"]
        (hosted,) = store.find_hosted([answered("x", model=GPT)[1]]).values()
        assert hosted.response.text == "new"


def test_more_answers_than_fit_one_statement_are_all_kept(tmp_path):
    """Answers and errors mixed, and a request twice: its first answer stays."""
    many = [answered(str(number), error="no" if number % 3 == 0 else None) for number in range(3 * ROWS_AT_ONCE + 7)]
    with Store(tmp_path / "answers.sqlite") as store:
        store.keep([*many, answered("1", text="another")])

        assert store.find(key for _, key, _ in many) == {
            key: response for _, key, response in many if response.error is None
        }
    errors = in_tables(tmp_path / "answers.sqlite", "SELECT key FROM errors")
    assert {key.hex() for (key,) in errors} == {key for _, key, response in many if response.error}


def test_errors_are_recorded_and_never_served(tmp_path):
    """Of several the latest stays; the answer that comes at last is served."""
    times = iter((NOW, NOW + 1, NOW + 2))
    path = tmp_path / "answers.sqlite"
    with Store(path, clock=lambda: next(times)) as store:
        store.keep([answered("x", error="HTTP 503")])
        store.keep([answered("x", error="HTTP 502 \ud800"), answered("y")])
        before = store.find([answered("x")[1], answered("y")[1]])
        store.keep([answered("x")])
        after = store.find([answered("x")[1]])

    assert set(before) == {answered("y")[1]}
    assert set(after) == {answered("x")[1]}
    assert in_tables(path, "SELECT time, reason FROM errors") == [(int(NOW) + 1, "HTTP 502 \\ud800")]


@pytest.mark.parametrize(
    ("response", "words"),
    [
        ({"logprobs": (TokenLogprob(token="a", logprob=float("nan")),)}, "not kept: the log-probability of token 'a'"),
        ({"logprobs": (TokenLogprob(token="a", logprob=0, top={"b": float("-inf")}),)}, "is not a finite number"),
        ({"text": "half a surrogate: \ud800"}, "surrogates not allowed"),
    ],
)
def test_what_could_not_be_read_back_is_not_kept(tmp_path, response, words):
    """It is asked again, and the rest of what arrived with it is safe."""
    path = tmp_path / "answers.sqlite"
    with Store(path) as store:
        store.keep([answered("x", **response), answered("y")])

        assert set(store.find([answered("x")[1], answered("y")[1]])) == {answered("y")[1]}
    ((reason,),) = in_tables(path, "SELECT reason FROM errors")
    assert words in reason


def test_the_store_tells_people_what_answered(tmp_path):
    """Name, adapter and engine once, and the time with each answer."""
    path = tmp_path / "answers.sqlite"
    with Store(path, clock=lambda: NOW) as store:
        store.keep([answered("x"), answered("x", model=ADAPTER), answered("y", model=ADAPTER)])

    assert in_tables(path, "SELECT model, adapter_digest, engine FROM sources ORDER BY id") == [
        ("tiny", "", "fake 1"),
        ("mine", "a" * 64, "fake 1"),
    ]
    assert in_tables(path, "SELECT source, time FROM answers ORDER BY rowid") == [
        (1, int(NOW)),
        (2, int(NOW)),
        (2, int(NOW)),
    ]


def test_two_processes_share_a_store(tmp_path):
    """Both start on no file at all and write at once; nothing is lost, and nothing is there twice."""
    path = tmp_path / "answers.sqlite"
    ranges = ((0, 300), (150, 450))
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TWO_AT_ONCE, str(path), *map(str, each)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for each in ranges
    ]
    for process in both:
        assert process.stdout.readline() == "open\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        process.communicate()

    assert [process.returncode for process in both] == [0, 0]
    assert in_tables(path, "SELECT COUNT(*), COUNT(DISTINCT key) FROM answers") == [(450, 450)]
    assert in_tables(path, "PRAGMA integrity_check") == [("ok",)]


def test_many_may_make_the_same_store_at_once(tmp_path):
    """One makes it, the others find it made; each from a thread of its own, since SQLite lets go of Python's lock."""
    problems = []

    def open_at(path, together) -> None:
        together.wait()
        try:
            Store(path).close()
        except StoreError as problem:
            problems.append(problem)

    for number in range(5):
        together = threading.Barrier(6)
        threads = [threading.Thread(target=open_at, args=(tmp_path / f"{number}.sqlite", together)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert problems == []


def test_a_killed_process_loses_nothing_that_was_kept(tmp_path):
    """SIGKILL right after the last answer."""
    path = tmp_path / "answers.sqlite"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False, cwd=ROOT)

    with Store(path) as store:
        assert len(store.find(answered(str(number))[1] for number in range(100))) == 100


def test_a_batch_is_kept_whole_or_not_at_all(tmp_path):
    """What breaks half-way leaves the store as it was, and usable."""

    def breaks() -> Iterator[tuple[Request, str, Response]]:
        yield answered("x")
        raise KeyboardInterrupt

    path = store_in(tmp_path, "before")
    request, _, response = answered("no key")
    with Store(path) as store:
        with pytest.raises(KeyboardInterrupt):
            store.keep(breaks())
        with pytest.raises(UnicodeEncodeError):
            store.keep([answered("y"), (request, "\ud800", response)])
        store.keep([answered("after")])

        assert len(store.find(answered(text)[1] for text in ("before", "x", "y", "after"))) == 2


def test_a_full_disk_is_said_and_harms_nothing(tmp_path):
    """The text says what to do; what was kept is found, and keeping goes on when there is space."""
    path = store_in(tmp_path, "before")
    large = answered("large", text="x" * 100_000)
    with Store(path) as store:
        store._database._db.execute("PRAGMA max_page_count = 10")
        with pytest.raises(StoreError, match=r"answers\.sqlite: the disk is full; free some space"):
            store.keep([answered("small"), large])
        assert len(store.find([answered("before")[1], answered("small")[1]])) == 1
        store._database._db.execute("PRAGMA max_page_count = 1000000")
        store.keep([large])

        assert len(store.find([answered("before")[1], large[1]])) == 2


def test_a_read_only_folder_is_said_before_anything_is_asked(open_folder):
    """And so is a read-only file in a folder that can be written."""
    path = store_in(open_folder, "x")
    path.chmod(0o444)
    open_folder.chmod(0o777)
    with without_rights(), pytest.raises(StoreError, match="it is read-only; allow writing"):
        Store(path)
    path.unlink()
    open_folder.chmod(0o555)
    with without_rights(), pytest.raises(StoreError, match="can you write to it"):
        Store(path)
    with without_rights(), pytest.raises(StoreError, match="runs: can't create the folder: Permission denied"):
        Store(open_folder / "runs" / "answers.sqlite")


def test_a_folder_or_a_file_in_the_way_is_named(tmp_path):
    """In the place of the store, and in the place of its folder."""
    (tmp_path / "answers.sqlite").mkdir()
    (tmp_path / "runs").write_text("a file")

    with pytest.raises(StoreError, match=r"answers\.sqlite: it can't be opened"):
        Store(tmp_path / "answers.sqlite")
    with pytest.raises(StoreError, match="runs: can't create the folder"):
        Store(tmp_path / "runs" / "answers.sqlite")


def test_a_store_of_a_newer_version_is_left_alone(tmp_path):
    """The error says so, and no byte of the file changes."""
    path = store_in(tmp_path, "x")
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = DELETE")
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    with pytest.raises(StoreError, match="made by a newer version of the harness \\(format 99"):
        Store(path)

    assert path.read_bytes() == before


@pytest.mark.parametrize("make", ["text", "database"])
def test_what_is_no_store_is_left_alone(tmp_path, make):
    """A text and another program's database: refused, not overwritten."""
    path = tmp_path / "answers.sqlite"
    if make == "text":
        path.write_bytes(b"something else entirely, more than a hundred bytes long" * 4)
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE mine (x)")
    before = path.read_bytes()

    with pytest.raises(StoreError, match=r"(not a response store|another program).*; move it away"):
        Store(path)

    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store(tmp_path):
    """A process killed while it made the store leaves one."""
    path = tmp_path / "answers.sqlite"
    path.touch()

    assert store_in(tmp_path, "x") == path
    assert in_tables(path, "SELECT COUNT(*) FROM answers") == [(1,)]


def test_a_damaged_store_is_said(tmp_path):
    """Overwritten pages and a truncated file; the text says what is lost by moving it away."""
    questions = [str(number) for number in range(2000)]
    path = store_in(tmp_path, *questions)
    whole = path.read_bytes()
    keys = [answered(question)[1] for question in questions]
    for damaged in (
        whole[: len(whole) // 2],
        whole[:4096] + b"\x55" * (len(whole) - 4096),
        whole[:100] + b"\x55" * 400 + whole[500:],
    ):
        path.write_bytes(damaged)

        with pytest.raises(StoreError, match="damaged; move the file away"), Store(path) as store:
            store.find(keys)
        assert path.read_bytes() == damaged


@pytest.mark.parametrize(
    "response",
    [
        *(b"{", b"\xff", b"[" * 100_000, 7, "text", 0.5),
        *(
            b'{"request_key": "other"}',
            b'{"request_key": "%s", "new": 1}' % DIGEST,
            b'{"request_key": "%s", "tokens_out": "3"}' % DIGEST,
        ),
        *(b'{"request_key": "%s", "tokens_out": -1}' % DIGEST, b'{"request_key": "%s", "seconds": 1e308}' % DIGEST),
    ],
)
def test_a_damaged_answer_is_never_served(tmp_path, response):
    """Neither half an answer nor another request's."""
    path = store_in(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO answers VALUES (NULL, ?, 1, 0, ?, NULL)", (bytes.fromhex(DIGEST.decode()), response))
        db.commit()

    with Store(path) as store, pytest.raises(StoreError, match=rf"key '{DIGEST.decode()}'.*damaged"):
        store.find([DIGEST.decode()])


def test_a_bit_that_flipped_on_the_disk_is_found_wherever_it_is(tmp_path):
    """In the answer or beside it, also where the JSON stays valid; the error names the answer and what to do."""
    path = tmp_path / "answers.sqlite"
    request, key, response = answered("x", text="billing", tokens_out=3)
    with Store(path, clock=lambda: NOW) as store:
        store.keep([(request, key, response)])
    ((encoded,),) = in_tables(path, "SELECT response FROM answers")
    changed = [("time", NOW + 2**10), ("source", 3), ("checksum", 1)]
    changed += [
        ("response", encoded[:place] + bytes([encoded[place] ^ 1 << bit]) + encoded[place + 1 :])
        for place in range(len(encoded))
        for bit in (0, 4)
    ]

    served, told = [], set()
    words = "is not as it was kept: its checksum differs; `harness store prune --damaged` removes what is damaged"
    with Store(path, clock=lambda: NOW) as store, closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        before = db.execute("SELECT source, time, response, checksum FROM answers").fetchone()
        for column, value in changed:
            with db:
                db.execute(f"UPDATE answers SET {column} = ?", (value,))  # noqa: S608 - a constant
            try:
                served.append((column, value, store.find([key])))
            except StoreError as problem:
                told.add(str(problem))
            with db:
                db.execute("UPDATE answers SET (source, time, response, checksum) = (?, ?, ?, ?)", before)
        again = store.find([key])

    assert len(changed) > 100
    assert served == []
    assert told == {f"{path}: the answer with the key {key!r} {words}, and it is asked again"}
    assert again == {key: response}


@pytest.mark.parametrize("time", ["noon", -1, 2**62, 0.5])
def test_a_time_that_is_none_is_said(tmp_path, time):
    """Whatever wrote it there, where the answer is read and where times are shown."""
    path = store_in(tmp_path, "x")
    (_, key, _) = answered("x")
    change(path, "UPDATE answers SET time = ?, checksum = NULL", (time,))

    with Store(path) as store, pytest.raises(StoreError, match="has a time that is none"):
        store.find([key])


def test_what_is_kept_waits_for_the_disk(tmp_path):
    """SQLite's FULL is 2: in WAL mode, less can lose the last commits in a power loss."""
    with Store(tmp_path / "answers.sqlite") as store:
        assert list(store._database.rows("PRAGMA synchronous")) == [(2,)]
        assert list(store._database.rows("PRAGMA journal_mode")) == [("wal",)]


def test_a_store_that_is_a_fifo_is_refused(tmp_path):
    """As in somebody else's folder of runs: nothing waits for a writer."""
    os.mkfifo(tmp_path / "answers.sqlite")

    with pytest.raises(StoreError, match="this is not a file"):
        Store(tmp_path / "answers.sqlite")


def test_a_store_that_another_process_holds_too_long_is_said(tmp_path, monkeypatch):
    """Waiting ends; the text says who is to be waited for."""
    monkeypatch.setattr("harness.asking.store.database.BUSY_TIMEOUT_S", 0.02)
    path = store_in(tmp_path, "x")
    with Store(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match="another process has locked it"):
            store.keep([answered("y")])
        assert len(store.find([answered("x")[1]])) == 1


@pytest.mark.parametrize("reason", ["abort", "content_filter"])
def test_what_a_server_broke_off_is_asked_again_and_then_kept(tmp_path, reason):
    """Version 0.1 kept it as an answer; the whole answer takes its place."""
    request, key, broken_off = answered(text="bi", finish_reason=reason)
    _, _, whole = answered(text="billing", finish_reason="stop")
    with Store(tmp_path / "s.sqlite") as store:
        store.keep([(request, key, broken_off)])

        assert store.find([key]) == {}
        store.keep([(request, key, whole)])

        assert store.find([key]) == {key: whole}


def test_an_answer_of_version_0_1_is_read(tmp_path):
    """It has no field for what came later, and 0 where tokens were not told."""
    path = tmp_path / "s.sqlite"
    request, key, response = answered(text="billing")
    old = msgspec.to_builtins(response) | {"tokens_in": 0, "tokens_out": 0}
    del old["reasoned"]
    with Store(path) as store:
        store.keep([(request, key, response)])
        with closing(sqlite3.connect(path)) as database, database:
            database.execute("UPDATE answers SET response = ?, checksum = NULL", (msgspec.json.encode(old),))

        found = store.find([key])[key]

    assert (found.text, found.counted_in, found.counted_out) == ("billing", None, None)


def test_what_a_server_broke_off_of_a_hosted_model_is_asked_again(tmp_path):
    """The cut-off run that is gone on with may have been one of version 0.1."""
    request, key, broken_off = answered(text="bi", finish_reason="abort", model=GPT)
    with Store(tmp_path / "s.sqlite") as store:
        store.keep([(request, key, broken_off)])

        assert store.find_hosted([key]) == {}


def test_a_file_that_nobody_closes_is_closed_with_its_object(tmp_path):
    """Python since 3.13 warns of it otherwise, in the middle of another test."""
    database = Database(tmp_path / "answers.sqlite")
    connection = database._db

    del database
    gc.collect()

    with pytest.raises(sqlite3.ProgrammingError, match="closed database"):
        connection.execute("SELECT 1")
