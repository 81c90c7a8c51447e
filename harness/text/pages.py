"""What all pages have in common: templates under reports/, and the digests by which their policy lets parts in."""

import base64
import hashlib
from typing import TYPE_CHECKING

from harness.content import content_folder

if TYPE_CHECKING:
    from jinja2 import Template


def template(name: str) -> "Template":
    """Return a template under reports/: it escapes what it prints, and a missing value is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(content_folder("reports")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def read_part(*names: str) -> str:
    """Return the text of files under reports/, one after the other: what a style or script element holds."""
    return "\n".join((content_folder("reports") / name).read_text(encoding="utf-8") for name in names)


def part_digest(text: str) -> str:
    """Return the digest by which a Content-Security-Policy names a style or a script, without "sha256-"."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
