"""What most texts begin and end with is found, and nothing else is taken for it."""

from hypothesis import given
from hypothesis import strategies as st

from harness.data.alike.frame import Frame, frame_of, without_frames

WORDS = [
    "parcel",
    "refund",
    "login",
    "cancel",
    "screen",
    "cheque",
    "contact",
    "heating",
    "address",
    "thanks",
    "invoice",
    "holiday",
]
BEFORE = "say in one word which team answers this ticket"
AFTER = "answer with the team alone please"


def test_the_beginning_and_the_end_of_most_texts_are_a_frame():
    """A few texts without it do not matter, and stay as they are."""
    texts = [f"{BEFORE} {word} {AFTER}" for word in WORDS]

    frame = frame_of([*texts, "something else", "and another"])

    assert [frame.without(text) for text in texts] == WORDS
    assert frame.without("something else") == "something else"


def test_a_frame_ends_where_the_texts_begin_to_differ():
    """Also where some go on with the same letters."""
    texts = [f"{BEFORE} {word}" for word in (*WORDS, "reference", "refuse")]

    assert [frame_of(texts).without(text) for text in texts] == [*WORDS, "reference", "refuse"]


def test_few_texts_and_short_beginnings_show_no_frame():
    """Questions begin with the same words by themselves."""
    assert frame_of([f"{BEFORE} {word}" for word in WORDS[:9]]) == Frame()
    assert frame_of([f"how do i {word} it" for word in WORDS]) == Frame()
    assert frame_of([]) == Frame()


def test_copies_of_one_text_are_no_frame():
    """However often it is there."""
    assert frame_of([BEFORE] * 100 + WORDS) == Frame()


def test_a_text_that_is_nothing_but_frame_stays():
    """Nothing else could be compared."""
    frame = frame_of([f"{BEFORE} {word}" for word in WORDS])

    assert frame.without(f"{BEFORE} ") == f"{BEFORE} "


def test_frames_are_taken_off_one_after_the_other():
    """That of the rows, and that of a suite within it."""
    outer = frame_of([f"{BEFORE} {n} {word}" for n, word in enumerate(WORDS)])
    inner = frame_of([f"{AFTER} {word}" for word in WORDS])

    assert without_frames(f"{BEFORE} {AFTER} refund", (outer, inner)) == "refund"


@given(st.lists(st.text("ab ", max_size=60), max_size=14))
def test_what_is_left_is_a_part_of_the_text(texts):
    """Of any texts."""
    frame = frame_of(texts)

    assert all(frame.without(text) in text for text in texts)
