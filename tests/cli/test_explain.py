"""``harness explain``: the section of an error, all names, and what is said to a wrong one."""

import json
import shutil
from pathlib import Path

import pytest

from harness.text import pages
from harness.text.catalogue import read_catalogue


@pytest.fixture(autouse=True)
def _narrow(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


def test_it_says_what_an_error_means_its_causes_and_what_to_do(harness):
    """In 60 columns, and without colours."""
    lines = harness("explain", "StoreError").splitlines()

    assert lines[:3] == ["StoreError", "", "The answers that are kept, or another file of a run, can't"]
    assert "Usual causes:" in lines
    assert any(line.startswith("What to do: ") for line in lines)
    assert max(map(len, lines)) <= 60
    assert not any("\x1b" in line for line in lines)


def test_without_a_name_it_lists_all(harness):
    """Each with what it means below it."""
    lines = harness("explain").splitlines()

    assert [line for line in lines if not line.startswith(" ")] == [one.name for one in read_catalogue()]
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("arguments", [("StoreError",), ()], ids=["one", "all"])
def test_a_terminal_that_says_it_has_no_columns_gets_narrow_lines(harness, monkeypatch, arguments):
    """As some shells inside of containers say."""
    monkeypatch.setenv("COLUMNS", "0")

    assert harness("explain", *arguments).startswith(("StoreError\n", "HarnessError\n"))


@pytest.mark.parametrize(("arguments", "names"), [(("Unmeasured",), ["Unmeasured"]), ((), None)])
def test_machines_get_the_page_as_it_is(harness, arguments, names):
    """A list, of one or of all."""
    told = json.loads(harness("explain", *arguments, "--json"))

    found = {one.name: one.text for one in read_catalogue()}
    assert {one["name"]: one["text"] for one in told} == {name: found[name] for name in names or found}


def test_a_wrong_name_is_one_line_with_the_nearest(harness):
    """Exit code 2."""
    assert harness("explain", "NoModel") == "2: error: no error is called 'NoModel'; did you mean NoSuchModel?\n"


def test_an_installed_package_has_the_page(harness, monkeypatch, tmp_path):
    """Where the wheel puts it, as pyproject.toml says."""
    import tomllib

    root = Path(pages.__file__).parents[2]
    wheel = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    place = tmp_path / wheel["force-include"]["docs/errors.md"]
    place.parent.mkdir(parents=True)
    shutil.copy(root / "docs" / "errors.md", place)
    found = pages.content_folder("docs", tmp_path / "harness")
    monkeypatch.setattr("harness.text.catalogue.content_folder", {"docs": found}.__getitem__)

    assert harness("explain", "Unmeasured").startswith("Unmeasured\n")
