"""How rows go through the model: the fastest attention that there is, flattened or padded."""

import pytest

from harness.train.attention import choose_batches, padding_share, usable_here
from harness.train.sizes import attention_of
from tests.engines.fakes import write_tiny_base
from tests.train.tiny import config

EVERY = ("flash_attention_3", "flash_attention_2", "flex_attention")


@pytest.mark.parametrize(
    ("wanted", "usable", "packing", "told"),
    [
        ("auto", EVERY, False, "flash_attention_3, flattened"),
        ("auto", EVERY[1:], False, "flash_attention_2, flattened"),
        ("auto", EVERY[2:], True, "flex_attention, flattened"),
        ("auto", (), False, "sdpa, padded, by length"),
        ("auto", (), True, "sdpa, flattened"),
        ("sdpa", EVERY, False, "sdpa, padded, by length"),
        ("eager", EVERY, True, "eager, flattened"),
        ("flash_attention_2", (), False, "flash_attention_2, flattened"),
    ],
)
def test_the_fastest_is_taken_unless_one_is_set(wanted, usable, packing, told):
    """Where a flattened batch would need a mask over all of it, rows are padded, but for packed ones."""
    assert choose_batches(config(attention=wanted, packing=packing), usable).told == told


def test_the_order_of_rows_is_theirs_who_set_it():
    """TRL's own key; the batches say so."""
    given = config(trainer={"train_sampling_strategy": "random"})

    assert choose_batches(given, ()).told == "sdpa, padded"


def test_a_cpu_has_none_of_the_fast_ones():
    """Whatever is installed."""
    assert usable_here(None) == ()


def test_what_an_architecture_does_not_have_is_not_taken(tmp_path):
    """A Llama has flex and FlashAttention; it is made without its weights for this."""
    write_tiny_base(tmp_path)
    (tmp_path / "model.safetensors").unlink()

    assert attention_of(tmp_path, EVERY) == EVERY
    assert attention_of(tmp_path, ("flex_attention",)) == ("flex_attention",)


def test_padding_is_what_rows_lack_to_the_longest_of_their_batch():
    """None where a batch has one row."""
    assert padding_share([1, 3, 5, 7], 2, by_length=False) == pytest.approx(1 - 16 / 20)
    assert padding_share([1, 7, 3, 5] * 4, 2, by_length=True) == pytest.approx(1 - 64 / 80)
    assert padding_share([1, 7, 3, 5], 2, by_length=True) == pytest.approx(1 - 16 / 24)  # too few rows to sort
    assert padding_share([1, 9], 1, by_length=False) == 0
    assert padding_share([], 2, by_length=True) == 0
