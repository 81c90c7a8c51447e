"""What ``import harness`` offers to the author of a suite, and that its types travel with it."""

import inspect
from importlib.resources import files

import pytest

import harness
from harness.scorers.scoring import describe
from harness.text.pages import content_folder

EXPORTED = {
    "Case",
    "Comparison",
    "Estimate",
    "Gate",
    "GateFailed",
    "GateInconclusive",
    "HarnessError",
    "InputError",
    "Message",
    "Response",
    "Row",
    "Score",
    "Scorer",
    "Slices",
    "Unmeasured",
    "Verdict",
}


def test_exactly_these_names_are_exported():
    """What is added or taken away is seen by every suite, so it is a decision."""
    public = {
        name for name in vars(harness) if not name.startswith("_") and not inspect.ismodule(getattr(harness, name))
    }

    assert set(harness.__all__) == public == EXPORTED
    assert list(harness.__all__) == sorted(harness.__all__)


def test_a_scorer_is_written_with_exported_names_alone():
    """A case, a response and a score are all it takes."""

    def is_polite(case: harness.Case, response: harness.Response) -> harness.Score:
        polite = "please" in response.text and case.expected is None
        return harness.Score(value=1.0 if polite else 0.0, category="" if polite else "rude")

    scorer: harness.Scorer = is_polite
    case = harness.Case(id="a", messages=(harness.Message(role="user", content="Hi"),))

    assert scorer(case, harness.Response(request_key="k", text="no")).category == "rude"
    assert "is_polite" in describe(scorer)


def test_the_package_says_that_it_is_typed():
    """Without py.typed a suite's type checker takes everything from here for Any."""
    assert files(harness).joinpath("py.typed").is_file()


@pytest.mark.parametrize("shipped", ["judges", "reports", "starter"])
def test_what_is_shipped_beside_the_package_is_no_python(shipped):
    """Installed for editing, a module there would be all that pytest sees of the plugin, and it would not start."""
    found = sorted(path.name for path in content_folder(shipped).rglob("*") if path.is_file())

    assert found
    assert [name for name in found if name.endswith(".py")] == []
