"""Where the labels of a rubric are."""

import pytest

from harness.errors import DataError
from harness.judges.check import found_labels, labels_to_check, limits_of
from harness.records.scored import TrustLimits
from harness.text.pages import content_folder
from tests.judges.made import COMPLETENESS, HELPFULNESS


def test_shipped_labels_are_those_of_a_shipped_rubric_alone(tmp_path):
    """The project's own come first, and a rubric of its own has none but these."""
    own, shipped = tmp_path / "completeness.labels.jsonl", content_folder("judges") / "completeness.labels.jsonl"

    assert found_labels(tmp_path, COMPLETENESS) == shipped
    (tmp_path / "completeness.toml").touch()
    assert found_labels(tmp_path, COMPLETENESS) == own
    (tmp_path / "completeness.toml").unlink()
    own.touch()
    assert found_labels(tmp_path, COMPLETENESS) == own


def test_shipped_labels_can_check_a_judge():
    """As many as the limits ask for."""
    for rubric in (COMPLETENESS, HELPFULNESS):
        labels = labels_to_check(found_labels(content_folder("judges"), rubric), rubric)
        assert len({label.group or label.case_id for label in labels}) >= TrustLimits().min_labels
        assert limits_of(rubric) == TrustLimits()


def test_without_labels_the_way_to_some_is_told(tmp_path):
    """People label a draw of a run's answers, others have labelled some, or one writes them."""
    for rubric in (HELPFULNESS, COMPLETENESS):
        ways = rf"RUN --for-judge {rubric.id}`, take .* `harness judge import`, or write a line of JSON"
        with pytest.raises(DataError, match=ways):
            labels_to_check(tmp_path / "none.jsonl", rubric)
