"""The pace: how many requests are let through, decided from what comes back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.http.pace import FEWEST_OUTCOMES, WINDOWS_HELD, Pace

WINDOW_S = 1.0


def run(pace: Pace, rate: Callable[[int], float], seconds: float, tokens: int = 1, start: float = 0.0) -> float:
    """Let answers come at the rate that a limit leads to, for so long; return the time then."""
    now = start
    while now < start + seconds:
        now += tokens / rate(pace.limit)
        pace.answered(tokens, now)
    return now


def overload(pace: Pace, now: float) -> None:
    """Let as many requests fail as show that a server is overloaded."""
    for _ in range(max(2 * pace.limit, FEWEST_OUTCOMES) // 3 + 1):
        pace.slow_down(now)


def saturating(at: int) -> Callable[[int], float]:
    """Return a server's throughput: each request adds ten a second, up to a number of requests."""
    return lambda limit: 10.0 * min(limit, at)


def test_the_limit_grows_while_throughput_grows():
    """A server that always gains gets all that is allowed."""
    pace = Pace(4, 64, WINDOW_S)

    run(pace, saturating(10_000), 60)

    assert pace.limit == 64


def test_the_limit_stays_where_throughput_stays():
    """More waiting at the server would only cost memory there."""
    pace = Pace(8, 1024, WINDOW_S)

    run(pace, saturating(20), 200)

    assert 20 <= pace.limit <= 40


@pytest.mark.parametrize(("slowest_s", "limit"), [(0.0, 1024), (1.0, 400), (4.0, 100), (50.0, 8), (500.0, 8)])
def test_the_limit_leaves_each_answer_its_time(slowest_s, limit):
    """More at once make each slower: with 8 at once it takes so long, and 100 s are too long."""
    pace = Pace(8, 1024, WINDOW_S, timeout_s=100)
    now = 0.0
    for _ in range(30_000):
        now += 1 / (10 * pace.limit)
        pace.answered(1, now, slowest_s * pace.limit / 8)

    assert pace.limit == limit


def test_the_limit_goes_back_when_more_is_worse():
    """A server that thrashes under load answers fewer."""
    pace = Pace(32, 1024, WINDOW_S)
    highest = 0

    def rate(limit: int) -> float:
        nonlocal highest
        highest = max(highest, limit)
        return 320.0 if limit <= 32 else 100.0

    run(pace, rate, 100)

    assert highest == 64
    assert 32 <= pace.limit <= 40


def test_it_is_tried_again_whether_more_helps():
    """One slow window in the beginning must not hold the pace down for the whole run."""
    pace = Pace(16, 256, WINDOW_S)
    now = run(pace, lambda _limit: 100.0, 3)

    run(pace, saturating(10_000), 60, start=now)

    assert pace.limit == 256


def test_throughput_counts_tokens_where_they_are_told():
    """Longer answers are fewer answers, and no slower server."""
    pace = Pace(8, 32, WINDOW_S)

    now = run(pace, saturating(10_000), 1.5, tokens=1)
    doubled = pace.limit
    run(pace, saturating(10_000), 20, tokens=50, start=now)

    assert (doubled, pace.limit) == (16, 32)


def test_answers_without_tokens_count_as_one_each():
    """Some servers don't count tokens."""
    pace = Pace(8, 1024, WINDOW_S)
    now = 0.0
    while now < 200:
        now += 1 / saturating(20)(pace.limit)
        pace.answered(0, now)

    assert 20 <= pace.limit <= 40


def test_what_was_asked_under_the_old_limit_is_not_measured():
    """The first answers after a change say nothing about it."""
    pace = Pace(10, 1000, WINDOW_S)

    for number in range(10):
        pace.answered(1, 100.0 * number)

    assert pace.limit == 10


def test_many_faults_halve_the_limit_at_most_once_in_a_window():
    """Thirty-two requests that fail together are one sign."""
    pace = Pace(32, 64, WINDOW_S)

    for offset in range(9):
        overload(pace, 5.0 + offset / 10)
    once = pace.limit
    overload(pace, 6.0)

    assert (once, pace.limit) == (16, 8)


@pytest.mark.parametrize(("failing", "limit"), [(3, 32), (4, 1)])
def test_the_limit_falls_only_where_more_than_a_third_fails(failing, limit):
    """A server that drops three of ten requests drops them at any pace."""
    pace = Pace(32, 32, WINDOW_S)

    for number in range(2000):
        if number % 10 < failing:
            pace.slow_down(number / 10)
        else:
            pace.answered(1, number / 10)

    assert pace.limit == limit


def test_the_limit_never_falls_below_one():
    """Whatever happens, asking continues."""
    pace = Pace(3, 64, WINDOW_S)

    for second in range(20):
        overload(pace, float(2 * second))

    assert pace.limit == 1


@pytest.mark.parametrize("start", [32, 2])
def test_the_limit_recovers_after_faults(start):
    """Slower than it grew at first, also from the lowest."""
    pace = Pace(start, 32, WINDOW_S)
    overload(pace, 0.0)
    halved = pace.limit

    now = run(pace, saturating(10_000), WINDOWS_HELD * WINDOW_S)
    held = pace.limit
    run(pace, saturating(10_000), 60, start=now)

    assert (halved, held, pace.limit) == (start // 2, start // 2, 32)


def test_a_limit_that_is_too_high_for_this_machine_is_never_reached_again():
    """Where the operating system allows no more connections, trying again finds the same."""
    pace = Pace(32, 256, WINDOW_S)

    for offset in range(9):
        pace.stay_below(offset / 10)
    lowered = pace.limit
    run(pace, saturating(10_000), 60)

    assert (lowered, pace.limit) == (16, 16)


def test_a_pause_is_kept_until_its_end_and_never_shortened():
    """The longest one counts."""
    pace = Pace(8, 8, WINDOW_S)

    pace.slow_down(10.0, pause_s=5.0)
    pace.slow_down(11.0, pause_s=1.0)

    assert pace.resumes_at == 15.0


@pytest.mark.parametrize(("start", "most", "limit"), [(32, 8, 8), (0, 8, 1), (-3, 0, 1), (8, 8, 8), (1, 300, 1)])
def test_the_beginning_lies_within_the_bounds(start, most, limit):
    """Who sets the most alone means it."""
    assert Pace(start, most, WINDOW_S).limit == limit


@given(
    st.integers(-2, 300),
    st.integers(-2, 300),
    st.lists(st.tuples(st.integers(-1, 40), st.floats(0, 3)), max_size=300),
)
def test_the_limit_never_leaves_its_bounds(start, most, events):
    """Whatever comes back, and whenever."""
    pace, now = Pace(start, most, WINDOW_S), 0.0

    for tokens, pause in events:
        now += pause
        if tokens < 0:
            pace.slow_down(now, pause)
        else:
            pace.answered(tokens, now)

        assert 1 <= pace.limit <= max(1, most)
