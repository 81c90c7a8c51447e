"""The ledger: its chain, its two kinds of files, its signatures, and what can be wrong with it."""

import json
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from harness.config.release import RegistryConfig
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError, RegistryError
from harness.registry.entry import Entry, line_of
from harness.registry.ledger import LINES, Ledger
from harness.registry.promote import Registry
from tests.registry.made import ADA, GIT, judged, project, promote
from tests.registry.test_dsse import pem, public_pem

SQLITE = RegistryConfig()
KINDS = pytest.mark.parametrize("kind", [SQLITE, GIT], ids=["sqlite", "git"])


@pytest.fixture
def made(tmp_path):
    """Return a registry of a kind, with two promotions."""

    def make(kind: RegistryConfig = GIT) -> Registry:
        registry = project(tmp_path, kind)
        promote(registry, tmp_path, "first")
        promote(registry, tmp_path, "second", "first")
        return registry

    return make


def edit(tmp_path, change) -> Ledger:
    """Change the lines of the ledger in git, and return it."""
    path = tmp_path / "promotions.jsonl"
    lines = change(path.read_bytes().splitlines())
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Ledger(HarnessConfig(registry=GIT), tmp_path)


def redigested(line: bytes, old: bytes, new: bytes) -> bytes:
    """Return a line with other words and the digest that belongs to them, as a careful forger makes it."""
    payload = msgspec.json.encode(json.loads(line)["statement"]).replace(old, new)
    return line_of(payload, ())


@KINDS
def test_each_entry_holds_the_digest_of_the_one_before(made, kind):
    """In both kinds of files."""
    first, second = made(kind).ledger.entries()

    assert (first.number, first.promotion.previous) == (1, "")
    assert (second.number, second.promotion.previous) == (2, first.digest)
    assert len({first.digest, second.digest}) == 2


def test_a_statement_is_one_of_in_toto(made):
    """Its subjects are the adapter's files, by their SHA-256."""
    said = json.loads(made().ledger.entries()[0].payload)

    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "https://tunegate.invalid/promotion/v1"
    assert [one["name"] for one in said["subject"]] == ["first/adapter_config.json", "first/adapter_model.safetensors"]
    assert all(len(one["digest"]["sha256"]) == 64 for one in said["subject"])
    assert [one["path"] for one in said["predicate"]["suites"]] == [
        "suites/sums/cases.jsonl",
        "suites/sums/test_sums.py",
    ]
    assert "training" not in said["predicate"]  # without a manifest nothing is known of it
    assert "commit" not in said["predicate"]["base"]


def test_an_entry_that_was_edited_is_named(made, tmp_path):
    """By its line."""
    made()

    edited = edit(tmp_path, lambda lines: [lines[0].replace(b"Ada", b"Eve"), lines[1]])

    with pytest.raises(RegistryError, match=r"promotions.jsonl:1: this entry was edited"):
        edited.entries()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [redigested(lines[0], b"Ada", b"Eve"), lines[1]],
        lambda lines: [lines[0], redigested(lines[1], b'"number":2', b'"number":3')],
        lambda lines: [lines[0], lines[0]],
    ],
    ids=["edited with its digest", "numbered otherwise", "twice"],
)
def test_a_chain_that_does_not_hold_is_named(made, tmp_path, change):
    """Where it breaks."""
    made()

    with pytest.raises(RegistryError, match=r"promotions.jsonl:2: this entry does not name the one before it"):
        edit(tmp_path, change).entries()


def test_an_entry_that_was_removed_is_noticed(made, tmp_path):
    """The next one follows nothing then."""
    made()

    with pytest.raises(RegistryError, match=r"promotions.jsonl:1: .* an entry was removed or moved"):
        edit(tmp_path, lambda lines: lines[1:]).entries()


@pytest.mark.parametrize(("line", "told"), [(b"<<<<<<< HEAD", "git merged two promotions"), (b"{}", "not an entry")])
def test_a_line_that_is_no_entry_is_named(made, tmp_path, line, told):
    """As a merge leaves it."""
    made()

    with pytest.raises(RegistryError, match=rf"promotions.jsonl:2: .*{told}"):
        edit(tmp_path, lambda lines: [lines[0], line]).entries()


def test_an_entry_of_a_newer_version_is_told_as_such(made, tmp_path):
    """What it says more can't be left out: it can decide."""
    made()

    with pytest.raises(RegistryError, match="a newer version can have written it"):
        edit(tmp_path, lambda lines: [redigested(lines[0], b'"action"', b'"wish":1,"action"')]).entries()


@KINDS
def test_of_two_promoters_one_wins_and_the_other_is_told(tmp_path, kind):
    """Both have read the ledger before either has added to it."""
    registry = project(tmp_path, kind)
    statement = promote(registry, tmp_path, "first").statement
    again = msgspec.structs.replace(statement.predicate, number=2, previous=registry.ledger.entries()[0].digest)
    statement, last = msgspec.structs.replace(statement, predicate=again), registry.ledger.entries()[0]
    registry.ledger.add(statement, last)

    with pytest.raises(RegistryError, match=r"Ada .* promoted first@2 in the meantime, so nothing was added"):
        registry.ledger.add(statement, last)
    assert len(registry.ledger.entries()) == 2


@KINDS
def test_two_promoters_in_one_moment_get_one_promotion(made, monkeypatch, tmp_path, kind):
    """Both have their evidence, and both add to the same last entry."""
    registry = made(kind)
    both, add = threading.Barrier(2), Ledger.add

    def at_once(ledger: Ledger, *said: object) -> Entry:
        both.wait()
        return add(ledger, *said)

    monkeypatch.setattr(Ledger, "add", at_once)
    run = judged(tmp_path, "third", "second")
    with ThreadPoolExecutor(2) as pool:
        tries = [
            pool.submit(registry.promote, tmp_path / "adapters" / "third", run, ADA),
            pool.submit(registry.roll_back, 1, ADA),
        ]
        ended = [one.exception() for one in tries]

    assert sorted(map(type, ended), key=str) == [type(None), RegistryError]
    assert "in the meantime" in str(next(filter(None, ended)))
    assert len(registry.ledger.entries()) == 3


def test_a_ledger_that_is_gone_meanwhile_is_told_as_such(made, tmp_path):
    """Nobody else was first."""
    registry = made()
    last = registry.ledger.entries()[-1]
    (tmp_path / "promotions.jsonl").unlink()

    with pytest.raises(RegistryError, match="the ledger is gone since it was read"):
        registry.ledger.add(last.statement, last)


def test_entries_in_the_database_are_neither_changed_nor_removed(made, tmp_path):
    """Not by mistake; by somebody who means it, the chain shows it."""
    ledger = made(SQLITE).ledger
    database = sqlite3.connect(tmp_path / "adapters" / "promotions.sqlite")

    for sql in ("UPDATE entries SET number = 5", "DELETE FROM entries"):
        with pytest.raises(sqlite3.IntegrityError, match="entries are never"):
            database.execute(sql)
    database.executescript("DROP TRIGGER kept; DELETE FROM entries WHERE number = 1")
    database.close()

    with pytest.raises(RegistryError, match=r"promotions.sqlite, entry 2: .* an entry was removed"):
        ledger.entries()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("CREATE TABLE other (x)", "a database of another program"),
        ("CREATE TABLE entries (x); PRAGMA user_version = 2", "made by a newer version"),
        (
            "CREATE TABLE entries (number, line); INSERT INTO entries VALUES (1, 'x'); PRAGMA user_version = 1",
            "not what",
        ),
    ],
)
def test_a_database_of_another_kind_is_refused(tmp_path, content, told):
    """By name."""
    ledger = project(tmp_path).ledger
    database = sqlite3.connect(tmp_path / "adapters" / "promotions.sqlite")
    database.executescript(content)
    database.close()

    with pytest.raises(RegistryError, match=told):
        ledger.entries()


def test_a_file_that_is_no_database_is_refused_and_an_empty_one_is_a_new_ledger(tmp_path):
    """As the first promoter leaves it who is killed."""
    registry = project(tmp_path)
    path = tmp_path / "adapters" / "promotions.sqlite"
    path.write_bytes(b"")

    assert registry.ledger.entries() == ()
    assert promote(registry, tmp_path, "first").number == 1
    path.write_bytes(b"something else, long enough" * 100)
    with pytest.raises(RegistryError, match="this is not a ledger of promotions"):
        registry.ledger.entries()


@KINDS
def test_where_nothing_can_be_written_nothing_is_half_done(made, monkeypatch, tmp_path, kind):
    """The ledger can be read as before."""
    registry = made(kind)
    if kind is GIT:
        (tmp_path / "adapters" / "promotions.lock").unlink()
        (tmp_path / "adapters" / "promotions.lock").mkdir()
    else:
        real = sqlite3.connect
        monkeypatch.setattr(
            "sqlite3.connect", lambda address, **named: real(address.replace("mode=rwc", "mode=ro"), **named)
        )

    with pytest.raises(RegistryError, match=r"it is read-only|nothing was added: Is a directory"):
        back_and_forth(registry)

    assert len(registry.ledger.entries()) == 2


def back_and_forth(registry):
    """Add a third entry, which needs no run: go back to the other adapter."""
    return registry.roll_back(2 if len(registry.ledger.entries()) % 2 else 1, ADA)


@KINDS
def test_a_full_disk_adds_nothing(made, monkeypatch, tmp_path, kind):
    """And says so."""
    registry = made(kind)
    if kind is GIT:
        monkeypatch.setattr("os.fsync", lambda _file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    else:
        (size,) = sqlite3.connect(tmp_path / "adapters" / "promotions.sqlite").execute("PRAGMA page_count").fetchone()
        real = sqlite3.connect

        def full(*arguments: object, **named: object) -> sqlite3.Connection:
            database = real(*arguments, **named)
            database.execute(f"PRAGMA max_page_count = {size}")
            return database

        monkeypatch.setattr("sqlite3.connect", full)

    with pytest.raises(RegistryError, match=r"disk is full|No space left"):
        [back_and_forth(registry) for _ in range(9)]  # until the last page is full
    monkeypatch.undo()

    number = len(registry.ledger.entries())
    assert back_and_forth(registry).number == number + 1


def test_a_ledger_in_git_is_a_file_of_lines(tmp_path):
    """Its name says so."""
    with pytest.raises(ConfigError, match=r"name it \*.jsonl"):
        Ledger(HarnessConfig(registry=RegistryConfig(ledger="ledger.db")), tmp_path)


def signed(tmp_path, *trusted: str) -> RegistryConfig:
    """Make two keys, and return the settings that sign with the first and trust the named ones."""
    for name in ("ci", "eve"):
        if not (tmp_path / f"{name}.pem").exists():
            key = ed25519.Ed25519PrivateKey.generate()
            (tmp_path / f"{name}.pem").write_bytes(pem(key))
            (tmp_path / f"{name}.pub").write_bytes(public_pem(key))
    return RegistryConfig(ledger="promotions.jsonl", key_file="ci.pem", trusted_keys=trusted)


def test_a_ledger_that_moves_to_git_takes_its_promotions_along(made, tmp_path):
    """Else nothing would be promoted, and the next adapter would be compared with its base model."""
    entries = made(SQLITE).ledger.entries()
    moved = Ledger(HarnessConfig(registry=GIT), tmp_path)

    with pytest.raises(RegistryError, match=r"is empty, and .*promotions.sqlite has the promotions so far; move them"):
        moved.entries()

    found = sqlite3.connect(tmp_path / "adapters" / "promotions.sqlite").execute(LINES).fetchall()
    (tmp_path / "promotions.jsonl").write_bytes(b"".join(line + b"\n" for (line,) in found))
    assert [one.line for one in moved.entries()] == [one.line for one in entries]


def test_entries_are_signed_where_a_key_is_set_and_name_their_signer(tmp_path):
    """Without trusted keys the signature is kept, and nobody vouches for it."""
    trusting, keeping = signed(tmp_path, "eve.pub", "ci.pub"), signed(tmp_path)
    promote(project(tmp_path, trusting), tmp_path, "first")

    read = [Ledger(HarnessConfig(registry=kind), tmp_path).entries()[0] for kind in (trusting, keeping)]

    assert [one.signed_by for one in read] == ["ci.pub", ""]
    assert len(read[0].signatures) == 1


def test_a_key_that_is_not_the_signers_is_named(tmp_path):
    """With the one that signed."""
    promote(project(tmp_path, signed(tmp_path, "ci.pub")), tmp_path, "first")
    ledger = Ledger(
        HarnessConfig(registry=RegistryConfig(ledger="promotions.jsonl", trusted_keys=("eve.pub",))), tmp_path
    )

    with pytest.raises(RegistryError, match=r"entry 1 is signed by key \w{12}, which is none of .* eve.pub \(\w{12}\)"):
        ledger.entries()


def test_where_keys_are_trusted_an_unsigned_entry_is_refused(made, tmp_path):
    """Also one from before they were."""
    made()
    signed(tmp_path)
    config = HarnessConfig(registry=RegistryConfig(ledger="promotions.jsonl", trusted_keys=("ci.pub",)))

    with pytest.raises(RegistryError, match=r"entry 1 is not signed by any of .* ci.pub"):
        Ledger(config, tmp_path).entries()


def test_nothing_is_signed_that_nobody_would_trust(tmp_path):
    """Another key, or none."""
    others = project(tmp_path, signed(tmp_path, "eve.pub"))
    with pytest.raises(ConfigError, match=r"key_file = 'ci.pem': its key \w{12} is none of trusted_keys: eve.pub"):
        promote(others, tmp_path, "first")
    config = HarnessConfig(registry=RegistryConfig(trusted_keys=("eve.pub",)))
    with pytest.raises(ConfigError, match="trusted_keys wants signatures: set key_file"):
        type(others)(config, tmp_path, others._now).promote(
            tmp_path / "adapters" / "first", tmp_path / "runs" / "0001-2026-11-27-abcd", ADA
        )
    assert others.ledger.entries() == ()
