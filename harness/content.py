"""Find the folders that users edit (judges, report templates), in a checkout or inside the installed package."""

from pathlib import Path
from typing import Literal

from harness.errors import HarnessError

PACKAGE = Path(__file__).resolve().parent


def content_folder(name: Literal["judges", "reports"], package: Path = PACKAGE) -> Path:
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
