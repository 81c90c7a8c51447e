"""What matplotlib drew, as markup inside the page: it follows the page's colours and its strict policy."""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PIXELS_PER_INCH = 72
"""matplotlib's SVG counts in points, so one of its inches is 72 of the drawing's units."""
INKS: Mapping[str, str] = {
    "ink": "#00a001",
    "soft": "#00a002",
    "line": "#00a003",
    "edge": "#00a004",
    "card": "#00a005",
    "passed": "#00a006",
    "failed": "#00a007",
    "inconclusive": "#00a008",
    "measured": "#00a009",
    "beyond": "#00a00a",
}
"""Stand-ins for the colours of the page's style sheet: each becomes ``var(--NAME)``."""
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


def new_figure(width: float, height: float) -> "Figure":
    """Return an empty figure of this size in the drawing's units."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH), dpi=PIXELS_PER_INCH)
    FigureCanvasSVG(figure)
    return figure


@contextmanager
def drawing() -> Iterator[None]:
    """Give matplotlib this page's settings in place of the user's; the browser draws letters that matplotlib lacks."""
    import warnings

    import matplotlib as mpl

    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        mpl.rcdefaults()
        mpl.rcParams["svg.fonttype"] = "none"
        mpl.rcParams["text.parse_math"] = False
        yield


def markup(figure: "Figure", name: str, label: str) -> str:
    """Return a figure as one SVG element with ``label`` for readers who can't see the picture.

    The same figure and name give the same bytes. ``name`` keeps the ids of two drawings on one page apart.
    """
    import matplotlib as mpl

    written = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": name}):
        figure.savefig(written, format="svg", metadata=NO_METADATA, transparent=True)
    root = ET.fromstring(written.getvalue())  # noqa: S314 - our own drawing, written the line above
    for element in root.iter():
        _plain(element)
        for child in [child for child in element if child.tag.endswith(("}style", "}metadata"))]:
            element.remove(child)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "aria-label": label, "class": f"plot {name}"}
    text = ET.tostring(root, encoding="unicode")
    for ink, colour in INKS.items():
        text = text.replace(colour, f"var(--{ink})")
    return text


def _plain(element: ET.Element) -> None:
    """Drop namespaces and the names of groups, and turn the style into attributes, which every policy allows."""
    element.tag = element.tag.rpartition("}")[2]
    element.text = (element.text or "").strip("\n") or None
    element.tail = None
    given = dict(element.attrib)
    style = given.pop("style", "")
    if element.tag == "g":
        given.pop("id", None)
    element.attrib = {key.rpartition("}")[2]: " ".join(value.split()) for key, value in given.items()}
    for part in filter(None, style.split(";")):
        key, _, value = part.partition(":")
        if key.strip() != "font-family":
            element.set(key.strip(), value.strip())
