"""HTML, signatures and quoted mail; not code, letters that were asked for, nor a closing with a name."""

import pytest

from harness.data.checks.noise.markup import html_in, quoted_mail_in, signature_in


@pytest.mark.parametrize(
    "text",
    [
        "<p>My order is late.</p>",
        "Late again<br>and <br/>again",
        "Tom &amp; Jerry",
        "a&nbsp;b",
        "It&#39;s late",
        '<div class="x">Hello</div>',
    ],
)
def test_html_is_found(text):
    """Tags that lay out, and escaped characters."""
    assert html_in(text, text) is not None


def test_a_tag_that_was_asked_for_is_left_alone():
    """Also without the word HTML."""
    assert html_in("Hello <br> you <br>", "", asked="Separate lines with <br>, please.") is None


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "AT&T and R&D",
        "Use `<p>` and `<br>`",
        "```\n<p>hi</p>\n```",
        "How do I write <p>text</p> in HTML?",
        "The <br> tag breaks, &nbsp; too",
        "List<String> names = new ArrayList<String>();",
        "<think>hm</think>",
        "16 - 3 = <<16-3=13>>13",
        "one <b> alone",
        "Put the verbs in bold: I <b>see</b> and <b>run</b>",
        "Unterstreiche das Nomen: der <u>Mond</u> scheint",
        "Write a code for a table: <table><tr><td>1</td></tr></table>",
    ],
)
def test_what_is_no_layout_is_left_alone(text):
    """Comparisons, code, and talk of HTML."""
    assert html_in(text, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "It is late.\nSent from my iPhone",
        "Zu spät.\nVon meinem iPhone gesendet",
        "Late.\n-- \nAda Byron\nTidewell",
        "Late.\n\nKind regards,\nAda Byron\nHead of Sales\nTel. +49 30 901820",
        "Late.\n\nMit freundlichen Grüßen\nAda Byron\nTidewell GmbH",
        "Late.\nThis e-mail and any attachments are confidential.",
        "Late. If you are not the intended recipient, delete it.",
    ],
)
def test_a_signature_is_found(text):
    """Of telephones, of offices, of lawyers."""
    assert signature_in(text, "") is not None


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("It is late.\nKind regards, Ada", ""),
        ("It is late.\nKind regards,\nAda Byron", ""),
        ("Dear team,\nall is well.\n\nBest regards,\nAda Byron\nTel. +49 30 901820", "Draft an e-mail to the team."),
        ("Best regards,\n[Your Name]\n[Your Phone: tel. 1]", ""),
        ("a -- b\nc", ""),
        ("I sent from my heart", ""),
    ],
)
def test_a_greeting_is_no_signature(text, asked):
    """Nor is the end of a letter that was asked for."""
    assert signature_in(text, asked) is None


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!\nOn Mon, 3 Nov 2025 at 10:12, Ada Byron wrote:\n> Hello",
        "Danke!\nAm 3.11.2025 um 10:12 schrieb Ada Byron:\n> Hallo",
        "Thanks!\n-----Original Message-----\nHello",
        "Thanks!\nFrom: Ada\nSent: Monday\nTo: Bob\nSubject: Order\nHello",
        "Thanks!\n>> first\n>> second\n",
    ],
)
def test_quoted_mail_is_found(text):
    """As clients of several languages quote it."""
    assert quoted_mail_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "> To be or not to be\nwrote Shakespeare: yes",
        "On Monday I wrote to you: nothing.",
        "Subject: Order\nDear team",
        ">>> print(1)\n1\n",
        "From: Berlin to: Bremen",
    ],
)
def test_other_quotations_are_left_alone(text):
    """Markdown, prose, the subject of a letter, Python's prompt."""
    assert quoted_mail_in(text) is None


def test_a_long_text_is_read_at_its_start():
    """And in one go."""
    for text in ("<p" * 300_000, "On a" * 250_000 + ":", "regards,\n" * 100_000, "-- \n" * 200_000, "> " * 400_000):
        assert html_in(text, "") is None
        signature_in(text, "")
        quoted_mail_in(text)
