"""Put the documentation together and build it as a site, every link checked: ``make site``.

The pages are docs/, the pages beside it (README, changelog, ...), and a reference that is written from docstrings
(scripts/reference.py). Zensical reads mkdocs.yml; it has an environment of its own, since nothing else needs it.
"""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from scripts.reference import reference_pages

ROOT = Path(__file__).parents[1]
SITE = ROOT / ".cache" / "site"
PAGES, TOOLS = SITE / "pages", SITE / "venv"
NEEDS = ROOT / "requirements" / "site.txt"
BESIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "vulnerability.md",
}
"""Pages at the root of the checkout, and their places in the site."""
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Write the pages, and build the site."""
    write_pages()
    shutil.rmtree(SITE / "html", ignore_errors=True)
    if not (TOOLS / "ready").exists() or (TOOLS / "ready").read_text() != NEEDS.read_text():
        venv.create(TOOLS, clear=True, with_pip=True)
        pip = [str(TOOLS / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, "--no-deps", "--requirement", str(NEEDS)], check=True)
        (TOOLS / "ready").write_text(NEEDS.read_text())
    built = subprocess.run([str(TOOLS / "bin" / "zensical"), "build", "--strict"], cwd=ROOT, check=False)
    if built.returncode:
        sys.exit("site: not built; correct what is named above")
    print(f"site: {(SITE / 'html' / 'index.html').relative_to(ROOT)}")


def write_pages() -> None:
    """Write every page of the site, with links that hold there."""
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(ROOT / "docs", PAGES)
    for path in (ROOT / "docs").rglob("*.md"):
        place = path.relative_to(ROOT / "docs")
        (PAGES / place).write_text(with_links(path.read_text(), path.parent, place.parent))
    for name, place in BESIDE.items():
        (PAGES / place).write_text(with_links((ROOT / name).read_text(), ROOT, Path()))
    (PAGES / "decisions" / "index.md").write_text(list_of_decisions())
    (PAGES / "reference").mkdir()
    for name, text in reference_pages().items():
        (PAGES / "reference" / name).write_text(text)


def with_links(text: str, here: Path, there: Path) -> str:
    """Return a page of the folder ``here`` with its links as they are in the folder ``there`` of the site.

    What the site doesn't hold, such as a suite, is named without a link.
    """

    def link(found: re.Match[str]) -> str:
        mark, words, target = found.groups()
        path, _, anchor = target.partition("#")
        if "://" in path or not path:
            return found.group()
        place = place_of((here / path).resolve())
        if place is None:
            return words
        up = "../" * len(there.parts)
        return f"{mark}[{words}]({up}{place.as_posix()}{f'#{anchor}' if anchor else ''})"

    pieces = FENCE.split(text)
    return "".join(piece if piece.startswith("```") else LINK.sub(link, piece) for piece in pieces)


def place_of(path: Path) -> Path | None:
    """Return where in the site a file of the checkout is; None where it isn't."""
    docs = ROOT / "docs"
    if path == docs / "decisions":
        return Path("decisions/index.md")
    if path.is_relative_to(docs) and path.is_file():
        return path.relative_to(docs)
    beside = BESIDE.get(path.name) if path.parent == ROOT else None
    return Path(beside) if beside else None


def list_of_decisions() -> str:
    """Return a page with a link to each decision."""
    titles = {
        path.name: path.read_text().splitlines()[0] for path in sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    }
    lines = [f"- [{title.removeprefix('# ')}]({name})" for name, title in titles.items()]
    return "\n".join(
        ["# Decisions", "", "Why something is as it is: the context, the choice, what it costs.", "", *lines, ""]
    )


if __name__ == "__main__":
    main()
