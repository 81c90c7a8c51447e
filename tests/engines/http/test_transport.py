"""The two ways over the wire: the same replies and the same faults, whichever client asks."""

import asyncio
import base64
import socket
import threading

import pytest

from harness.engines.http.endpoint import Endpoint, Reply, proxy_for
from harness.engines.http.faults import Fault
from harness.engines.http.transport import hosted_post, lean_post, plain_post
from tests.engines.fakes import KEY, endpoint_of
from tests.stub import RESET, Sent, completion, serve

BODY = b'{"model": "tiny", "messages": [{"role": "user", "content": "hi"}]}'
ways = pytest.mark.parametrize("way", [plain_post, lean_post, hosted_post])


def post(way, endpoint: Endpoint):
    """Post one body and return the reply."""

    async def run() -> Reply:
        async with way(endpoint) as send:
            return await send(BODY)

    return asyncio.run(run())


@ways
@pytest.mark.parametrize("status", [200, 400, 401, 404, 429, 503])
def test_a_reply_holds_status_headers_and_body(stub, way, status):
    """Whatever the status: what it means is decided elsewhere, and nothing is asked again here."""
    stub.reply = lambda _model, _text: Sent({"said": "word"}, status, {"Retry-After": "7"})

    reply = post(way, endpoint_of(stub))

    assert (reply.status, reply.headers.get("retry-after"), reply.body) == (status, "7", b'{"said": "word"}')
    assert stub.count == 1


@ways
def test_the_body_and_the_key_are_sent_as_they_are(stub, way):
    """The key travels in a header only."""
    post(way, endpoint_of(stub))

    assert stub.asked == [("tiny", "hi")]
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"
    assert stub.headers[0]["content-type"] == "application/json"


@ways
def test_a_redirect_is_not_followed(stub, way):
    """The cases and the key stay at the address that was named."""
    with serve(lambda _model, _text: "fine") as elsewhere:
        stub.reply = lambda _model, _text: Sent({}, 307, {"Location": f"{elsewhere.url}/chat/completions"})

        reply = post(way, endpoint_of(stub))

    assert (reply.status, elsewhere.count) == (307, 0)


@ways
@pytest.mark.parametrize("sent", [Sent(), RESET, Sent(completion(), cut=10)])
def test_a_connection_that_ends_early_is_lost(stub, way, sent):
    """Dropped, reset, or ended before the announced length."""
    stub.reply = lambda _model, _text: sent

    with pytest.raises(Fault, match="the connection was lost: ") as raised:
        post(way, endpoint_of(stub))

    assert raised.value.kind == "lost"


@ways
@pytest.mark.parametrize(
    "sent",
    [
        Sent("x", 200, {f"bad {KEY}": "x"}),
        Sent("x", 200, {f"bad {KEY[:10]}\0{KEY[10:]}": "x"}),
        Sent("x", 200, {"X-Long": f"{'x' * 60}{KEY * 10_000}"}),
        Sent("x", 200, {"Transfer-Encoding": f"chunked\r\n\r\n{KEY}"}),
        Sent("x", f"200 OK\r\n: {KEY}\r\nx", {}),
    ],
)
def test_a_malformed_reply_is_told_without_what_is_in_it(stub, way, sent):
    """A key in it can be cut in two, so that no part of it is known for one."""
    stub.reply = lambda _model, _text: sent

    with pytest.raises(Fault, match=r"the connection was lost: [^ ]+ |its head is malformed") as raised:
        post(way, endpoint_of(stub))

    assert [part for part in (KEY[:6], KEY[-6:]) if part in raised.value.words] == []


@ways
def test_silence_is_a_hang(stub, way):
    """The time is that of the whole request."""
    stub.reply = lambda _model, _text: Sent(until=threading.Event())

    with pytest.raises(Fault, match=r"^no answer within 0\.05 s$") as raised:
        post(way, endpoint_of(stub, timeout_s=0.05))

    assert raised.value.kind == "hang"


@ways
def test_a_refused_connection_is_unreachable(way):
    """The port is free."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        endpoint = Endpoint(base_url=f"http://127.0.0.1:{held.getsockname()[1]}/v1", api_key=KEY)

        with pytest.raises(Fault) as raised:
            post(way, endpoint)

    assert raised.value.kind == "unreachable"
    assert KEY not in raised.value.words


@ways
def test_an_unknown_host_is_unreachable(way):
    """The name ends in .invalid, which never exists (RFC 6761)."""
    with pytest.raises(Fault) as raised:
        post(way, Endpoint(base_url="http://harness.invalid/v1", api_key=KEY))

    assert raised.value.kind == "unreachable"


def test_an_address_without_a_key_gets_no_header(stub):
    """Some servers refuse what they don't know."""
    post(lean_post, Endpoint(base_url=stub.url))

    assert "authorization" not in stub.headers[0]


def test_a_user_in_the_address_goes_before_the_key(stub):
    """Both would stand in the same header."""
    post(lean_post, endpoint_of(stub, base_url=stub.url.replace("//", "//me:hunter2@")))

    assert stub.headers[0]["authorization"] == "Basic " + base64.b64encode(b"me:hunter2").decode()


def test_a_slash_at_the_end_of_the_address_does_no_harm(stub):
    """People write it both ways."""
    reply = post(lean_post, endpoint_of(stub, base_url=stub.url + "/"))

    assert reply.status == 200


@ways
def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(stub, way, monkeypatch):
    """Company machines set one for everything, and it can't reach a loopback address."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert post(way, endpoint_of(stub)).status == 200


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, "http://far.example/v1", None),
        ({"http_proxy": "http://p:1"}, "http://far.example/v1", "http://p:1"),
        ({"http_proxy": "http://p:1"}, "https://far.example/v1", None),
        ({"https_proxy": "http://p:2"}, "https://far.example/v1", "http://p:2"),
        ({"all_proxy": "http://p:3"}, "https://far.example/v1", "http://p:3"),
        ({"http_proxy": "http://p:1", "no_proxy": "far.example"}, "http://far.example/v1", None),
        ({"http_proxy": "http://p:1"}, "http://localhost:8000/v1", None),
        ({"http_proxy": "http://p:1"}, "http://[::1]:8000/v1", None),
    ],
)
def test_the_environment_names_the_proxy(environment, url, proxy, monkeypatch):
    """By scheme, with exceptions, and never for this machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert proxy_for(Endpoint(base_url=url)) == proxy


@ways
def test_a_proxy_that_fails_is_named_without_its_password(way, monkeypatch):
    """The address may be right, and the proxy wrong."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{held.getsockname()[1]}"
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://me:word@{place}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)

        with pytest.raises(Fault) as raised:
            post(way, Endpoint(base_url="http://far.example/v1", api_key=KEY))

    assert raised.value.kind == "unreachable"
    assert f"(through the proxy http://{place}, set in the environment)" in raised.value.words
    assert "word" not in raised.value.words


def test_a_server_elsewhere_is_asked_through_the_proxy(stub, monkeypatch):
    """The stub plays the proxy: it gets the whole address."""
    monkeypatch.setenv("http_proxy", stub.url.removesuffix("/v1").replace("//", "//me:word@"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    reply = post(lean_post, Endpoint(base_url="http://far.example/v1"))

    assert reply.status == 404
    assert stub.strays == ["http://far.example/v1/chat/completions"]
