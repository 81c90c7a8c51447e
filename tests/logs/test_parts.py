"""Parts of requests, put together: masked before they wait, and told where they belong to nothing."""

import pytest

from harness.logs.feedback import scored, scores_in
from harness.logs.joined import Joined
from harness.logs.masking import Masker
from harness.logs.part import Part, merged
from harness.records.logged import Logged
from harness.records.messages import Message
from tests.logs.made import attributes, problems, read, span, spans, written

MAIL = "ada.byron@tidewell.io"


def test_nothing_personal_waits_in_the_database():
    """Neither in a part nor in its key."""
    joined = Joined(Masker())
    asked = Logged(place="a:1", messages=(Message(role="user", content=f"I am {MAIL}"),), id=MAIL)

    joined.see(Part(logged=asked, kind="more", key=MAIL, trace=MAIL))
    joined.seen()

    dumped = "\n".join(joined._base.iterdump())
    (orphan,) = joined.orphans()
    joined.close()
    assert "INSERT INTO" in dumped
    assert not any(part in dumped or part.encode().hex().upper() in dumped.upper() for part in ("byron", "tidewell"))
    assert orphan.logged.asked == "I am [E-MAIL]"


def test_what_one_part_lacks_the_other_gives():
    """What is there first counts; of scores and documents both are kept, each under a name of its own."""
    one = Logged(place="a:1", messages=(), text="x", meta={"context": [{"id": "1", "text": "A"}], "scores": {"s": 1}})
    more = Logged(
        place="b:1", messages=(), text="y", cost=2.0, meta={"context": [{"id": "1", "text": "B"}], "scores": {"s": 0}}
    )

    both = merged(one, more)

    assert (both.text, both.cost, both.place) == ("x", 2.0, "a:1")
    assert both.meta == {"context": [{"id": "1", "text": "A"}, {"id": "1#2", "text": "B"}], "scores": {"s": 1}}


@pytest.mark.parametrize(
    ("name", "value", "by", "feedback"),
    [
        ("thumbs", True, "", "up"),
        ("user_feedback", "👎", "", "down"),
        ("thumbs", 0, "EVAL", ""),
        ("toxicity", 1, "", ""),
        ("quality", 1, "HUMAN", ""),
        ("quality", "incorrect", "HUMAN", "down"),
        ("user_stars", 1, "", ""),
        ("feedback", 4, "", ""),
    ],
)
def test_only_peoples_thumbs_are_feedback(name, value, by, feedback):
    """Of figures on scales nobody says where bad begins, and judges are no people."""
    assert scored("a:1", name, value, by=by).feedback == feedback


def test_scores_are_kept_and_corrections_are_answers():
    """By their names."""
    kept, corrected = scores_in("a:1", {"toxicity": [0.2, 0.4], "correction": ["In York."], "none": []})

    assert kept.meta == {"scores": {"toxicity": 0.4}}
    assert (corrected.corrected, corrected.meta) == ("In York.", {})


def test_a_thumb_without_its_request_is_told(tmp_path):
    """With its place, and what to do."""
    path = written(
        tmp_path / "said.jsonl", {"span_id": "x", "name": "thumb", "annotator_kind": "HUMAN", "result": {"score": 0}}
    )

    (problem,) = problems(path)

    assert (problem.kind, problem.places) == ("no-request", (f"{path}:1",))
    assert problem.told.startswith("1 part of a request: what was said of it")


def test_a_span_that_was_exported_twice_is_one_request(tmp_path):
    """As exporters do when they try again."""
    asked = attributes(gen_ai__input__messages='[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]')
    path = written(tmp_path / "spans.jsonl", spans(span("a", asked)), spans(span("a", asked)))

    assert [one.place for one in read(path)] == [f"{path}:1"]
