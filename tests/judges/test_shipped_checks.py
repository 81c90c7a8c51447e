"""The checks that are shipped: why nobody should believe the embedded model's verdicts, said by figures of today."""

import pytest

from harness.judges.check import limits_of
from harness.judges.checked import checks_file, read_checks
from harness.judges.decision import decide
from harness.judges.labels import labels_file, read_labels
from harness.judges.readings import people_of
from harness.models.embedded import EMBEDDED
from harness.scorers.judges.rubric import named_rubric
from harness.text.pages import content_folder

LABELLED = sorted(path.name.split(".")[0] for path in content_folder("judges").glob("*.labels.jsonl"))
shipped = pytest.mark.parametrize("name", LABELLED)
AGAIN = "make it again, see CONTRIBUTING.md: harness judge check"


@shipped
def test_the_embedded_judge_was_checked_with_the_words_and_labels_of_today(name):
    """Whoever changes a rubric or its labels makes the check again, or a newcomer reads "never checked"."""
    rubric, folder = named_rubric(name), content_folder("judges")
    labels = read_labels(labels_file(folder, rubric), rubric)

    [check] = read_checks(checks_file(folder, rubric))

    assert check.judge.split()[0] == EMBEDDED
    assert check.digest == rubric.digest, f"{AGAIN} {name}"
    people = {level: sum(people_of(one) == level for one in labels) for level in check.levels}
    assert (check.labels, [*people.values()]) == (len(labels), list(map(sum, check.table))), f"{AGAIN} {name}"
    assert {one.label for one in check.fixed} <= {one.read for one in labels}, f"{AGAIN} {name}"


@shipped
def test_the_embedded_judge_is_not_trusted_by_the_limits_of_today(name):
    """What was decided then is what the figures and limits still say, and kappa is among the figures."""
    rubric = named_rubric(name)
    [check] = read_checks(checks_file(content_folder("judges"), rubric))

    assert check.kappa is not None
    assert (check.outcome, check.reasons) == decide(check, limits_of(rubric))
    assert check.outcome == "untrusted"
