"""Packets of a review as pages, and what was voted on them."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Download, Page, expect

from harness.review.packets.page import packet_html
from harness.review.packets.records import Ballot, Packet
from harness.review.votes.ballots import check_ballot, read_ballot
from tests.review.made import sealed

CHOICES = {"1": "a", "2": "b", "3": "tie", "4": "bad"}

BUTTONS = {"a": "A is better", "b": "B is better", "tie": "Tie", "bad": "Both bad"}

HOSTILE = (
    "<script>alert(1)</script></script><script>alert(2)</script><img src=x onerror=alert(3)>"
    "<svg onload=alert(4)><a href='javascript:alert(5)'>go</a><iframe srcdoc='<script>alert(6)</script>'>"
    "<!--<script> {{7*7}} ${7*7} ]]> --> [x](javascript:alert(8)) ![x](http://192.0.2.1/x.png)\n"
    "# <b>heading</b>\n- **<i>item</i>** `<script>`\n```html\n<script>alert(9)</script>\n"
)

RISKY = ", ".join(f"main {name}" for name in ("a", "img", "svg", "iframe", "i", "b", "script", "[onerror]", "[href]"))

REFUSES = (
    """Object.defineProperty(window, "localStorage", { get() { throw new DOMException("no", "SecurityError"); } })"""
)

LONG, PIECE = 20_000, 4_000


@pytest.fixture
def written(tmp_path):
    """Return ``written(packet)``: the address of its page as a file."""

    def write(packet: Packet) -> str:
        file = tmp_path / f"{packet.reviewer}.html"
        file.write_text(packet_html(packet), encoding="utf-8", newline="")
        return file.as_uri()

    return write


def ready(page: Page, address: str) -> Page:
    """Open a packet, and wait until it can be voted on; a page that only got another fragment loads itself anew."""
    page.goto(address)
    page.wait_for_function("() => token === location.hash.slice(1)")
    expect(page.locator("#pair, #end").locator("visible=true")).to_have_count(1)
    return page


def saved(download: Download, packet: Packet) -> Ballot:
    """Return a downloaded ballot, read and checked as the tally does it."""
    ballot = read_ballot(Path(download.path()).read_bytes(), download.suggested_filename)
    check_ballot(ballot, packet, download.suggested_filename)
    return ballot


def pressed(page: Page, selector: str) -> list[str]:
    """Return the texts of the buttons that are pressed, among some."""
    return page.locator(f"{selector}[aria-pressed=true]").all_inner_texts()


def choices(ballot: Ballot) -> list[str]:
    """Return what was voted, pair by pair."""
    return [vote.choice for vote in ballot.votes]


def vote_all(page: Page, keys: str) -> None:
    """Vote on pair after pair."""
    for key in keys:
        page.keyboard.press(key)
        page.keyboard.press("ArrowRight")


def resealed(packet: Packet, **changed: Any) -> Packet:
    """Return a changed packet with its digest made right."""
    return sealed(msgspec.structs.replace(packet, **changed))
