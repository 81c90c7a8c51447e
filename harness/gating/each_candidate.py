"""Each test of a suite runs once for each candidate: ``test_x[checkpoint-500]``; recorded as the same test.

For pytest: PYTEST_DONT_REWRITE
"""

from collections.abc import Mapping

import pytest

from harness.gating.marks import mark_of
from harness.gating.pointing import refusal

CANDIDATES = pytest.StashKey[Mapping[str, str | None]]()
"""The name of each candidate of this session by its label; one candidate has an empty label."""
PARAMETER = "harness_candidate"


@pytest.fixture
def harness_candidate(request: pytest.FixtureRequest) -> str:
    """Return the label of the candidate that a test is about, where there are several; not for suites to use."""
    return str(request.param)


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one test of each candidate, after every other parameter, so that the label ends the test's id."""
    labels = [label for label in metafunc.config.stash[CANDIDATES] if label]
    if labels and mark_of(metafunc.definition):
        metafunc.fixturenames.append(PARAMETER)
        metafunc.parametrize(PARAMETER, labels, ids=labels, indirect=True)


def candidate_of(item: pytest.Item) -> str:
    """Return the label of the candidate that a test is about; empty where there is only one.

    Raises:
        UsageError: there are several, and this kind of test can't be run for each.
    """
    labels = item.config.stash[CANDIDATES]
    if "" in labels:
        return ""
    label = (
        item.callspec.params.get(PARAMETER) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else None
    )
    if not isinstance(label, str):
        raise refusal(
            f"{item.nodeid} can't run for each of {len(labels)} candidates, since it is not a test function that "
            "pytest can parametrize; leave it out with --deselect, or name one candidate"
        )
    return label


def recorded_id(item: pytest.Item) -> str:
    """Return a test's id without the candidate, under which its run records it: the same as in a run of its own."""
    label, shown = candidate_of(item), item.nodeid
    if not label:
        return shown
    if shown.endswith(f"[{label}]"):
        return shown.removesuffix(f"[{label}]")
    return f"{shown.removesuffix(f'-{label}]')}]" if shown.endswith(f"-{label}]") else shown
