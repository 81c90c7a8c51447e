"""The order of rows follows from seed and epoch; the last step is filled up with rows that have no loss."""

from datasets import Dataset

from harness.train.order import EpochOrder, filled


def order_of(epoch: int, rows_per_step: int | None, fillers: int = 0) -> list[int]:
    """Return the order of twenty rows of growing length."""
    return list(EpochOrder(range(1, 21), 7, lambda: epoch, rows_per_step, fillers))


def test_each_epoch_has_an_order_of_its_own_and_the_same_when_it_is_asked_again():
    """By length or not; every row once, fillers last."""
    for rows_per_step in (None, 2):
        first, second = order_of(0, rows_per_step, 3), order_of(1, rows_per_step, 3)

        assert order_of(0, rows_per_step, 3) == first != second
        assert sorted(first) == sorted(second) == list(range(20))
        assert first[-3:] == second[-3:] == [17, 18, 19]


def test_rows_of_a_step_have_similar_lengths():
    """Closer to each other than in a drawn order."""

    def jumps(order: list[int]) -> int:
        return sum(abs(one - other) for one, other in zip(order[::2], order[1::2], strict=True))

    assert jumps(order_of(0, 2)) < jumps(order_of(0, None))


def test_filling_rows_have_no_loss():
    """Packed ones too, whose lengths are kept beside them."""
    data = Dataset.from_dict({"input_ids": [[5, 6, 7]], "labels": [[-100, 6, 7]], "seq_lengths": [[1, 2]]})

    rows = filled(data, 2)

    assert rows[:]["labels"] == [[-100, 6, 7], [-100], [-100]]
    assert rows[2] == {"input_ids": [5], "labels": [-100], "seq_lengths": [1]}
    assert filled(data, 0) is data
