"""Keys in little memory."""

import pytest

from harness.asking.keys import FIRST_SLOTS, Keys
from harness.records.record import digest


def test_room_that_was_made_beforehand_changes_no_number():
    """Whether it was enough for all keys, or for some."""
    texts = [digest(number) for number in range(3 * FIRST_SLOTS)]
    keys = Keys()

    for text in texts[:9]:
        keys.add(text)
    keys.make_room(2 * FIRST_SLOTS)

    assert [keys.add(text) for text in texts] == list(range(len(texts)))
    assert [keys.find(text) for text in texts] == list(range(len(texts)))


def test_each_key_has_the_number_in_which_it_came():
    """Also when the table has grown, and for a key that comes again."""
    texts = [digest(number) for number in range(3 * FIRST_SLOTS)]
    keys = Keys()

    assert [keys.add(text) for text in texts] == list(range(len(texts)))
    assert [keys.add(text) for text in texts[:9]] == list(range(9))
    assert [keys.find(text) for text in texts] == list(range(len(texts)))
    assert [keys.find(text) for text in reversed(texts)] == list(reversed(range(len(texts))))
    assert list(keys) == texts
    assert keys.find(digest("never added")) == keys.find("no digest") == keys.find("ab") == keys.find("") == -1
    with pytest.raises(ValueError, match="is not a digest"):
        keys.add("ab")
