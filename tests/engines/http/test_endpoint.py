"""An address: its key, whether it is this machine's own, and the proxy on the way."""

import pytest

from harness.engines.http import endpoint
from harness.engines.http.endpoint import Endpoint, is_own, key_in, proxy_for
from harness.errors import EngineSetupError


def test_white_space_around_a_key_is_none_of_it():
    """A file that is read into a variable ends with a line break."""
    assert key_in({"MY_KEY": " sk-1\r\n"}, "MY_KEY") == "sk-1"


def test_neither_key_nor_password_is_in_a_repr():
    """Tracebacks show it."""
    endpoint = Endpoint(base_url="http://me:hunter2@far.example/v1", api_key="sk-1")

    assert repr(endpoint) == "Endpoint('http://far.example/v1')"


@pytest.mark.parametrize("key", ["sk-1\nsk-2", "sk-1\tsk-2", "sk\x00", "\u201csk-1\u201d", "\ufeffsk-1", "sk-\u00e9"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(key):
    """It would crash the client, with the key in the traceback."""
    with pytest.raises(EngineSetupError, match="the environment variable MY_KEY holds an API key with") as raised:
        key_in({"MY_KEY": key}, "MY_KEY")

    assert "sk" not in str(raised.value)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost.",
        "api.localhost",
        "LOCALHOST",
        "0.0.0.0",  # noqa: S104 - nothing listens
        "127.0.0.1",
        "127.0.1.1",
        "127.255.255.254",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "desk",
        "Desk.",
    ],
)
def test_this_machine_has_many_names(host):
    """No proxy reaches any of them."""
    assert is_own(host, "desk")


@pytest.mark.parametrize("host", ["far.example", "localhost.example", "10.0.0.1", "128.0.0.1", "2001:db8::1", "desk2"])
def test_another_machine_is_not_this_one(host):
    """A proxy may be needed to reach it."""
    assert not is_own(host, "desk")


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.1.1", "desk", "x.localhost", "[::1]"])  # noqa: S104
def test_no_proxy_is_asked_for_this_machine(host, monkeypatch):
    """Whatever the environment says."""
    monkeypatch.setattr(endpoint.socket, "gethostname", lambda: "desk")
    monkeypatch.setenv("http_proxy", "http://p:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert proxy_for(Endpoint(base_url=f"http://{host}:8000/v1")) is None
    assert proxy_for(Endpoint(base_url="http://far.example/v1")) == "http://p:1"
