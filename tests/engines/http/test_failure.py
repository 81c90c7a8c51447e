"""What a failed request means, and the setting that an error names."""

import json

import pytest

from harness.engines.http.endpoint import Endpoint, Reply
from harness.engines.http.failure import as_setup_error, read_failure

ENDPOINT = Endpoint(base_url="https://far.example/v1", api_key="k-1", api_key_env="MY_KEY")


def fault_of(status: int, **error: object):
    """Return the fault that a status and an error's body make."""
    return read_failure(Reply(status, {}, json.dumps({"error": error}).encode()), ENDPOINT, 0.0)


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, {"message": "quota", "code": "insufficient_quota"}, "unpaid"),
        (429, {"message": "quota", "type": "insufficient_quota", "code": None}, "unpaid"),
        (402, {"message": "Insufficient credits", "code": 402}, "unpaid"),
        (429, {"message": "slow down", "code": "rate_limit_exceeded"}, "busy"),
        (403, {"message": "Your input was flagged by moderation", "code": 403}, "refused"),
        (403, {"message": "Country not supported", "code": 403}, "denied"),
        (404, {"message": "no endpoint for this request", "code": 404}, "denied"),
    ],
)
def test_the_body_says_what_a_status_leaves_open(status, error, kind):
    """An empty account is not a busy server, and a text that is not wanted is not a wrong key."""
    assert fault_of(status, **error).kind == kind


def test_a_proxy_on_the_way_is_named_where_the_run_stops(monkeypatch):
    """Its own page may be what was read."""
    monkeypatch.setenv("https_proxy", "me:word@p.example:3128")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    said = str(as_setup_error(fault_of(403, message="Blocked"), ENDPOINT, "m"))

    assert "HTTP 403: Blocked (through the proxy p.example:3128, set in the environment)" in said
    assert "word" not in said


def test_an_empty_account_says_what_to_do():
    """Neither the key's name nor the model's is wrong."""
    fault = fault_of(429, message="You exceeded your current quota", code="insufficient_quota")

    said = str(as_setup_error(fault, ENDPOINT, "m"))

    assert said.startswith(
        "https://far.example/v1 has no credit left for this key: HTTP 429: You exceeded your current"
    )
    assert "add credit" in said
    assert "api_key_env under [engine]" in said
    assert "the answers so far are kept" in said


@pytest.mark.parametrize(("key", "shown"), [("sk-secret-1", "key *** exceeded"), ("x", "key x exceeded")])
def test_a_key_is_hidden_and_a_dummy_for_a_local_server_hides_no_words(key, shown):
    """A single letter would be hidden in every word that has it."""
    reply = Reply(400, {}, json.dumps({"error": {"message": f"key {key} exceeded"}}).encode())

    assert shown in read_failure(reply, Endpoint(base_url="http://127.0.0.1:1/v1", api_key=key), 0.0).words
