"""Runs and answers of a team in one place: what is copied, and that nothing of a place is taken on trust."""

import gzip
import hashlib
import json
import shutil
import sqlite3
import zipfile

import pytest

from harness.asking.store import Store
from harness.errors import InputError, PlaceError, StoreError
from harness.runs.folder import read_run, write_run
from harness.runs.history import read_history
from harness.runs.names import folders_in
from harness.share import answers as parts
from harness.share.answers import pull_answers, push_answers
from harness.share.place import Place
from harness.share.runs import pull_runs, push_runs
from harness.share.waiting import waiting
from tests.asking.store.test_responses import answered
from tests.sample_runs import run_number
from tests.share.buckets import object_store

KEYS = {"AWS_ACCESS_KEY_ID": "ada-2", "AWS_SECRET_ACCESS_KEY": "wJalr9XUtnFEMI", "AWS_REGION": "us-east-1"}


@pytest.fixture
def bucket(monkeypatch):
    """Serve an object store, to which the environment leads as for S3's own tools."""
    with object_store() as store:
        for name, value in KEYS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{store.host}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        yield store


@pytest.fixture
def google(monkeypatch, tmp_path):
    """Serve an object store, to which the environment leads as for Google's own tools."""
    with object_store() as store:
        facts = {"gcs_base_url": f"http://{store.host}", "disable_oauth": True, "client_email": "", "private_key": ""}
        file = tmp_path / "account.json"
        file.write_text(json.dumps({**facts, "private_key_id": ""}))
        monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(file))
        yield store


def machine(folder, *names: str, runs=()):
    """Return the folder of runs of a machine whose store has answers, and which saved some runs."""
    folder.mkdir(parents=True, exist_ok=True)
    if names:
        with Store(folder / "answers.sqlite") as store:
            store.keep([answered(name) for name in names])
    for number in runs:
        run = run_number(number)
        (folder / run.id).mkdir()
        write_run(folder / run.id, run, (), ())
    return folder


def known_answers(folder):
    """Return the keys that a machine's store has."""
    with sqlite3.connect(folder / "answers.sqlite") as database:
        return {row[0] for row in database.execute("SELECT hex(key) FROM answers")}


def swap(here, place):
    """Push and pull, runs and answers; return what was copied of each."""
    pushed = push_runs(here, place), push_answers(here, place)
    pulled = pull_runs(here, place), pull_answers(here, place)
    return [len(pushed[0].copied), pushed[1].copied, len(pulled[0].copied), pulled[1].copied]


@pytest.mark.parametrize("kind", ["folder", "s3", "gs"])
def test_each_machine_gets_what_the_others_have(kind, tmp_path, request):
    """Once each, in whatever order they come."""
    if kind != "folder":
        request.getfixturevalue({"s3": "bucket", "gs": "google"}[kind])
    address = str(tmp_path / "shared") if kind == "folder" else f"{kind}://team/gate"
    ada, ben = machine(tmp_path / "ada", "a", "both", runs=(1, 2)), machine(tmp_path / "ben", "b", "both", runs=(3,))

    first = swap(ada, Place(address))
    second = swap(ben, Place(address))
    third = swap(ada, Place(address))

    assert [first, second, third] == [[2, 2, 0, 0], [1, 2, 2, 1], [0, 0, 1, 1]]
    assert known_answers(ada) == known_answers(ben)
    assert len(known_answers(ada)) == 3
    assert [one.name for one in folders_in(ada) if one.is_dir()] == [run_number(number).id for number in (1, 2, 3)]
    assert read_run(ada / run_number(3).id) == run_number(3)
    assert (ada / run_number(3).id / "report.html").is_file()
    assert swap(ben, Place(address)) == [0, 0, 0, 0]


def test_what_waits_is_told_before_it_is_copied(tmp_path):
    """By name and number; nothing is copied."""
    ada, ben = machine(tmp_path / "ada", "a", runs=(1,)), machine(tmp_path / "ben", "b", "c", runs=(2,))
    place = Place(str(tmp_path / "shared"))
    swap(ada, place)

    found = waiting(ben, place)

    assert (found.runs_to_push, found.runs_to_pull) == ((run_number(2).id,), (run_number(1).id,))
    assert (found.answers_to_push, found.parts_to_pull) == (2, 1)
    assert not (ben / run_number(1).id).exists()


def test_many_answers_make_several_parts(tmp_path, monkeypatch):
    """So that a pull which is cut off goes on where it was."""
    monkeypatch.setattr(parts, "PART", 2)
    ada, place = machine(tmp_path / "ada", *"abcde"), Place(str(tmp_path / "shared"))

    pushed = push_answers(ada, place)

    assert (pushed.copied, pushed.parts) == (5, 3)
    assert len(place.names("answers")) == 3
    assert pull_answers(tmp_path / "ben", place).copied == 5


def test_answers_that_only_this_machine_forgot_come_back(tmp_path):
    """The file of what is known can go: nothing is twice in a store, and the place gets no part again."""
    ada, place = machine(tmp_path / "ada", "a", "b"), Place(str(tmp_path / "shared"))
    push_answers(ada, place)
    shutil.rmtree(ada / "shared")

    pulled, pushed = pull_answers(ada, place), push_answers(ada, place)

    assert (pulled.copied, pulled.known, pushed.copied) == (0, 2, 0)


def damaged_part(place):
    """Cut the only part of a place."""
    (part,) = (place / "answers").iterdir()
    part.write_bytes(part.read_bytes()[:-9])


def foreign_part(place):
    """Put a part whose lines are no answers, with the right digest."""
    packed = gzip.compress(b'{"key": "x"}\n')
    (place / "answers" / f"{hashlib.sha256(packed).hexdigest()}.jsonl.gz").write_bytes(packed)


@pytest.mark.parametrize(("change", "told"), [(damaged_part, "its digest is not its name"), (foreign_part, r":1: ")])
def test_a_part_that_is_not_as_it_was_written_is_left_out(change, told, tmp_path):
    """It is named; the others are read, and it is asked for again the next time."""
    ada, place = machine(tmp_path / "ada", "a"), Place(str(tmp_path / "shared"))
    push_answers(ada, place)
    change(tmp_path / "shared")
    machine(ada, "b")
    push_answers(ada, place)

    pulled = pull_answers(tmp_path / "ben", place)

    assert len(pulled.refused) == 1
    assert told in pulled.refused[0] or (told == r":1: " and "part.jsonl:1:" in pulled.refused[0])
    assert str(tmp_path) not in pulled.refused[0]
    assert pulled.copied == (1 if change is damaged_part else 2)
    assert len(pull_answers(tmp_path / "ben", place).refused) == 1


def zipped(place, members, name="0009-2026-11-27-abcd"):
    """Put a zip file among the runs of a place."""
    (place / "runs").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(place / "runs" / f"{name}.zip", "w") as packed:
        for member, content in members.items():
            packed.writestr(member, content)


OTHERS = {
    "a path that leads elsewhere": {"../../evil": "x", "run.json": "{}", "scores.jsonl": ""},
    "a page of its own": {"answers.jsonl": "", "scores.jsonl": "", "run.json": "{}", "report.html": "<script>"},
    "no record": {"answers.jsonl": "", "scores.jsonl": ""},
    "a record that is none": {"answers.jsonl": "", "scores.jsonl": "", "run.json": '{"id": 3}'},
}


@pytest.mark.parametrize("members", OTHERS.values(), ids=OTHERS)
def test_what_is_no_run_is_left_out(members, tmp_path):
    """Nothing of it is kept, and the runs beside it are pulled."""
    push_runs(machine(tmp_path / "ada", runs=(1,)), Place(str(tmp_path / "shared")))
    zipped(tmp_path / "shared", members)

    pulled = pull_runs(tmp_path / "ben", Place(str(tmp_path / "shared")))

    assert pulled.copied == (run_number(1).id,)
    assert [one.partition(":")[0] for one in pulled.refused] == ["0009-2026-11-27-abcd"]
    assert str(tmp_path) not in pulled.refused[0]
    assert not list(tmp_path.rglob("*evil*"))
    assert [one.name for one in folders_in(tmp_path / "ben") if one.is_dir()] == [run_number(1).id]


def test_a_zip_file_that_was_cut_is_left_out(tmp_path):
    """As is one with names that no run has, which nobody is told of."""
    push_runs(machine(tmp_path / "ada", runs=(1,)), Place(str(tmp_path / "shared")))
    (packed,) = (tmp_path / "shared" / "runs").iterdir()
    packed.write_bytes(packed.read_bytes()[:200])
    zipped(tmp_path / "shared", {"run.json": "{}"}, name="..")

    pulled = pull_runs(tmp_path / "ben", Place(str(tmp_path / "shared")))

    assert pulled.copied == ()
    assert [one.partition(": its")[2] for one in pulled.refused] == [" zip file is damaged: File is not a zip file"]


def test_runs_of_others_are_in_the_history(tmp_path):
    """What was pulled counts as what was saved here."""
    ada, ben = machine(tmp_path / "ada", runs=(1, 2)), machine(tmp_path / "ben", runs=(3,))
    place = Place(str(tmp_path / "shared"))
    push_runs(ada, place)
    pull_runs(ben, place)

    assert len(read_history(ben)) == 3


def test_a_place_that_refuses_is_told_without_secrets(bucket):
    """What a server sends back can hold what it was sent."""
    bucket.refuses = 403

    with pytest.raises(
        PlaceError, match=r"^s3://team/gate: this place can't be used: .*403 Forbidden.*not you: \*\*\*"
    ) as told:
        Place("s3://team/gate").names("runs")

    assert "\n" not in str(told.value)


def test_a_login_in_an_address_is_never_shown():
    """Whether the address is any good or not."""
    with pytest.raises(InputError, match=r"^nowhere://host/x: Protocol not known") as told:
        Place("nowhere://ada:pass-word-1@host/x")

    assert "pass-word" not in str(told.value)


def test_a_place_that_can_not_be_written_says_so(tmp_path):
    """The reason is the system's."""
    (tmp_path / "shared").write_text("a file")

    with pytest.raises(PlaceError, match=r"shared: this place can't be used: .*(Not a directory|File exists)"):
        push_runs(machine(tmp_path / "ada", runs=(1,)), Place(str(tmp_path / "shared")))


def test_a_damaged_answer_is_not_shared(tmp_path):
    """Its checksum is looked at before it leaves."""
    ada = machine(tmp_path / "ada", "a")
    with sqlite3.connect(ada / "answers.sqlite") as database:
        database.execute("UPDATE answers SET checksum = checksum + 1")

    with pytest.raises(StoreError, match="its checksum differs"):
        push_answers(ada, Place(str(tmp_path / "shared")))

    assert not Place(str(tmp_path / "shared")).names("answers")
