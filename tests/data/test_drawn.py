"""Which rows are drawn to ask a model about."""

from harness.data.drawn import Drawing, Reservoir
from harness.data.row import DataRow
from harness.records.messages import Message
from tests.data.checks.made import problems, row, rows

MANY = rows((f"Where is parcel {chr(97 + n % 26)}{chr(97 + n // 26)}?", "On its way.") for n in range(200))


def drawn(of, number=10, seed=0):
    """Return the lines that are drawn."""
    drawing = Drawing(number, seed)
    assert problems(drawing, of) == []
    return [one.line for one in drawing.rows]


def test_a_seed_draws_the_same_rows_in_their_order_and_another_one_others():
    """As many as were asked for, of the whole file."""
    assert drawn(MANY) == drawn(MANY) == sorted(drawn(MANY))
    assert len(set(drawn(MANY))) == 10
    assert drawn(MANY) != drawn(MANY, seed=1)
    assert drawn(MANY[:4]) == [1, 2, 3, 4]


def test_each_row_is_equally_likely():
    """Over 2,000 draws of 10 of 200, each is drawn some 100 times: six standard deviations are 58."""
    counts = [0] * 200
    for seed in range(2_000):
        reservoir = Reservoir(10, seed)
        for one in MANY:
            reservoir.add(one)
        for one in reservoir.rows:
            counts[one.line - 1] += 1

    assert all(42 <= count <= 158 for count in counts)


def test_rows_with_personal_data_are_left_out_and_counted():
    """What is asked is kept, and shown on a page."""
    drawing = Drawing(10, 0)

    problems(drawing, [row("Where is it?", "Ask ada.byron@tidewell.io.", line=1), row("Where?", "Here.", line=2)])

    assert [one.line for one in drawing.rows] == [2]
    assert (drawing.personal, drawing.askable) == (1, 2)


def test_rows_that_ask_nothing_are_not_drawn():
    """Without a question there is no answer to compare, and without an answer nothing to compare with."""
    alone = DataRow(file="rows.jsonl", line=1, messages=(Message(role="assistant", content="Hello."),))
    silent = row("Where?", " ", line=2)

    assert drawn([alone, silent]) == []
