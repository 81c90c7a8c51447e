"""What the bodies of errors say, in the shapes that servers send."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.engines.http.said import Said, refused_parameter, said_in

SENT = ("top_p", "seed", "temperature", "max_tokens")
FORBIDDEN = {"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 0}


def said(body: object) -> Said:
    """Return what a body says."""
    found = said_in(json.dumps(body).encode())
    assert found is not None
    return found


@pytest.mark.parametrize("body", [{"choices": []}, {"error": None}, {"error": {}}, [1], "text", 7, None])
def test_a_body_without_an_error_says_nothing(body):
    """A completion has none, or an empty one."""
    assert said_in(json.dumps(body).encode()) is None


def test_words_codes_and_parameter_are_found_on_their_levels():
    """OpenAI puts them beside the words."""
    body = {"error": {"message": "no", "type": "invalid_request_error", "param": "seed", "code": "unsupported_value"}}

    assert said(body) == Said("no", ("unsupported_value", "invalid_request_error"), ("seed",))


def test_an_error_in_a_list_is_found():
    """Gemini sends them so."""
    assert said([{"error": {"code": 429, "message": "slow down"}}]) == Said("slow down", ("429",))


@pytest.mark.parametrize(
    ("codes", "status"), [(("502",), 502), (("x", "404"), 404), (("40303",), 0), (("200",), 0), ((), 0)]
)
def test_only_a_code_like_an_http_status_is_one(codes, status):
    """Others count in their own way."""
    assert Said("", codes).status == status


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (
            {
                "error": {
                    "message": "'temperature' does not support 0",
                    "param": "temperature",
                    "code": "unsupported_value",
                }
            },
            "temperature",
        ),
        (
            {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}},
            "max_tokens",
        ),
        ({"error": {"message": "Unrecognized request argument supplied: seed"}}, "seed"),
        ({"error": {"message": "`temperature` and `top_p` cannot both be specified for this model."}}, "top_p"),
        ({"object": "error", "message": {"detail": [FORBIDDEN]}, "type": "invalid_request_error"}, "seed"),
        ({"detail": [FORBIDDEN]}, "seed"),
        ({"object": "error", "message": str([FORBIDDEN])}, "seed"),
        ({"error": {"message": "not supported", "param": "logprobs", "code": "unsupported_parameter"}}, ""),
        ({"error": {"message": "not supported beside seed", "param": "response_format"}}, ""),
        ({"error": {"message": "max_tokens is too large: 9999", "param": "max_tokens", "code": "invalid_value"}}, ""),
        ({"error": {"message": "maximum context length is 2048 tokens; reduce max_tokens"}}, ""),
        ({"error": {"message": "unknown field my_seed"}}, ""),
        ({"error": {"message": "unsupported image." + " " * 100 + "The seed of a tree"}}, ""),
    ],
)
def test_a_parameter_is_refused_only_in_words_that_refuse_it(body, name):
    """A wrong value, another parameter, or a mention elsewhere in the text refuses none."""
    assert refused_parameter(said(body), SENT) == name


@given(st.binary(max_size=100) | st.from_regex(rb'\{"(error|message|detail)": .{0,40}\}', fullmatch=True))
def test_no_body_at_all_breaks_the_reader(body):
    """Bodies are foreign text."""
    found = said_in(body)

    assert found is None or isinstance(refused_parameter(found, SENT), str)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "seed unknown " * 80_000}},
        {"detail": [{"type": "unknown seed " * 40, "msg": "no"}] * 1000},
    ],
)
def test_of_long_words_only_the_beginning_is_read(body):
    """Every "seed" would be compared with every "unknown": it took minutes."""
    found = said(body)

    assert len(" ".join((*found.codes, found.words))) < 8000
    assert refused_parameter(found, SENT) == "seed"


def test_a_body_too_large_for_an_error_is_none():
    """Reading it as JSON could take a gigabyte."""
    assert said_in(json.dumps({"error": {"message": "x" * 2_000_000}}).encode()) is None
