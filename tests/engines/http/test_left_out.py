"""What a model is asked without, since its server refused it."""

import pytest

from harness.engines.http.endpoint import HOSTED_URL, Endpoint
from harness.engines.http.left_out import LeftOut
from harness.engines.http.said import Said

ENDPOINT = Endpoint(base_url="http://me:word@far.example/v1")
NOTHING = frozenset[str]()


def test_a_refused_parameter_is_left_out_for_that_model_alone():
    """Models of one address differ."""
    left_out = LeftOut(lambda _line: None)

    assert left_out.learn(Said("Unsupported parameter: 'seed'"), ENDPOINT, "new", NOTHING)

    assert left_out.of(ENDPOINT, "new") == {"seed"}
    assert left_out.of(ENDPOINT, "old") == NOTHING
    assert left_out.names == ("seed",)


def test_each_is_said_once_and_noted_without_a_password():
    """Many requests are under way when the first is refused."""
    lines: list[str] = []
    left_out = LeftOut(lines.append)

    for _ in range(3):
        assert left_out.learn(Said("Unsupported value: 'temperature'"), ENDPOINT, "new", NOTHING)

    assert left_out.notes == (
        "new at http://far.example/v1 is asked without temperature, which its server does not take",
    )
    [line] = lines
    assert line.startswith(
        f"{left_out.notes[0]}; to set this yourself, write under [engine] in harness.toml, or [judge] for"
    )
    assert line.endswith('leave_out = ["temperature"]')


@pytest.mark.parametrize(
    ("url", "refused", "instead"),
    [
        ("http://far.example/v1", "max_tokens", "max_completion_tokens"),
        (HOSTED_URL, "max_completion_tokens", "max_tokens"),
    ],
)
def test_a_refused_limit_is_sent_under_its_other_name(url, refused, instead):
    """When that is refused too, nothing is left out: an answer without a limit can cost anything."""
    endpoint, left_out = Endpoint(base_url=url), LeftOut(lambda _line: None)

    assert left_out.learn(Said(f"Unsupported parameter: '{refused}'. Use '{instead}'."), endpoint, "m", NOTHING)

    unsent = left_out.of(endpoint, "m")
    assert unsent == {refused}
    assert left_out.notes[0].endswith(f"is asked with {instead} instead of {refused}, which its server does not take")
    assert not left_out.learn(Said(f"Unsupported parameter: '{instead}'"), endpoint, "m", unsent)
    assert left_out.of(endpoint, "m") == {refused}


def test_what_was_not_sent_is_not_learned():
    """Asking again would be asking the same."""
    endpoint, left_out = Endpoint(base_url="http://far.example/v1", leave_out=frozenset({"seed"})), LeftOut(print)

    assert not left_out.learn(Said("Unsupported parameter: 'seed'"), endpoint, "m", left_out.of(endpoint, "m"))
    assert not left_out.learn(Said("Unsupported parameter: 'response_format'"), endpoint, "m", NOTHING)
    assert (left_out.names, left_out.of(endpoint, "m")) == ((), {"seed"})
