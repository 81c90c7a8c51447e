"""Every kind of problem has its way out: on the page of a check, and in the documentation."""

import re
from pathlib import Path

import pytest

from harness.data.check import Checked
from harness.data.checks.every import KINDS
from harness.data.checks.problem import Problem
from harness.data.checks.shape.shape import Shapes
from harness.data.checks.shape.untuned import ByModels
from harness.data.checks.told import Problems, Told
from harness.report.data import render_data

DOCS = Path(__file__).parents[3] / "docs"
PAGES = "\n".join((DOCS / name).read_text() for name in ("data.md", "data-base.md", "data-checks.md", "data-noise.md"))
PART = r"(?:^#+ .*|^\|)"
"""A heading, or a row of a table."""


def page(kinds):
    """Return the page of a check that found one problem of each kind."""
    told = Told(Problem(kind=kind.name, places=("rows.jsonl:1",), told="so it is") for kind in kinds)
    names = [kind.name for kind in kinds]
    checked = Checked(files=(), kinds=kinds, problems=Problems(told, names), warnings=Problems(told, ()))
    return render_data(checked, (Shapes().shape(), ByModels()), (), "2026-11-27T00:00:00+00:00")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_has_a_section_with_its_remedy_on_the_page(kind):
    """With its title, and its name as settings call it."""
    (section,) = re.findall(rf'<section class="kind" id="{kind.name}".*?</section>', page(KINDS), re.DOTALL)

    plain = section.replace("&#39;", "'")
    assert f"<code>{kind.name}</code>" in plain
    assert kind.title in plain
    assert f"{kind.remedy[0].upper()}{kind.remedy[1:]}".rstrip(".") in plain


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_is_in_the_documentation(kind):
    """In a heading, or in a table, by its name."""
    assert re.search(rf"{PART}.*(?:`{kind.name}`|\b{kind.name}\b)", PAGES, re.MULTILINE)


def test_no_two_kinds_share_a_name():
    """Settings call them by it."""
    assert len({kind.name for kind in KINDS}) == len(KINDS)
