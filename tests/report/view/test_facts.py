"""The table of facts of a run."""

from harness.records.parties import Origin
from harness.report.view.facts import facts_of
from tests.saved_runs import empty_run


def test_the_commit_of_a_base_model_from_a_hub_is_a_fact_of_each_side():
    """A folder on this machine has none."""
    origins = (
        Origin(party="baseline", known_by="weights"),
        Origin(party="candidate", known_by="proof", commit="1" * 40),
    )

    rows = dict(facts_of(empty_run(origins=origins)).settings)

    assert rows["Base model of the candidate"] == f"fetched from a hub, commit {'1' * 40}"
    assert "Base model of the baseline" not in rows
