"""Rows drawn at random: the same ones for the same seed, each as likely as any other."""

import json
from collections import Counter

from harness.data.look import draw


def written(tmp_path, number: int):
    """Write rows that are numbered, and a broken one at the end."""
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps({"text": str(n), "label": "x"}) for n in range(number)]
    path.write_text("\n".join([*lines, "{broken"]))
    return path


def test_the_same_seed_draws_the_same_rows_in_order(tmp_path):
    """And another one others."""
    path = written(tmp_path, 200)

    first, again, other = draw(path, 5, 0), draw(path, 5, 0), draw(path, 5, 1)

    lines = [row.line for row in first.rows]
    assert first == again
    assert lines == sorted(set(lines))
    assert (len(lines), first.total, first.problems) == (5, 200, 1)
    assert [row.line for row in other.rows] != lines


def test_a_small_file_is_drawn_whole(tmp_path):
    """Each row once."""
    assert [row.input for row in draw(written(tmp_path, 3), 5, 0).rows] == ["0", "1", "2"]


def test_each_row_is_as_likely_as_any_other(tmp_path):
    """Of 10 rows 3 are drawn 2,000 times: each 600 times but for chance, of which four deviations are 82."""
    path = written(tmp_path, 10)

    drawn = Counter(row.line for seed in range(2_000) for row in draw(path, 3, seed).rows)

    assert len(drawn) == 10
    assert all(abs(times - 600) <= 82 for times in drawn.values())
