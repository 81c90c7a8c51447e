"""Which candidates a command line names, and what each is called."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.errors import NoSuchModel
from harness.gating.candidates import candidates_in, said_one_by_one
from harness.gating.each_candidate import CANDIDATES, candidate_of
from tests.mistakes import MORE
from tests.models.fakes import adapter_in

MINE = ("adapters/mine/checkpoint-500", "adapters/mine/checkpoint-1000")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make two checkpoints, and a folder beside them that is none."""
    for name in MINE:
        adapter_in(tmp_path / name)
    (tmp_path / "adapters" / "mine" / "checkpoint-notes").mkdir()
    (tmp_path / "suites").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("checkout")
def test_folders_that_a_shell_lists_behind_one_option_are_all_candidates():
    """What follows them is a test again."""
    typed = ["-q", "--candidate", *MINE, "suites"]

    said = said_one_by_one(typed, typed)

    assert said == ["-q", "--candidate", MINE[0], "--candidate", MINE[1], "suites"]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_a_shell_lists_beside_the_adapters_hides_none_of_them(checkout, place):
    """Wherever an empty checkpoint is in the list, all adapters are candidates, and it is neither that nor a test."""
    (checkout / "adapters" / "mine" / "checkpoint-750").mkdir()
    listed = [*MINE]
    listed.insert(place, "adapters/mine/checkpoint-750")
    typed = ["--candidate", *listed, "suites"]

    said = said_one_by_one(typed, typed)

    assert said == ["--candidate", MINE[0], "--candidate", MINE[1], "suites"]


@pytest.mark.usefixtures("checkout")
def test_one_candidate_is_said_as_it_was_typed():
    """In both forms, whether its folder exists or not, and at the very end."""
    for typed in (
        ["--candidate", MINE[0], "suites"],
        [f"--candidate={MINE[0]}"],
        ["--candidate", "x"],
        ["--candidate"],
    ):
        assert said_one_by_one(typed, typed) == typed


@pytest.mark.usefixtures("checkout")
def test_what_is_typed_overrules_the_candidates_of_a_file():
    """Options of a file come before the words of the command line. Without a typed candidate they stay."""
    addopts, typed = ["--candidate", "base", "-q"], ["suites", "--candidate", MINE[0]]

    assert said_one_by_one([*addopts, *typed], typed) == ["-q", *typed]
    assert said_one_by_one([*addopts, "suites"], ["suites"]) == [*addopts, "suites"]


def test_a_pattern_stands_for_the_adapters_that_it_matches_by_number(checkout):
    """500 comes before 1000, and a folder that is no adapter is left out."""
    found = candidates_in(["adapters/mine/checkpoint-*"], checkout)

    assert dict(found) == {"checkpoint-500": MINE[0], "checkpoint-1000": MINE[1]}


def test_a_folder_counts_once_however_its_path_is_written(checkout):
    """As it was named first; a shell's completion ends it with a slash."""
    given = [f"{MINE[0]}/", MINE[0], f"./{MINE[0]}", str(checkout / MINE[0]), MINE[1], "adapters/mine/checkpoint-*"]

    found = candidates_in(given, checkout)

    assert list(found.values()) == [f"{MINE[0]}/", MINE[1]]


def test_a_pattern_that_matches_no_adapter_is_refused(checkout):
    """With what to look at."""
    with pytest.raises(NoSuchModel, match=r"adapters/other/\*: no adapter folder matches .* `ls -d adapters/other/\*`"):
        candidates_in(["adapters/other/*"], checkout)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ([], {"": None}),
        (["a"], {"": "a"}),
        (["a", "a"], {"": "a"}),
        (["one/last", "two/last"], {"one/last": "one/last", "two/last": "two/last"}),
        (["run:7", "openai:gpt-[x]"], {"run:7": "run:7", "openai:gpt-_x_": "openai:gpt-[x]"}),
        (["ä", "ö"], {"_@1": "ä", "_@2": "ö"}),
    ],
)
def test_labels_tell_candidates_apart_and_fit_into_a_tests_id(tmp_path, given, found):
    """One candidate has none; what is named twice counts once."""
    assert dict(candidates_in(given, tmp_path)) == found


def test_a_test_that_can_not_run_for_each_candidate_is_refused_with_its_address():
    """Such as one that another plugin makes of a text file."""
    stash = pytest.Stash()
    stash[CANDIDATES] = {"a": "adapters/a", "b": "adapters/b"}
    item = SimpleNamespace(nodeid="notes.txt::1", config=SimpleNamespace(stash=stash))

    with pytest.raises(pytest.UsageError) as refused:
        candidate_of(item)

    assert str(refused.value).startswith("notes.txt::1 can't run for each of 2 candidates, ")
    assert MORE.findall(str(refused.value)) == ["InputError"]
