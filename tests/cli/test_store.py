"""``harness store``: what people see."""

import json
import os
import sqlite3
import time
from contextlib import closing

import pytest

from harness.asking.store import Store
from harness.records.asked import ModelRef
from tests.asking.store.test_responses import ADAPTER, answered
from tests.models.test_merged import merged_in

DAY_S = 86_400


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Work in a folder whose harness.toml names a folder for runs; the store there holds old and new answers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path / "home"))
    (tmp_path / "harness.toml").write_text('runs = "saved"\n')
    path = tmp_path / "saved" / "answers.sqlite"
    with Store(path, clock=lambda: time.time() - 40 * DAY_S) as store:
        store.keep([answered("old"), answered("failed", error="HTTP 503: \x1b[2J")])
    with Store(path) as store:
        store.keep([answered("new"), answered("new", model=ADAPTER, engine="vllm \x1b[2J")])
    return tmp_path


def test_info_names_models_engines_and_errors(project, harness):
    """In plain words, and nothing that a terminal obeys."""
    told = harness("store", "info")

    assert told.startswith("saved/answers.sqlite: 3 answers, 0.0 MB\n  2 by tiny through fake 1, 20")
    assert "\n  1 by mine (aaaaaaaaaaaa) through vllm \\x1b[2J, 20" in told
    assert told.endswith("errors: 1, of them 1 not answered since; the latest:\n  HTTP 503: \\x1b[2J\n")
    assert "\x1b" not in told


def test_prune_removes_by_age_and_says_so_before(project, harness):
    """--dry-run changes nothing."""
    said = [harness("store", "prune", "--older-than", "30", *more) for more in (["--dry-run"], [], [])]

    assert said == [
        "saved/answers.sqlite: would remove 1 answer and 1 error\n",
        "saved/answers.sqlite: removed 1 answer and 1 error\n",
        "saved/answers.sqlite: removed 0 answers and 0 errors\n",
    ]


def test_prune_removes_by_model(project, harness):
    """Alone, or with an age."""
    assert "removed 0 answers" in harness("store", "prune", "--model", "mine", "--older-than", "30")
    assert "removed 1 answer" in harness("store", "prune", "--model", "mine")
    assert "2 answers" in harness("store", "info")


def test_prune_removes_what_changed_on_the_disk(project, harness):
    """Nothing else, and --dry-run only counts."""
    with closing(sqlite3.connect(project / "saved" / "answers.sqlite")) as db, db:
        db.execute("UPDATE answers SET time = time + 1 WHERE rowid = 2")

    broken = harness("store", "export", "answers.jsonl")
    said = [harness("store", "prune", "--damaged", *more) for more in (["--dry-run"], [], [])]

    assert "checksum differs; `harness store prune --damaged` removes what is damaged" in broken
    assert said == [
        f"saved/answers.sqlite: {done} damaged answers\n" for done in ("would remove 1", "removed 1", "removed 0")
    ]
    assert harness("store", "export", "answers.jsonl") == "answers.jsonl: 2 answers\n"


def test_prune_removes_merged_models_and_plain_copies(project, harness):
    """By their last use; the store is not touched, and need not be there."""
    used = time.time() - 31 * DAY_S
    folder = merged_in(project / "home", "a" * 32, used=used)
    copy = merged_in(project / "home", "a" * 32, used=used, place="plain")
    os.rename(project / "saved", project / "elsewhere")  # noqa: PTH104 - a folder

    said = [harness("store", "prune", "--merged", *more) for more in (["32"], ["30", "--dry-run"], ["30"])]

    assert [[line.partition(": ")[2] for line in text.splitlines()] for text in said] == [
        [f"{verb} merged models, 0.0 MB", f"{verb} plain copies of adapters, 0.0 MB"]
        for verb in ("removed 0", "would remove 1", "removed 1")
    ]
    assert not folder.exists()
    assert not copy.exists()


def test_answers_are_carried_to_another_machine(project, harness):
    """Export here, import there; both say how many."""
    exported = harness("store", "export", "answers.jsonl")
    imported = [harness("store", "import", "answers.jsonl", "--run-dir", "other") for _ in range(2)]

    assert exported == "answers.jsonl: 3 answers\n"
    assert imported == [
        "other/answers.sqlite: 3 answers imported, 0 were already there\n",
        "other/answers.sqlite: 0 answers imported, 3 were already there\n",
    ]


def test_answers_of_an_older_version_are_said_to_be_so(project, harness):
    """They have no model's name."""
    with Store(project / "saved" / "answers.sqlite") as store:
        nameless = ModelRef(base="", base_digest="", template_digest="")
        store.keep([answered("ancient", model=nameless, engine="")])

    assert "  1 from an older version of the harness" in harness("store", "info")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["info", "--run-dir", "none"], "error: none/answers.sqlite: no response store here"),
        (["info", "--harness-config", "none.toml"], "error: none.toml: no such file (--harness-config)"),
        (["prune"], "error: nothing to remove: add --older-than DAYS, --model NAME, --damaged or --merged DAYS"),
        (["prune", "--model", "mime"], "error: saved/answers.sqlite: no answers of a model named 'mime'"),
        (["export", "none/answers.jsonl"], "error: none/answers.jsonl: can't be written: No such file"),
        (["import", "none.jsonl"], "error: none.jsonl: can't be read: No such file"),
    ],
)
def test_a_mistake_is_one_line(project, harness, arguments, words):
    """Exit code 2, what is wrong, and what to do."""
    told = harness("store", *arguments)

    assert told.startswith(f"2: {words}")
    assert told.count("\n") == 1


@pytest.mark.parametrize("days", ["-1", "many", "99999999999"])
def test_days_are_a_number_that_makes_sense(project, harness, days):
    """Anything else is refused before the store is touched."""
    assert harness("store", "prune", "--older-than", days).startswith("2: Usage:")
    assert "3 answers" in harness("store", "info")


def test_every_command_of_the_store_as_json(project, harness):
    """Counts by name, for what is there, removed, written and read."""
    told = [
        json.loads(harness("store", *words, "--json"))
        for words in (
            ["info"],
            ["export", "all.jsonl"],
            ["prune", "--older-than", "30", "--merged", "1", "--damaged"],
            ["import", "all.jsonl"],
        )
    ]

    info, exported, pruned, imported = told
    assert [one["answers"] for one in info["holds"]["holdings"]] == [2, 1]
    assert exported == {"file": "all.jsonl", "answers": 3}
    assert (pruned["removed"]["answers"], pruned["removed"]["errors"], pruned["removed"]["damaged"]) == (1, 1, 0)
    assert pruned["removed"]["merged"] == {"folders": 0, "size_bytes": 0}
    assert imported == {"store": "saved/answers.sqlite", "imported": 1, "already_there": 2}


def test_people_see_how_far_a_long_export_and_import_are(project, harness, monkeypatch):
    """On standard error; what is short says nothing."""
    said = []
    monkeypatch.setattr("harness.text.progress.ProgressBar.say", lambda _bar, text: said.append(text))
    harness("store", "export", "all.jsonl")
    monkeypatch.setattr("harness.asking.store.exchange.LONG", 0)

    harness("store", "export", "all.jsonl")
    harness("store", "import", "all.jsonl")

    assert said[:2] == ["exporting: 3 answers", "exporting: 3 of 3 answers, 0:00 left"]
    assert said[2].startswith("importing: ")
