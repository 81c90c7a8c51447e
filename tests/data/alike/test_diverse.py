"""The most diverse texts first."""

from harness.data.alike.diverse import most_diverse

TEXTS = (
    "Where is my parcel now?",
    "Where is my parcel today?",
    "Please export the audit log as CSV",
    "Where is my parcel, please?",
    "Invite three more people to the board",
)


def test_each_kind_of_text_is_taken_before_a_second_of_one_kind():
    """Whichever is the first."""
    for seed in range(5):
        first = most_diverse(TEXTS, 3, seed)

        assert {2, 4} < set(first)


def test_more_of_them_start_with_the_same():
    """So a review that goes on asks about none twice; there are no more than all."""
    assert most_diverse(TEXTS, 9, 1)[:2] == most_diverse(TEXTS, 2, 1)
    assert sorted(most_diverse(TEXTS, 9, 1)) == list(range(5))
    assert most_diverse((), 3, 0) == ()
    assert sorted(most_diverse(["a", "a", "a"], 3, 0)) == [0, 1, 2]
