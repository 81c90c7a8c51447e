"""The report is safe and readable: hostile and hidden text, limits on length, headings, tables, paths."""

import base64
import hashlib
import itertools
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.asked import Case
from harness.records.messages import Message
from harness.records.scored import Score
from harness.report import markdown_summary, render
from harness.report.view.facts import command_line
from harness.text.pages import content_folder
from harness.text.shown import ANSWER_LIMIT, fact, show, show_both
from harness.text.visible import hide_paths
from tests.report.pages import HIDDEN, Page, alone, verdict
from tests.sample_run import HOSTILE, ask, sample_run

# Hostile content


def test_answers_bring_no_element_and_no_handler(page):
    """No script, no handler, no style attribute, no reference outside the file, whatever the answers hold."""
    allowed_links = [given["href"] for tag, given in page.tags if tag == "a"]

    tags = [tag for tag, _ in page.tags]
    assert set(tags).isdisjoint({"iframe", "img", "link", "object", "base", "embed"})
    assert (tags.count("script"), tags.count("form"), tags.count("style")) == (1, 2, 1)
    assert page.script == (content_folder("reports") / "report.js").read_text(encoding="utf-8")
    for _, given_attributes in page.tags:
        assert not [name for name in given_attributes if name.startswith("on") or name in {"style", "src", "srcset"}]
    assert all(link.startswith("#") and link[1:] in page.by_id for link in allowed_links)
    assert not re.search(r"url\(|@import", page.style)


def test_style_and_script_stand_in_the_policy_by_their_digests(page):
    """The policy allows nothing but the page's own style sheet and script."""
    (policy,) = [given["content"] for tag, given in page.tags if given.get("http-equiv") == "Content-Security-Policy"]
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (page.style, page.script)
    )

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert [given["http-equiv"] for _, given in page.tags if "http-equiv" in given] == ["Content-Security-Policy"]


@pytest.mark.parametrize("text", [text for text in HOSTILE if 0 < len(text) < ANSWER_LIMIT])
def test_hostile_answers_show_as_text(page, text):
    """Markup, links and template braces are read as they were written, hidden characters by name."""
    assert show(text).text in page.by_id["gate-2"]


def test_no_hidden_character_reaches_the_page(html):
    """Bidi marks, ANSI codes and NUL never stand in the file themselves."""
    assert not HIDDEN.search(html)
    assert "⟨RLO⟩" in html
    assert "⟨NUL⟩" in html


def test_long_answer_is_cut_with_a_note(page, html):
    """A line of 1 MB is cut, the page says by how much, and stays light."""
    (cut,) = [int(one.replace(",", "")) for one in re.findall(r"([\d,]{7,}) more characters are left out", page.text)][
        :1
    ]
    assert cut >= 1_000_000 - ANSWER_LIMIT
    assert "x" * (ANSWER_LIMIT + 1) not in html
    assert len(html) < 500_000


def test_no_path_of_the_machine_is_told(html, sample):
    """Neither page nor summary holds a home folder or any other absolute path."""
    assert "/home/" not in html
    assert "ada" not in re.findall(r"[\w-]+", markdown_summary(sample.run))


def test_hostile_names_do_no_harm():
    """Names of models, tests, versions and scorers are escaped too."""
    evil = "</title></style><script>x</script>"
    model = msgspec.structs.replace(sample_run().run.candidate, adapter=evil)
    each = verdict("failed", test_id=f"a.py::{evil}", reasons=(evil,))
    run = alone(verdicts=(each,), candidate=model, engine=evil, versions={evil: evil}, id=evil, time=evil)
    page = Page(render(run, [], []))

    assert [tag for tag, _ in page.tags].count("script") == 1
    assert evil in page.text


def test_lone_surrogate_can_be_written(tmp_path):
    """A string that is no valid Unicode is shown by the name of its code point."""
    case = Case(id="c", messages=(Message(role="user", content="?"),))
    asked = ask(
        [case], "s()", lambda side, _i, _r: f"{side} \ud800", lambda _c, text: Score(value=float(text[0] == "b"))
    )
    html = render(alone(verdicts=(verdict("failed", comparison=asked.comparison),)), asked.answers, asked.judgements)

    assert "⟨U+D800⟩" in html
    assert html.encode()


# Form


def test_headings_are_in_order_and_ids_unique(page):
    """No level is left out, and no id stands twice."""
    levels = [int(tag[1]) for tag, _ in page.headings]
    ids = [given["id"] for _, given in page.tags if "id" in given]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    assert len(ids) == len(set(ids))


def test_tables_have_captions_and_headers_and_plots_have_words(page):
    """Tables and drawings can be read without seeing them."""
    tags = [tag for tag, _ in page.tags]

    assert tags.count("table") == tags.count("caption") > 5
    assert all(given.get("scope") in {"col", "row"} for tag, given in page.tags if tag == "th")
    assert all(
        given.get("aria-hidden") == "true" or given.get("aria-label") for tag, given in page.tags if tag == "svg"
    )
    assert {"main", "nav", "header", "footer"} <= set(tags)


# Small parts


@given(st.text())
def test_shown_text_hides_nothing(text):
    """Whatever the text, no character of the hidden kinds is left, and nothing else is lost."""
    shown = show(text)
    plain = "".join(piece.text for piece in shown.pieces if piece.kind == "plain")

    assert not HIDDEN.search(shown.text)
    assert len(plain) + sum(piece.kind == "control" for piece in shown.pieces) == len(text.replace("\r\n", "\n"))


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_marked_differences_keep_the_text(left, right):
    """Marking the words that differ changes no character."""
    before, after = show_both(left, right)

    assert (before.text, after.text) == (left, right)


def test_words_that_differ_are_marked():
    """Only the changed word is marked, on each side its own."""
    before, after = show_both("send it to the bug queue", "send it to the billing queue")

    assert [piece.text for piece in before.pieces if piece.kind == "changed"] == ["bug"]
    assert [piece.text for piece in after.pieces if piece.kind == "changed"] == ["billing"]


def test_emoji_joiners_are_left_alone():
    """A family emoji is no attack."""
    assert show("👩\u200d👧").text == "👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("can't read /home/ada/x/y.json: gone", "can't read …/y.json: gone"),
        ("file:///root/a/b", "…/b"),
        ("--run-dir=/tmp/runs/7", "--run-dir=…/7"),
        (r"C:\Users\ada\model", "…/model"),
        ("http://127.0.0.1:8000/v1/models", "http://127.0.0.1:8000/v1/models"),
        ("suites/support_triage/ 3/4/5 and/or", "suites/support_triage/ 3/4/5 and/or"),
    ],
)
def test_absolute_paths_lose_their_folders(text, expected):
    """Absolute paths keep their last part; addresses and relative paths stay."""
    assert hide_paths(text) == expected


def test_command_keeps_relative_arguments():
    """The command can be typed again in the checkout."""
    command = ("/opt/x/bin/pytest", "suites/", "--candidate", "adapters/my triage")

    assert command_line(command) == "pytest suites/ --candidate 'adapters/my triage'"


def test_long_fact_says_what_is_missing():
    """A fact is cut with a note."""
    assert fact("a" * 50, 10) == "aaaaaaaaaa … (40 more characters)"
