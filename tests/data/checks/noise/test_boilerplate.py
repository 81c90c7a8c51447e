"""Sentences that many answers have."""

from harness.data.checks.noise import boilerplate
from harness.data.checks.noise.boilerplate import Sentences

CLOSING = "Let me know if you have any other questions!"


def counted(answers: list[str]) -> list[tuple[str, int, int]]:
    """Return what is boilerplate in some answers, with the counts."""
    sentences = Sentences()
    for number, answer in enumerate(answers):
        sentences.add(f"rows.jsonl:{number}", answer)
    return [(one.sentence, one.count, one.answers) for one in sentences.repeated()]


def test_a_sentence_in_a_large_share_of_answers_is_boilerplate():
    """Once for each answer, however often it is in it."""
    answers = [f"Step {number} is done. {CLOSING} {CLOSING}" for number in range(5)]
    answers += [f"The part {number} is there. It has number {number} today." for number in range(35)]

    assert counted(answers) == [(CLOSING, 5, 40)]


def test_fewer_are_chance():
    """Below a tenth of the answers."""
    answers = [f"Step {number} is done. {CLOSING}" for number in range(5)]
    answers += [f"The part {number} is there. It has number {number} today." for number in range(46)]

    assert counted(answers) == []


def test_lines_of_programs_are_no_boilerplate():
    """Programs of one language begin alike."""
    line = "public static void main(String[] args) {"
    answers = [f"class Part{number} {{\n{line}\nprint(part number {number});\n}}\n}}" for number in range(40)]

    assert counted(answers) == []


def test_whole_answers_and_short_sentences_are_no_boilerplate():
    """An answer of one sentence is the answer, and JSON is the form."""
    answers = ["The parcel is on its way.", "Yes. No.", '{"a": "The parcel is late. It was sent. So it is."}'] * 20

    assert counted(answers) == []


def test_memory_is_flat_and_what_is_frequent_is_found_all_the_same(monkeypatch):
    """Among many times more sentences than are kept."""
    monkeypatch.setattr(boilerplate, "MANY", 100)
    answers = [
        f"Here is part {number} of it. {CLOSING if number % 5 == 0 else f'It has the number {number}.'}"
        for number in range(2_000)
    ]

    ((sentence, count, total),) = counted(answers)

    assert (sentence, total) == (CLOSING, 2_000)
    assert 380 <= count <= 400
