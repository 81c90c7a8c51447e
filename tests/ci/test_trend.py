"""The pushes of a pull request: kept in its comment, read back as hostile, and shown."""

import base64
import json

import msgspec
import pytest

from harness.ci.trend import KEPT, LARGEST, GatePoint, Push, hidden, push_of, read_hidden, trend_lines, with_push
from tests.ci.sessions import ended


def push(number: int, outcome: str = "passed", **facts: object) -> Push:
    """Return the push with this number, of a commit of its own."""
    given = {"commit": f"{number:040x}", "run": number, "attempt": 1, "outcome": outcome, **facts}
    return Push(**given)


def test_what_is_hidden_is_read_back():
    """As it was."""
    pushes = (push(1, "failed", gates=(GatePoint(name="Labels -->", outcome="failed", delta=-0.25),)), push(2))

    comment = f"<!-- x -->\n{hidden(pushes)}\n"

    assert read_hidden(comment) == pushes
    assert comment.count("-->") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "wonderful"},
        {"commit": "<script>alert(1)</script>"},
        {"commit": "abc"},
        {"run": -1},
        {"run": 1e300},
        {"gates": [{"name": "x" * 121, "outcome": "passed"}]},
        {"gates": [{"name": "x", "outcome": "passed", "delta": 1e300}]},
        {"gates": [{"name": "x", "outcome": "passed"}] * 13},
        {"more": 1},
    ],
)
def test_nothing_that_could_not_have_been_written_is_read(change):
    """One wrong value, and the whole is left out."""
    one = {**msgspec.to_builtins(push(1)), **change}
    encoded = base64.b64encode(json.dumps({"pushes": [one]}).encode()).decode()

    assert read_hidden(f"<!-- tunegate-trend:{encoded} -->") == ()


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "<!-- tunegate-trend:%%% -->",
        "<!-- tunegate-trend:QQ= -->",
        "<!-- tunegate-trend:e30= -->",
        f"<!-- tunegate-trend:{'A' * (LARGEST + 4)} -->",
        f"<!-- tunegate-trend:{base64.b64encode(b'[' * 9000).decode()} -->",
        hidden((push(1),)) + hidden((push(2),)),
    ],
)
def test_a_comment_without_one_whole_trend_has_none(comment):
    """Too long, too deep, not base64, not JSON, two of them."""
    assert read_hidden(comment) == ()


def test_pushes_are_in_the_order_of_their_runs_and_a_commit_counts_once():
    """An attempt that ends late does not become the newest; a repeated one replaces itself."""
    late = with_push((push(1), push(3)), push(2))
    again = with_push(late, msgspec.structs.replace(push(3), attempt=2, outcome="failed"))

    assert [one.run for one in late] == [1, 2, 3]
    assert [(one.run, one.attempt, one.outcome) for one in again] == [
        (1, 1, "passed"),
        (2, 1, "passed"),
        (3, 2, "failed"),
    ]
    assert len(with_push([push(n) for n in range(1, KEPT + 1)], push(99))) == KEPT


def test_the_table_has_a_column_for_each_of_the_last_pushes():
    """And a row for each gate of the newest; what is not known of an earlier one is a dash."""
    old = push(1, "failed", gates=(GatePoint(name="Labels | are <b>right", outcome="failed", delta=-0.05),))
    new = push(
        2,
        gates=(
            GatePoint(name="Labels | are <b>right", outcome="passed", delta=0.01),
            GatePoint(name="Speed", outcome="passed"),
        ),
    )

    lines = trend_lines((old, new))

    assert lines[2:] == [
        "| Gate | `0000000` | `0000000` |",
        "| :-- | :-- | :-- |",
        "| all together | ❌ failed | ✅ passed |",
        "| Labels \\| are &lt;b&gt;right | ❌ −0.050 | ✅ \\+0.010 |",  # noqa: RUF001 - the sign for minus
        "| Speed | – | ✅ |",  # noqa: RUF001 - a dash
        "",
    ]
    assert trend_lines((new,)) == []


def test_long_names_of_many_pushes_stay_within_the_limit():
    """The oldest are left out."""
    gates = tuple(GatePoint(name="€" * 120, outcome="passed", delta=0.1) for _ in range(12))

    kept = read_hidden(hidden([push(number, gates=gates) for number in range(1, KEPT + 1)]))

    assert 1 <= len(kept) < KEPT
    assert kept[-1].run == KEPT


def test_a_push_holds_its_gates_with_their_differences():
    """Those that are binding."""
    made = push_of(ended("failed"), "a" * 40, 5, 2)

    assert (made.outcome, made.run, made.attempt) == ("failed", 5, 2)
    assert made.gates == (GatePoint(name="Labels are right", outcome="failed", delta=-0.5),)
