"""Who is answered by a server of pages for this machine alone, and what each answer forbids."""

import pytest
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from harness.serving.guard import for_own_pages, guarded

PORT = 8766


def client(host: str = f"127.0.0.1:{PORT}") -> TestClient:
    """Return a browser that asks by this name."""
    asked = TestClient(for_own_pages(PlainTextResponse("runs"), PORT))
    asked.headers["Host"] = host
    return asked


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"[::1]:{PORT}"])
def test_this_machine_is_answered_by_its_own_names(host):
    """Typed in the address bar, and asked by a page of the server itself."""
    typed = client(host).get("/", headers={"Sec-Fetch-Site": "none"})
    asked = client(host).get("/", headers={"Sec-Fetch-Site": "same-origin", "Origin": f"http://{host}"})

    assert (typed.text, asked.text) == ("runs", "runs")


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"127.0.0.1:{PORT}.evil.example", ""]
)
def test_a_foreign_name_is_not_answered(host):
    """A page whose name was given this machine's address (DNS rebinding) learns nothing."""
    refused = client(host).get("/")

    assert (refused.status_code, "runs" in refused.text) == (403, False)


@pytest.mark.parametrize(
    "header",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_what_another_site_asks_is_not_answered(header):
    """By its origin, or by what the browser says of it; a page in a sandbox has the origin "null"."""
    assert client().get("/", headers=header).status_code == 403


def test_two_hosts_are_not_answered():
    """A request says once whom it asks."""
    answers = [client().get("/", headers=[("Host", f"127.0.0.1:{PORT}"), ("Host", "evil.example")])]

    assert [one.status_code for one in answers] == [403]


def test_an_answer_keeps_a_policy_of_its_own():
    """Two policies would both hold, and the page's own would be useless; the other headers are added."""
    own = PlainTextResponse("report", headers={"Content-Security-Policy": "sandbox"})

    headers = TestClient(guarded(own, "default-src 'none'")).get("/").headers

    assert headers.get_list("content-security-policy") == ["sandbox"]
    assert (headers["x-frame-options"], headers["cache-control"]) == ("DENY", "no-store")
