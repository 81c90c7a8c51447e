"""Write and read the page that a reviewer opens: one HTML file that makes no network request.

Two packets' pages differ in the packet's JSON alone; what is shown is put together by the scripts in reports/.
"""

import msgspec

from harness.errors import ReviewError
from harness.records.record import UNREADABLE
from harness.review.packets.records import Packet, canonical, packet_digest
from harness.text.hidden import NAMES
from harness.text.pages import inert, part_digest, read_part, template
from harness.text.visible import for_terminal

SCRIPTS = ("shown.js", "review_text.js", "review_votes.js", "review.js")
BEFORE, AFTER = '<script type="application/json" id="packet">', "</script>"


def packet_html(packet: Packet) -> str:
    """Return a packet as one self-contained page that can't use the network at all."""
    page, _ = _page(canonical(packet).decode(), "default-src 'none'")
    return page


def served_html() -> tuple[str, str]:
    """Return the page that asks its own server for the packet, and its Content-Security-Policy."""
    return _page("null", "default-src 'none'; connect-src 'self'")


def read_packet(page: bytes, source: str) -> Packet:
    """Return the packet in a page that ``packet_html`` made.

    Raises:
        ReviewError: it has none, or it is damaged; the text starts with ``source``.
    """
    start = page.find(BEFORE.encode())
    end = page.find(AFTER.encode(), start)
    if start < 0 or end < 0:
        raise ReviewError(f"{source}: no packet in this page; name a page that `harness review build` wrote")
    try:
        packet = msgspec.json.decode(page[start + len(BEFORE) : end], type=Packet)
    except UNREADABLE as problem:
        raise ReviewError(
            f"{source}: the packet in this page is damaged ({for_terminal(str(problem))}); build it again"
        ) from None
    if packet_digest(packet) != packet.packet:
        raise ReviewError(f"{source}: the packet in this page was changed since it was built; build it again")
    return packet


def _page(packet_json: str, sources: str) -> tuple[str, str]:
    """Return the page and its policy: its own script and style, known by their digests, and what ``sources`` allows."""
    from markupsafe import Markup

    style, script = read_part("review.css"), read_part(*SCRIPTS)
    strings = read_part("review_strings.json")
    words = msgspec.json.decode(strings, type=dict[str, str | list[list[str]]])
    policy = (
        f"{sources}; script-src 'sha256-{part_digest(script)}'; style-src 'sha256-{part_digest(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    page = template("review.html.j2").render(
        strings=words,
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own files, and neither element is escaped
        script=Markup(script),  # noqa: S704 - the same
        strings_json=inert(msgspec.json.encode({**words, "hidden": NAMES}).decode()),
        packet_json=inert(packet_json),
    )
    return page, policy
