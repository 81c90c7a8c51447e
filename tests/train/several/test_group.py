"""One process tells an error, and the others end with the same exit code."""

import pytest
from torch.distributed import HashStore

from harness.errors import TrainingError
from harness.train.several import group
from harness.train.several.group import ALONE, Group, is_lost
from harness.train.spread import Member, Spread


@pytest.fixture
def pair(monkeypatch):
    """Return a lead and another process, which have a store in common."""
    monkeypatch.setattr(group, "GRACE_S", 0.0)
    store = HashStore()
    return [Group(Member(spread=Spread(processes=2), index=index), store) for index in (0, 1)]


def test_the_others_do_what_the_lead_hands_over_until_it_ends(pair):
    """In its order, each once."""
    lead, other = pair
    lead.hand_over("a")
    lead.hand_over("b")
    lead.end(0)

    assert list(other.jobs()) == ["a", "b"]


def test_the_others_end_with_the_exit_code_of_the_lead(pair):
    """Without a word."""
    lead, other = pair
    with pytest.raises(TrainingError, match="the disk is full"):
        lead.fail(TrainingError("the disk is full"))

    with pytest.raises(SystemExit, match="2"):
        list(other.jobs())


@pytest.mark.parametrize("first", [0, 1])
def test_an_error_is_told_by_the_first_that_has_it(pair, first):
    """Whichever it is."""
    with pytest.raises(TrainingError, match="the memory is full"):
        pair[first].fail(TrainingError("the memory is full"))
    with pytest.raises(SystemExit, match="1"):
        pair[1 - first].fail(RuntimeError("Connection closed by peer"))


def test_a_process_whose_others_are_gone_says_so(pair):
    """In words, once."""
    with pytest.raises(TrainingError, match="another process of this training ended without a word"):
        pair[0].fail(RuntimeError("[/gloo/pair.cc:1] Connection closed by peer [127.0.0.1]"))
    assert not is_lost(RuntimeError("shapes differ"))
    assert not is_lost(TrainingError("Connection reset"))


def test_a_process_does_not_wait_for_ever(pair, monkeypatch):
    """For a lead that is not heard of."""
    monkeypatch.setattr(group, "LIMIT_S", 0.0)

    with pytest.raises(TrainingError, match="was not heard of"):
        next(pair[1].jobs())


def test_a_process_alone_has_nobody_to_tell():
    """It raises what it has."""
    with pytest.raises(ValueError, match="x"):
        ALONE.fail(ValueError("x"))
