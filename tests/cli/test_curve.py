"""``harness adapters curve``, and what ``show`` says of it."""

import json

import pytest

from harness.train.curve import Curve, Point, write_curve
from harness.train.hosted_manifest import write_job
from harness.train.manifest import write_manifest
from tests.models.fakes import adapter_in
from tests.train.hosted.made import job
from tests.train.made import manifest


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Return a folder with two adapters that were trained here, and a whole model."""
    monkeypatch.chdir(tmp_path)
    for name in ("mine", "other"):
        adapter_in(tmp_path / "adapters" / name)
    (tmp_path / "whole").mkdir()
    for place in ("adapters/mine", "adapters/other", "whole"):
        write_manifest(tmp_path / place, manifest(place.rpartition("/")[2]))
    write_curve(tmp_path / "adapters" / "mine", Curve(name="mine", kept=2, points=(Point(step=2, loss=1.5),)))
    return tmp_path


def test_the_page_is_written_again_and_show_names_it(command, folder):
    """From curve.json, beside it."""
    before = command("adapters", "show", "mine")
    code, told = command("adapters", "curve", "mine")

    assert (code, "adapters/mine/curve.html: the course of mine" in told) == (0, True)
    assert "mine: 2 steps of training" in (folder / "adapters" / "mine" / "curve.html").read_text()
    assert "course:" not in before[1]
    assert "course: " in command("adapters", "show", "mine")[1]


def test_several_go_on_one_page_which_has_to_be_named(command, folder):
    """Adapters by name, and whole models by their folder."""
    assert "name it with --out FILE" in command("adapters", "curve", "mine", "other")[1]

    code, told = command("adapters", "curve", "mine", "whole", "--out", "all.html", "--json")

    assert (code, json.loads(told)) == (0, {"file": "all.html"})
    assert "2 trainings" in (folder / "all.html").read_text()


def test_what_was_not_trained_here_has_no_course(command, folder):
    """The text says why."""
    (folder / "adapters" / "other" / "manifest.json").unlink()

    code, told = command("adapters", "curve", "other")

    assert code == 2
    assert "no manifest of harness train" in told


@pytest.fixture
def hosted(folder):
    """Let the adapter "other" be one that a service trained."""
    place = folder / "adapters" / "other"
    (place / "manifest.json").unlink()
    write_job(place, job(hyperparameters={"n_epochs": 3}, has_weights=True))
    return place


def test_a_training_at_a_service_has_its_page_too(command, folder, hosted):
    """Where the service told its course; nobody watched it here, and that is said."""
    assert "told nothing of the course of job ftjob-1" in command("adapters", "curve", "other")[1]
    write_curve(hosted, Curve(name="other", kept=2, points=(Point(step=2, loss=1.5),)))

    code, told = command("adapters", "curve", "other")

    assert (code, "adapters/other/curve.html: the course of other" in told) == (0, True)
    page = (hosted / "curve.html").read_text()
    assert all(one in page for one in ("nobody watched", "job ftjob-1", "n_epochs = 3, seed = 0", "tiny-8b"))
    assert ("findings" in page, "Nothing was found" in page) == (False, False)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("show", "other"), ("job ftjob-1", "rows.jsonl: 4 rows", "settings: n_epochs = 3, seed = 0")),
        (("list",), ("other",)),
        (("diff", "mine", "other"), ("ftjob-1",)),
        (("card", "other"), ("rows.jsonl: 4 rows", "job ftjob-1")),
    ],
)
def test_what_a_service_trained_is_known_wherever_an_adapter_is_shown(command, hosted, words, parts):
    """Its rows, settings, base model and job."""
    _, told = command("adapters", *words)

    assert [one for one in ("tiny-8b", *parts) if one not in told] == []
