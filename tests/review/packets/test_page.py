"""The page that a reviewer opens, as a file: self-contained, inert, and the same for everybody but for the packet."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ReviewError
from harness.review.packets.page import SCRIPTS, packet_html, read_packet, served_html
from harness.text.pages import content_folder
from tests.review.made import packet_of, packet_with, sealed

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
DATA = re.compile(r'<script type="application/json" id="packet">.*?</script>', re.DOTALL)


def test_a_packet_comes_back_from_its_page():
    """The server and the tally read it from there."""
    packet = packet_of([("<b>ä</b>", "\u2028&</script>"), ("", "\x00\ufeff\U0001f600")], expected="</script>")

    assert read_packet(packet_html(packet).encode(), "reviewer-1.html") == packet


@given(a=TEXT, b=TEXT)
def test_no_answer_can_end_its_place_in_the_page(a, b):
    """Whatever it says: between the packet's tags stands nothing that HTML would take as its own."""
    page = packet_html(packet_of([(a + "</script><!--<script>", b)]))

    data = page.split('id="packet">')[1].split("</script>")[0]

    assert not set(data) & set("<>&\u2028\u2029")
    assert msgspec.json.decode(data)["pairs"][0]["b"] == b


def test_two_pages_differ_in_their_packets_alone():
    """So nothing of the page can tell a side."""
    one, other = packet_html(packet_with(3)), packet_html(packet_of([("x", "y")], reviewer="reviewer-2"))

    assert one != other
    assert DATA.sub("", one) == DATA.sub("", other)


def test_the_page_asks_nothing_of_the_network():
    """No address in it is ever fetched: the policy forbids all sources, and none is named."""
    page = packet_html(packet_with(1))
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")

    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy
    assert "connect-src" not in policy
    assert not re.findall(r"(?:src|href|action)=\"(?!#|data:,)", page)


def test_the_served_page_holds_no_packet_and_asks_its_own_server_alone():
    """Everybody gets it, so it must hold nothing of anybody."""
    page, policy = served_html()

    assert 'id="packet">null</script>' in page
    assert "connect-src 'self'" in policy
    assert policy in page.replace("&#39;", "'")


def scripts() -> str:
    """Return the page's scripts in one."""
    return "\n".join((content_folder("reports") / name).read_text() for name in SCRIPTS)


def test_every_word_of_the_page_stands_in_the_strings():
    """A translation is one file; each string that the script or the template names is there, and no other."""
    folder = content_folder("reports")
    strings = msgspec.json.decode((folder / "review_strings.json").read_bytes())
    script, template = scripts(), (folder / "review.html.j2").read_text()
    put_together = re.compile(r"(view|choice|answer|reasoning|reasons|said_ship)_|(system|user|assistant|tool)$")

    unused = [name for name in strings if f'"{name}"' not in script and f"strings.{name}" not in template + script]

    assert [name for name in unused if not put_together.match(name)] == []
    assert set(re.findall(r"strings\.([a-z_]+)", template)) <= set(strings)
    assert set(re.findall(r'words\(\s*"([a-z_]+)"', script)) <= set(strings)
    assert not re.findall(r">\s*[A-Za-z]{2,}", re.sub(r"{[{%#].*?[}%#]}", "", template))


def test_the_script_never_makes_html_of_a_text():
    """What it shows, it shows as text nodes; no sink that parses HTML or code is in it."""
    script = scripts()

    assert not re.findall(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(|srcdoc|DOMParser", script
    )
    assert "</script" not in script


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (b"", "no packet in this page"),
        (b"<html>a report</html>", "no packet in this page"),
        (packet_html(packet_with(2)).encode().partition(b"on its way")[0], "no packet in this page"),
        (packet_html(packet_with(2)).encode().replace(b"on its way", b"not on its way"), "was changed since"),
        (packet_html(packet_with(2)).encode().replace(b"on its way", b"\xff"), "damaged"),
        (packet_html(packet_with(2)).encode().replace(b"on its way", b"\\ud800"), "damaged"),
        (packet_html(packet_with(2)).encode().replace(b'"format":1', b'"format":2'), "damaged"),
        (served_html()[0].encode(), "damaged"),
    ],
)
def test_a_page_without_a_sound_packet_is_refused_by_name(page, said):
    """Cut, edited, of another kind: the error names the file."""
    with pytest.raises(ReviewError, match=f"^somewhere.html: .*{said}"):
        read_packet(page, "somewhere.html")


def test_a_packet_without_pairs_is_still_a_page():
    """The build refuses to make one; the page itself must not break on it."""
    packet = sealed(msgspec.structs.replace(packet_with(1), pairs=()))

    assert read_packet(packet_html(packet).encode(), "x") == packet
