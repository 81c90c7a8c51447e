"""Similarity of answers, with vectors that can be counted by hand."""

import msgspec
import pytest

from harness.errors import InputError, NoSuchModel, ScorerError
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers import any_right, bertscore, semantic_similarity, unfenced
from harness.scorers.meanings.calibrated import doubt_in
from harness.scorers.similar import Similar
from harness.scorers.trust import doubt_of
from tests.embeddings import FAKE, by_words

TEXT = "the cat sat here"


def similar(measure="cosine", *, threshold=None, field=None, read=str.strip, model=FAKE, embedder=None):
    """Return a scorer with a model that knows words alone."""
    call, embedder = f"similar({measure})", embedder or by_words()
    return Similar(
        call=call,
        measure=measure,
        threshold=threshold,
        field=field,
        model=model,
        read=read,
        doubt="",
        load=lambda _: embedder,
    )


@pytest.mark.parametrize(
    ("measure", "answer", "value"),
    [
        ("cosine", TEXT, 1.0),
        ("cosine", "the cat ran there", 0.5),
        ("cosine", "no words in common", 0.0),
        ("precision", "the cat", 1.0),
        ("recall", "the cat", 0.5),
        ("f1", "the cat", 2 / 3),
    ],
)
def test_right_values(score, measure, answer, value):
    """Two of four words are shared; half of the reference is in the answer."""
    assert score(similar(measure), answer, TEXT).value == pytest.approx(value, abs=1e-4)


def test_without_a_threshold_the_score_is_the_similarity(score):
    """Below one half it counts as wrong, as everywhere."""
    found = score(similar(), "the cat ran off", [TEXT])

    assert (found.value, found.reason, found.category) == (0.5, "cosine 0.500", "")
    assert score(similar(), "the dog ran off", TEXT).category == "too little overlap"


def test_with_a_threshold_an_answer_is_right_or_wrong(score):
    """From the threshold on, not above it alone."""
    assert score(similar(threshold=0.5), "the cat ran off", TEXT).value == 1.0
    found = score(similar(threshold=0.51), "the cat ran off", TEXT)

    assert (found.value, found.reason, found.category) == (0.0, "cosine 0.500, below 0.51", "not similar")


def test_the_nearest_of_several_references_counts(score):
    """In any order."""
    assert score(similar(), TEXT, ["a dog", TEXT]).value == score(similar(), TEXT, [TEXT, "a dog"]).value == 1.0


def test_a_field_of_a_json_answer_is_compared(score):
    """And an answer without it is wrong."""
    expected, scorer = {"summary": TEXT}, similar(field="summary")

    assert score(scorer, '{"summary": "the cat sat here", "n": 1}', expected).value == 1.0
    assert score(scorer, '{"n": 1}', expected).category == "missing field"
    assert score(scorer, TEXT, expected).value == 1.0


@pytest.mark.parametrize("answer", ["", "  \n ", "!!! ... ??", "\x00", "\ud800"])
def test_an_answer_without_words_is_wrong(score, answer):
    """Never an error, never unscored."""
    assert score(similar(threshold=0.1), answer, TEXT).value == 0.0


def test_a_long_answer_is_compared_by_its_start_and_says_so(score):
    """A megabyte of it takes no longer."""
    found = score(similar(), "the cat sat here " * 60_000, TEXT)

    assert found.value == pytest.approx(1.0)
    assert found.reason.endswith("; by the start of the answer, which is longer than the model reads")


GERMAN = "Der Hund schläft heute den ganzen Tag lang unter dem großen Tisch im Garten."


@pytest.mark.parametrize(
    ("expected", "language"),
    [(GERMAN, "de"), ("返金は五日以内に行われますのでお待ちください。", "ja"), ("возврат", "another script")],
)
def test_a_case_in_another_language_has_no_score(score, expected, language):
    """The model reads English alone, and a figure would mean nothing."""
    found = score(similar(), expected, expected)

    assert (found.value, found.category) == (None, "language not read")
    assert found.reason == f"the expected answer is in another language ({language}), and words reads English alone"


def test_an_answer_in_another_language_is_scored_with_a_remark(score):
    """It is wrong where English was expected, and the figure alone wouldn't say why."""
    found = score(similar(), GERMAN, TEXT)

    assert found.value == 0.0
    assert "the answer is in another language (de), which words does not read" in found.reason


def test_a_model_of_other_languages_is_not_kept_to_english(score):
    """Of a folder nobody knows what it reads."""
    assert score(similar(model=msgspec.structs.replace(FAKE, is_english=False)), GERMAN, GERMAN).value == 1.0


@pytest.mark.parametrize("expected", [None, 3, "", " ", [], ["a", ""]])
def test_a_case_without_a_text_to_compare_with_is_an_error(score, expected):
    """Never a 0."""
    with pytest.raises(ScorerError, match="case 'c1': similar"):
        score(similar(), "a", expected)


def test_weights_that_give_no_numbers_are_an_error(score):
    """Not a score that is no number."""
    embedder = by_words()
    read = embedder.read
    broken = msgspec.structs.replace(
        embedder, read=lambda text: read(text)._replace(states=read(text).states * float("nan"))
    )

    with pytest.raises(ScorerError, match="gives no numbers"):
        score(similar(embedder=broken), TEXT, TEXT)


@pytest.mark.parametrize("threshold", [0, -0.1, 1.01, float("nan"), "0.5"])
def test_a_threshold_that_nothing_or_everything_passes_is_refused(threshold):
    """Also where the model isn't installed: the mistake is said first."""
    with pytest.raises(ScorerError, match="a threshold is above 0 and at most 1"):
        semantic_similarity(threshold)
    with pytest.raises(ScorerError, match="the parts are f1, precision, recall"):
        bertscore("F1")


def test_the_names_tell_measure_threshold_and_model(monkeypatch):
    """Scores of another model or threshold can't be compared."""
    monkeypatch.setattr("harness.scorers.similar.find_model", lambda name: FAKE)

    assert repr(semantic_similarity()) == "semantic_similarity(model='words 00000000')"
    assert repr(semantic_similarity(0.7, field="a", read=unfenced)) == (
        "semantic_similarity(threshold=0.7, field='a', model='words 00000000', read=unfenced)"
    )
    assert repr(bertscore("recall")) == "bertscore('recall', model='words 00000000')"
    assert repr(bertscore()) == "bertscore(model='words 00000000')"


def test_a_model_that_is_not_there_is_said_when_the_scorer_is_made():
    """While pytest collects, before anything is asked."""
    with pytest.raises(NoSuchModel):
        semantic_similarity(model="no such folder")


def test_a_scorer_that_nobody_checked_is_doubted():
    """Around repeats too; other scorers are not."""
    checked, unchecked = similar(), msgspec.structs.replace(similar(), doubt=doubt_in(None, ""))

    assert doubt_of(checked) == doubt_of(lambda case, response: 1.0) == ""
    assert doubt_of(unchecked) == "advisory: similar(cosine) was never checked against people's labels (calibration=)"
    assert doubt_of(any_right(unchecked, k=2)) == doubt_of(unchecked)


def test_a_calibration_that_is_not_there_is_an_input_error(monkeypatch, tmp_path):
    """A typing error must not make a gate advisory in silence."""
    monkeypatch.setattr("harness.scorers.similar.find_model", lambda name: FAKE)

    with pytest.raises(InputError, match="no such file"):
        semantic_similarity(0.5, calibration=tmp_path / "none.toml")


def test_a_failed_field_reader_is_no_error():
    """The reader that looks for JSON refuses an answer; that is the answer's fault."""
    from harness.scorers import embedded_json
    from harness.scorers.scoring import score_one

    case = Case(id="c1", messages=(), expected=TEXT)
    found = score_one(similar(read=embedded_json), case, Response(request_key="", text='{"a": 1} or {"a": 2}'))

    assert (found.value, found.category) == (0.0, "ambiguous JSON")
