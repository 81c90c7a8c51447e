"""The folders that users edit (judges, templates) or read (docs), and what all pages share."""

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.errors import HarnessError

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup


PACKAGE = Path(__file__).resolve().parents[1]
MEANT_FOR_HTML = re.compile("[<>&\u2028\u2029]")


def content_folder(name: Literal["docs", "judges", "reports", "starter"], package: Path = PACKAGE) -> Path:
    """Return the folder ``name``: inside an installed package, else beside it in a checkout.

    A wheel carries its own copy and a checkout has none, so a stray ``reports`` folder in site-packages never wins.

    Raises:
        HarnessError: neither folder exists.
    """
    packaged, checkout = package / "_content" / name, package.parent / name
    for folder in (packaged, checkout):
        if folder.is_dir():
            return folder
    raise HarnessError(f"{checkout}: no such folder; it belongs to the checkout, so restore it or install again")


def template(name: str) -> "Template":
    """Return a template under reports/: it escapes what it prints, and a missing value is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from harness.text.compiled import CompiledTemplates

    environment = Environment(
        loader=FileSystemLoader(content_folder("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledTemplates(),
    )
    return environment.get_template(name)


def read_part(*names: str) -> str:
    """Return the text of files under reports/, one after the other: what a style or script element holds."""
    return "\n".join((content_folder("reports") / name).read_text(encoding="utf-8") for name in names)


def part_digest(text: str) -> str:
    """Return the digest by which a Content-Security-Policy names a style or a script, without "sha256-"."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def inert(json: str) -> "Markup":
    """Return JSON that means the same and holds nothing that HTML or JavaScript could take as its own."""
    from markupsafe import Markup

    return Markup(MEANT_FOR_HTML.sub(lambda found: f"\\u{ord(found[0]):04x}", json))  # noqa: S704 - made inert here
