"""The pages of docs/ and the README: their links lead somewhere, and design.md shows the layout as it is."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness import scorers
from harness.records.answered import Response
from harness.records.asked import Case
from harness.scorers.scoring import score_one
from scripts import build_site as site
from scripts.reference import reference_pages
from scripts.statistics_pictures import FOLDER, pictures
from tests.test_layers import ORDER

ROOT = Path(__file__).parent.parent
PAGES = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
)
DESIGN = ROOT / "docs" / "design.md"
LINK = re.compile(r"\]\(([^)\s]+)\)")


def outside_code(text: str) -> str:
    """Return a page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", outside_code(page.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Return the links of a page into this repository that lead nowhere."""
    broken = []
    for link in LINK.findall(outside_code(page.read_text())):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    """To a file that is there, and to a heading in it."""
    assert not broken_links(page)


def test_a_broken_link_would_be_found(tmp_path):
    """A page that is missing, and a heading that is."""
    page = tmp_path / "page.md"
    page.write_text("# A heading\n[good](#a-heading) [gone](gone.md) [gone](#another) [far](https://example.org/)\n")

    assert broken_links(page) == ["gone.md", "#another"]


def test_the_design_lists_the_packages_in_their_order():
    """As the test of the layers holds it."""
    section = DESIGN.read_text().partition("## 1. Layout")[2].partition("\n## ")[0].partition("Beside `harness/`")[0]
    listed = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", section, flags=re.MULTILINE)

    assert tuple(listed) == ORDER


def test_code_that_names_a_section_of_the_design_names_one_that_is_there():
    """By its number."""
    files = [path for folder in ("harness", "tests", "bench", "scripts") for path in (ROOT / folder).rglob("*.py")]
    named = {
        number
        for path in (*files, ROOT / "pyproject.toml")
        for number in re.findall(r"docs/design\.md, section (\d+)", path.read_text())
    }

    assert named
    assert named <= set(re.findall(r"^## (\d+)\. ", DESIGN.read_text(), flags=re.MULTILINE))


CATALOGUES = {"stats", "scorers"}
"""Packages whose modules are listed by their own ``__init__``."""


def modules_in(package: str) -> set[str]:
    """Return the names of the modules and folders of a package."""
    folder = ROOT / "harness" / package
    return {path.stem for path in folder.iterdir() if not path.stem.startswith("__")}


def test_the_design_names_the_modules_of_each_package():
    """All that are there, and no other; those of ``gating`` in a section of their own."""
    layout = DESIGN.read_text().partition("## 1. Layout")[2].partition("Beside `harness/`")[0]
    gating = DESIGN.read_text().partition("| module of `gating/` |")[2].partition("\n\n")[0]
    named = {
        package: set(re.findall(r"`(\w+)/?`", cell.rpartition(" | ")[2]))
        for package, cell in re.findall(r"^\| `(\w+)/` \|(.*)\|$", layout, flags=re.MULTILINE)
    }
    first_cells = re.findall(r"^\|([^|]*)\|", gating, flags=re.MULTILINE)
    named["gating"] = set(re.findall(r"`(\w+)`", " ".join(first_cells)))

    assert {package: names for package, names in named.items() if package not in CATALOGUES} == {
        package: modules_in(package) for package in named.keys() - CATALOGUES
    }


@pytest.mark.parametrize(
    ("gated", "ranked"), [(0, "0007-2026-11-26-b"), (1, "0007-2026-11-26-b"), (6, "0007-2026-11-26-b"), (4, "")]
)
def test_the_pipeline_that_releases_the_best_asks_rank_whatever_the_gates_found(tmp_path, gated, ranked):
    """As docs/ranking.md has it: the newest run is ranked, unless the suites could not be run."""
    (pipeline,) = re.findall(
        r"```\n(pytest [^`]*harness rank [^`]*\$[^`]*)```", (ROOT / "docs" / "ranking.md").read_text()
    )
    commands = {"pytest": f"exit {gated}", "harness": 'echo "$@" > asked; exit 6'}
    for name, does in commands.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o700)
    for run in ("0006-2026-11-26-a", "0007-2026-11-26-b", "index.html"):
        (tmp_path / "runs" / run).mkdir(parents=True)

    path = f"{tmp_path}:{os.environ['PATH']}"
    code = subprocess.run(["bash", "-c", pipeline], cwd=tmp_path, env={"PATH": path}, check=False).returncode

    asked = tmp_path / "asked"
    assert (asked.read_text() if asked.exists() else "") == (f"rank {ranked}\n" if ranked else "")
    assert code == (6 if ranked else 1)


def test_the_scorer_of_contributing_scores():
    """What a newcomer copies first."""
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - our own page

    polite, rude = (
        score_one(names["is_polite"], Case(id="c", messages=()), Response(request_key="k", text=text))
        for text in ("Dear Ms Ortiz, ...", "No.")
    )

    assert (polite.value, rude.value, rude.category) == (1.0, 0.0, "no greeting")


def test_every_page_is_in_the_sites_navigation():
    """One that is not would be found by search alone."""
    navigation = (ROOT / "mkdocs.yml").read_text().partition("\nnav:\n")[2]
    named = set(re.findall(r"(\S+\.md)$", navigation, re.MULTILINE))

    pages = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert pages - named == set()
    assert {name for name in named if "/" not in name} - pages == {*site.BESIDE.values()}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("see [Suites](docs/suites.md#tags)", "see [Suites](suites.md#tags)"),
        ("![A report](docs/report.png)", "![A report](report.png)"),
        ("[`cases.jsonl`](suites/support_triage/cases.jsonl)", "`cases.jsonl`"),
        ("[why](docs/decisions/) [here](#two-commands)", "[why](decisions/index.md) [here](#two-commands)"),
        ("```\n[a](docs/suites.md)\n```", "```\n[a](docs/suites.md)\n```"),
    ],
)
def test_links_of_a_page_hold_at_its_place_in_the_site(written, shown):
    """What the site doesn't hold is named alone; code is left as it is."""
    assert site.with_links(written, ROOT, Path()) == shown


def test_links_out_of_a_folder_lead_up():
    """As the decisions link to the pages."""
    folder = ROOT / "docs" / "decisions"

    assert site.with_links("[x](../trust.md) [y](0015-flips-are-asked-again.md)", folder, Path("decisions")) == (
        "[x](../trust.md) [y](../decisions/0015-flips-are-asked-again.md)"
    )


def test_the_reference_has_every_exported_name():
    """With its arguments, its text, and examples as code."""
    pages = reference_pages()

    assert {name for name in scorers.__all__ if f"\n## {name}\n" not in pages["scorers.md"]} == set()
    assert "number_equals(" in pages["scorers.md"]
    assert "```python\n>>> " in pages["scorers.md"]
    assert "<function" not in pages["scorers.md"]
    assert "## harness review build" in pages["commands.md"]
    assert "- ``floor``: the candidate's mean" in pages["fixtures.md"]


def test_the_pictures_of_the_statistics_are_those_of_todays_figures():
    """After a change: python -m scripts.statistics_pictures."""
    drawn = pictures()

    assert {name: (FOLDER / name).read_text() for name in drawn} == drawn
    assert all("http" not in text.replace("http://www.w3.org/2000/svg", "") for text in drawn.values())
