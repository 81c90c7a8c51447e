"""What is wrong in a shared place, or on this machine, is left out and named; it ends no pull, and fills no disk."""

import gzip
import hashlib
import os
import shutil
import zipfile

import msgspec
import pytest

from harness.asking.store import Store
from harness.errors import StoreError
from harness.runs.folder import read_run, write_run
from harness.share import answers as parts
from harness.share import runs as shared_runs
from harness.share.answers import pull_answers, push_answers
from harness.share.place import LEFT_OVER_S, Place
from harness.share.runs import pull_runs, push_runs
from tests.asking.store.test_responses import answered
from tests.sample_runs import run_number
from tests.share.test_share import known_answers, machine, zipped

NAME = "0009-2026-11-27-abcd"


@pytest.fixture
def place(tmp_path):
    """Return a place that has a run and an answer of somebody's."""
    ada, there = machine(tmp_path / "ada", "a", runs=(1,)), Place(str(tmp_path / "shared"))
    push_runs(ada, there)
    push_answers(ada, there)
    return there


def recorded(folder, **changed: object):
    """Return the files of a run by their names."""
    folder.mkdir()
    write_run(folder, msgspec.structs.replace(run_number(9), **{"id": NAME, **changed}), (), ())
    return {one.name: one.read_bytes() for one in folder.iterdir()}


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "gone"])
def test_what_is_no_file_is_left_out(kind, place, tmp_path):
    """Nothing of a device is read without an end, nobody waits for a pipe, and what went meanwhile is no problem."""
    for name in (f"answers/{'0' * 64}.jsonl.gz", f"runs/{NAME}.zip"):
        path = tmp_path / "shared" / name
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "folder":
            path.mkdir()
        else:
            path.symlink_to({"device": "/dev/zero", "gone": "/nowhere"}[kind])

    runs, answers = pull_runs(tmp_path / "ben", place), pull_answers(tmp_path / "ben", place)

    said = "it is not there any longer" if kind == "gone" else "it is not a file"
    assert (runs.copied, runs.refused) == ((run_number(1).id,), (f"{NAME}: {said}",))
    assert (answers.copied, answers.refused) == (1, (f"{'0' * 64}.jsonl.gz: {said}",))


def test_a_run_under_another_name_is_left_out(place, tmp_path):
    """Its name is what others know it by, and part of paths; its number is that of the next run here."""
    for changed in ({"id": "../../evil"}, {"number": 10**400}):
        zipped(tmp_path / "shared", recorded(tmp_path / str(len(changed) + len(str(changed))), **changed), NAME)

        pulled = pull_runs(tmp_path / "ben", place)

        assert ["its run.json is of another run" in one for one in pulled.refused] == [True]
    assert not list(tmp_path.rglob("evil*"))


def test_a_run_whose_report_can_not_be_written_leaves_nothing(place, tmp_path):
    """Such as one whose answers are none."""
    files = recorded(tmp_path / "nine") | {"answers.jsonl": b"{}\n"}
    zipped(tmp_path / "shared", files, NAME)

    pulled = pull_runs(tmp_path / "ben", place)

    assert pulled.copied == (run_number(1).id,)
    assert "answers.jsonl:1: not readable" in pulled.refused[0]
    assert str(tmp_path) not in pulled.refused[0]
    assert not (tmp_path / "ben" / NAME).exists()


def test_what_would_fill_the_disk_or_the_memory_is_not_unpacked(place, tmp_path, monkeypatch):
    """The room on the disk counts, and how large a record is."""
    with zipfile.ZipFile(tmp_path / "shared" / "runs" / f"{NAME}.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {"answers.jsonl": b"", "scores.jsonl": b"", "run.json": b"0" * 5_000_000}.items():
            packed.writestr(name, content)

    with monkeypatch.context() as patch:
        patch.setattr(shared_runs, "LARGEST_RECORD", 4_999_999)
        large = pull_runs(tmp_path / "ben", place).refused
    monkeypatch.setattr(shared_runs, "_room", lambda _: 4_999_999)
    full = pull_runs(tmp_path / "ben", place).refused

    assert large == (f"{NAME}: its run.json has more than 4,999,999 bytes",)
    assert full == (f"{NAME}: its files have 5,000,000 bytes, more than the 4,999,999 that there is room for",)


def test_a_clock_that_was_wrong_stops_no_push(tmp_path):
    """Zip files know no time before 1980."""
    ada = machine(tmp_path / "ada", runs=(1,))
    os.utime(ada / run_number(1).id / "run.json", (0, 0))

    assert push_runs(ada, Place(str(tmp_path / "shared"))).copied == (run_number(1).id,)


@pytest.mark.parametrize("broken", ["answers.jsonl", "run.json"])
def test_a_run_that_is_not_whole_is_not_pushed(broken, tmp_path):
    """The others are."""
    ada = machine(tmp_path / "ada", runs=(1, 2))
    path = ada / run_number(1).id / broken
    path.unlink() if broken == "answers.jsonl" else path.write_text("{")

    pushed = push_runs(ada, Place(str(tmp_path / "shared")))

    assert pushed.copied == (run_number(2).id,)
    assert [one.partition(":")[0] for one in pushed.refused] == [run_number(1).id]


def test_an_answer_with_a_secret_of_this_machine_stays_here(tmp_path, monkeypatch):
    """A server can send back the key that it was sent."""
    monkeypatch.setenv("GATE_TOKEN", "sk-proj-4f9a1c")
    ada, place = machine(tmp_path / "ada", "a"), Place(str(tmp_path / "shared"))
    with Store(ada / "answers.sqlite") as store:
        store.keep([answered("b", text="your key is sk-proj-4f9a1c")])

    pushed = push_answers(ada, place)

    assert (pushed.copied, pushed.held_back) == (1, 1)
    assert pull_answers(tmp_path / "ben", place).copied == 1


def test_parts_are_no_larger_than_what_is_pulled(tmp_path, monkeypatch):
    """Long answers make more parts."""
    monkeypatch.setattr(parts, "PART_BYTES", 100)
    ada, place = machine(tmp_path / "ada", "a", "b", "c"), Place(str(tmp_path / "shared"))

    assert push_answers(ada, place).parts == 3
    assert pull_answers(tmp_path / "ben", place).copied == 3


def test_a_part_with_a_wrong_line_is_left_out_whole(tmp_path):
    """Its right lines too, so that what is read of a place depends on no order."""
    ada, place = machine(tmp_path / "ada", "a", "b"), Place(str(tmp_path / "shared"))
    push_answers(ada, place)
    (part,) = (tmp_path / "shared" / "answers").iterdir()
    packed = gzip.compress(gzip.decompress(part.read_bytes()) + b'{"key": "x"}\n')
    part.unlink()
    part.with_name(f"{hashlib.sha256(packed).hexdigest()}.jsonl.gz").write_bytes(packed)

    pulled = pull_answers(tmp_path / "ben", place)

    assert pulled.copied == 0
    assert "part.jsonl:3: " in pulled.refused[0]
    assert known_answers(tmp_path / "ben") == set()


def test_the_same_bucket_at_another_server_is_another_place(monkeypatch):
    """What one has says nothing of the other. The same folder is the same place, however it is named."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://ada:pass-word-1@one:9000")
    first = Place("s3://team/gate").identity
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://two:9000")

    assert first != Place("s3://team/gate").identity == Place("s3://team/gate/").identity
    assert "pass-word" not in first
    assert Place("/gate").identity == Place("/gate/").identity == Place("file:///gate").identity


def test_a_report_that_a_killed_pull_did_not_write_is_written_by_the_next(place, tmp_path):
    """The run itself was whole."""
    pull_runs(tmp_path / "ben", place)
    report = tmp_path / "ben" / run_number(1).id / "report.html"
    report.unlink()

    pull_runs(tmp_path / "ben", place)

    assert report.is_file()


def test_what_killed_pushes_left_is_removed_after_a_day(place, tmp_path):
    """By the place's own clock; what is younger may be on its way."""
    old, new = (tmp_path / "shared" / "answers" / f"{name}.part" for name in ("old", "new"))
    for path, age in ((old, LEFT_OVER_S + 1), (new, LEFT_OVER_S // 2)):
        path.write_text("half")
        os.utime(path, (path.stat().st_mtime - age,) * 2)

    push_answers(machine(tmp_path / "ben", "b"), place)

    assert (old.exists(), new.exists()) == (False, True)


def test_a_full_disk_here_is_not_taken_for_a_damaged_part(place, tmp_path, monkeypatch):
    """It ends the pull, says where, and the next one goes on."""
    with monkeypatch.context() as patch:
        patch.setattr("harness.share.answers.Path.open", full)
        with pytest.raises(StoreError, match=r"can't be written: No space left on device"):
            pull_answers(tmp_path / "ben", place)

    assert pull_answers(tmp_path / "ben", place).copied == 1


def full(*_args: object) -> None:
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device")


def test_two_machines_that_push_the_same_at_once_share_no_file(place, tmp_path, monkeypatch):
    """Also where their processes have the same number, as in containers."""
    names = []
    monkeypatch.setattr(place._files, "mv", lambda source, target: names.append(source))
    for _ in range(2):
        shutil.copy(tmp_path / "ada" / "answers.sqlite", tmp_path / "copy")
        place.put(tmp_path / "copy", "answers/x")

    assert len(set(names)) == 2


def test_zip_files_that_were_changed_are_named(place, tmp_path):
    """In any byte of their directory."""
    path = tmp_path / "shared" / "runs" / f"{NAME}.zip"
    zipped(tmp_path / "shared", recorded(tmp_path / "nine"), NAME)
    whole = path.read_bytes()
    for at in range(len(whole) - 200, len(whole), 17):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])

        pulled = pull_runs(tmp_path / "ben", place)

        assert len(pulled.refused) + len([one for one in pulled.copied if one == NAME]) == 1
        shutil.rmtree(tmp_path / "ben" / NAME, ignore_errors=True)


def test_another_run_under_one_name_is_told_to_both_sides(tmp_path):
    """Whoever comes first; the same run on both sides is no problem, and nothing of either changes."""
    ada, ben, cem = (
        machine(tmp_path / name, runs=(1, number)) for name, number in (("ada", 2), ("ben", 3), ("cem", 4))
    )
    other = msgspec.structs.replace(run_number(1), commit="another")
    shutil.rmtree(ben / other.id)
    (ben / other.id).mkdir()
    write_run(ben / other.id, other, (), ())
    place = Place(str(tmp_path / "shared"))

    swapped = [(push_runs(one, place).refused, pull_runs(one, place).refused) for one in (ada, ben, cem, ada)]

    told = (f"{other.id}: another run has this name there; neither is copied, so run one of them again",)
    assert swapped == [((), ()), (told, told), ((), ()), ((), ())]
    assert read_run(ben / other.id) == other
