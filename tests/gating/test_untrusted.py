"""Gates on what nobody checked against people: advisory whatever the test says, and the reason says so."""

import msgspec
import pytest

from harness.errors import ScorerError
from harness.gating.fitting import refuse_unfit
from harness.gating.suite_run import SuiteRun
from harness.records.compared import Gate
from harness.scorers import cites, declines
from harness.scorers.meanings.calibrated import UNCHECKED
from harness.scorers.similar import Similar
from tests.embeddings import FAKE, by_words
from tests.gating.test_asking_again import Batches, forgets, ready
from tests.gating.test_evaluate import suite_of

WHY = f"advisory: similar() {UNCHECKED}"


def similar(doubt: str) -> Similar:
    """Return a scorer by words."""
    return Similar(
        call="similar()",
        measure="cosine",
        threshold=0.5,
        field=None,
        model=FAKE,
        read=str.strip,
        doubt=doubt,
        load=lambda _: by_words(),
    )


@pytest.fixture
def asked(tmp_path):
    """A suite of which the adapter lost a case, and a run of it."""
    suite = suite_of("alpha", "beta", "gamma")
    return suite, SuiteRun(ready(tmp_path, Batches(forgets("beta")), suite).source)


def test_a_gate_on_an_unchecked_threshold_is_advisory_and_says_so(asked):
    """It fails no test, and counts for nothing."""
    suite, run = asked
    comparison = run.evaluate("t", suite, similar(UNCHECKED))

    (verdict,) = run.gate("t", comparison, Gate(floor=0.9))

    assert (verdict.outcome, verdict.gate.advisory) == ("failed", True)
    assert verdict.reasons[-1] == WHY
    assert len(verdict.reasons) == 2


def test_so_is_one_that_passes(asked):
    """Nobody may take it for a proof."""
    suite, run = asked
    (verdict,) = run.gate("t", run.evaluate("t", suite, similar(UNCHECKED)), Gate(floor=0.1))

    assert (verdict.outcome, verdict.gate.advisory, verdict.reasons[-1]) == ("passed", True, WHY)


def test_a_gate_on_a_checked_one_is_as_the_test_says(asked):
    """And has no reason more."""
    suite, run = asked
    comparison = run.evaluate("t", suite, similar(""))

    (enforced,) = run.gate("t", comparison, Gate(floor=0.9))
    (advisory,) = run.gate("t", comparison, Gate(floor=0.9, advisory=True))

    assert (enforced.gate.advisory, advisory.gate.advisory) == (False, True)
    assert len(enforced.reasons) == len(advisory.reasons) == 1


def test_all_slices_of_it_are_advisory(tmp_path):
    """Each is decided on its own."""
    cases = tuple(msgspec.structs.replace(case, tags=(f"by-{case.id}",)) for case in suite_of("alpha", "beta").cases)
    suite = msgspec.structs.replace(suite_of("alpha", "beta"), cases=cases)
    run = SuiteRun(ready(tmp_path, Batches(forgets("beta")), suite).source)

    verdicts = run.gate("t", run.evaluate("t", suite, similar(UNCHECKED)).by_tag("by"), Gate(floor=0.9))

    assert [(one.gate.advisory, one.reasons[-1]) for one in verdicts] == [(True, WHY)] * 2


@pytest.mark.parametrize("scorer", [similar(""), cites(), declines()])
def test_what_reads_answers_is_refused_where_none_are_generated(scorer):
    """Likelihoods of given texts are no answers."""
    suite = suite_of("alpha")
    refuse_unfit(suite, scorer)

    with pytest.raises(ScorerError, match="reads answers, but with continuations= nothing is generated"):
        refuse_unfit(msgspec.structs.replace(suite, continuations={"alpha": ("a", "b")}), scorer)
