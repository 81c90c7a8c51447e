"""Whether a threshold was checked against people's labels."""

import pytest

from harness.errors import InputError, ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.records.scored import Score
from harness.scorers.meanings.calibrated import UNCHECKED, Calibration, calibrate, doubt_in

NAME = 'semantic_similarity(threshold=0.7, model="it\'s 12345678")'


def saved(folder, scorer=NAME, labels=60, agreement=0.9, kappa=0.8):
    """Write a calibration."""
    path = folder / "similarity.toml"
    path.write_text(Calibration(scorer=scorer, labels=labels, agreement=agreement, kappa=kappa).in_toml)
    return path


def test_without_a_file_it_was_never_checked():
    """Which is what the gate says."""
    assert doubt_in(None, NAME) == UNCHECKED


def test_enough_labels_that_agree_leave_no_doubt(tmp_path):
    """At the very thresholds."""
    assert doubt_in(saved(tmp_path), NAME) == ""
    assert doubt_in(saved(tmp_path, labels=50, kappa=0.6), NAME) == ""


def test_too_few_labels_or_too_little_agreement_leave_it(tmp_path):
    """And the reason says which."""
    assert doubt_in(saved(tmp_path, labels=49), NAME) == "was checked against 49 labels, fewer than 50"
    assert doubt_in(saved(tmp_path, kappa=0.59), NAME) == (
        "agrees with people's labels at a kappa of 0.59, less than 0.6"
    )


def test_a_calibration_of_another_threshold_or_model_is_refused(tmp_path):
    """What was checked is not what decides."""
    with pytest.raises(InputError, match=r"similarity\.toml: `scorer` is other\(\), but the suite has semantic"):
        doubt_in(saved(tmp_path, scorer="other()"), NAME)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'scorer = "a"\nlabels = -1\nagreement = 0.9\nkappa = 0.9',
        'scorer = "a"\nlabels = 60\nagreement = 1.1\nkappa = 0.9',
        'scorer = "a"\nlabels = 60\nagreement = 0.9\nkappa = nan',
        'scorer = "a"\nlabels = 60\nagreement = 0.9\nkapa = 0.9',
    ],
)
def test_figures_that_cannot_be_are_refused(tmp_path, text):
    """With the file's name."""
    path = tmp_path / "similarity.toml"
    path.write_text(text)

    with pytest.raises(InputError, match=r"similarity\.toml"):
        doubt_in(path, "a")


def labelled(*pairs: tuple[float | None, bool]):
    """Return answers with the score that they get, and what people say."""
    case = Case(id="c", messages=())
    return [(case, Response(request_key="", text=str(value)), right) for value, right in pairs]


def by_text(case: Case, response: Response) -> Score:
    """Score an answer as it says."""
    return Score(value=None if response.text == "None" else float(response.text))


def test_calibrating_counts_agreement_and_kappa():
    """3 of 4 agree; by chance 1/2 would, so kappa is 1/2. An answer without a score is left out."""
    found = calibrate(by_text, labelled((0.9, True), (0.5, True), (0.2, False), (0.7, False), (None, True)))

    assert (found.labels, found.agreement) == (4, 0.75)
    assert found.kappa == pytest.approx(0.5)
    assert "by_text" in found.scorer


@pytest.mark.parametrize("pairs", [[], [(None, True)], [(0.9, True), (0.8, True)]])
def test_labels_that_show_nothing_are_refused(pairs):
    """Kappa is undefined then."""
    with pytest.raises(ScorerError, match="it takes right answers and wrong ones"):
        calibrate(by_text, labelled(*pairs))
