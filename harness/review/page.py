"""Write and read the page that a reviewer opens: one HTML file that asks nothing of the network.

Two packets' pages differ in the packet's JSON alone; what is shown is put together by the scripts in reports/.
"""

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from harness.content import content_folder
from harness.errors import ReviewError
from harness.report.shown import NAMES
from harness.review.records import Packet, canonical, packet_digest

if TYPE_CHECKING:
    from markupsafe import Markup

SCRIPTS = ("review_text.js", "review_votes.js", "review.js")
BEFORE, AFTER = '<script type="application/json" id="packet">', "</script>"
MEANT_FOR_HTML = re.compile("[<>&\u2028\u2029]")


def packet_html(packet: Packet) -> str:
    """Return a packet as one self-contained page that may not use the network at all."""
    page, _ = _page(canonical(packet).decode(), "default-src 'none'")
    return page


def served_html() -> tuple[str, str]:
    """Return the page that asks its own server for the packet, and its Content-Security-Policy."""
    return _page("null", "default-src 'none'; connect-src 'self'")


def read_packet(page: bytes, source: str) -> Packet:
    """Return the packet in a page that ``packet_html`` made.

    Raises:
        ReviewError: it holds none, or it is damaged; the text begins with ``source``.
    """
    start = page.find(BEFORE.encode())
    end = page.find(AFTER.encode(), start)
    if start < 0 or end < 0:
        raise ReviewError(f"{source}: no packet in this page; name what `harness review build` wrote")
    try:
        packet = msgspec.json.decode(page[start + len(BEFORE) : end], type=Packet)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ReviewError(f"{source}: the packet in this page is damaged ({problem}); build it again") from None
    if packet_digest(packet) != packet.packet:
        raise ReviewError(f"{source}: the packet in this page was changed since it was built; build it again")
    return packet


def _page(packet_json: str, sources: str) -> tuple[str, str]:
    """Return the page and its policy: its own script and style, known by their digests, and what ``sources`` allows."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    folder = content_folder("reports")
    style, strings = ((folder / f"review{end}").read_text("utf-8") for end in (".css", "_strings.json"))
    script = "\n".join((folder / name).read_text("utf-8") for name in SCRIPTS)
    words = msgspec.json.decode(strings, type=dict[str, str | list[list[str]]])
    policy = (
        f"{sources}; script-src '{_source(script)}'; style-src '{_source(style)}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("review.html.j2").render(
        strings=words,
        policy=policy,
        style=Markup(style),  # noqa: S704 - our own files, and neither element is escaped
        script=Markup(script),  # noqa: S704 - the same
        strings_json=_inert(msgspec.json.encode({**words, "hidden": NAMES}).decode()),
        packet_json=_inert(packet_json),
    )
    return page, policy


def _source(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _inert(json: str) -> "Markup":
    """Return JSON that means the same and holds nothing that HTML or JavaScript could take as its own."""
    from markupsafe import Markup

    return Markup(MEANT_FOR_HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", json))  # noqa: S704 - made inert here
