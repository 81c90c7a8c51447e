"""Shapes as SVG inside the page: they follow the page's colours and letters, and its strict policy."""

from collections.abc import Iterable
from typing import Literal

Ink = Literal["ink", "soft", "line", "edge", "card", "passed", "failed", "inconclusive", "measured", "beyond"]
"""A colour of the page's style sheet, by the name of its variable."""
Place = tuple[float, float]
"""Where something is, in the drawing's units: from the left, and from the top."""
Mark = Literal["circle", "square", "diamond"]
Side = Literal["start", "middle", "end"]
Direction = Literal["left", "right"]
Attributes = dict[str, str | float]


def drawing(size: tuple[float, float], name: str, label: str, parts: Iterable[str]) -> str:
    """Return one SVG element of ``size`` (width, height), with ``label`` for readers who can't see the picture.

    ``name`` becomes a class. Nothing in a drawing has an id, so that several fit on one page.
    """
    width, height = size
    attributes: Attributes = {
        "viewBox": f"0 0 {_figure(width)} {_figure(height)}",
        "role": "img",
        "aria-label": label,
        "class": f"plot {name}",
    }
    return f"<svg{_written(attributes)}>{''.join(parts)}</svg>"


def line(start: Place, end: Place, ink: Ink, width: float, dashes: str = "") -> str:
    """Return a straight line; ``dashes`` are the lengths of its dashes and gaps."""
    more: Attributes = {"stroke-dasharray": dashes} if dashes else {}
    return _path(f"M{_at(start)}L{_at(end)}", more | {"stroke": _ink(ink), "stroke-width": width})


def path(places: Iterable[Place], ink: Ink, width: float, dashes: str = "") -> str:
    """Return a line through several places."""
    more: Attributes = {"stroke-dasharray": dashes} if dashes else {}
    through = f"M{'L'.join(map(_at, places))}"
    return _path(through, more | {"fill": "none", "stroke": _ink(ink), "stroke-width": width})


def box(corner: Place, opposite: Place, ink: Ink, opacity: float = 1.0) -> str:
    """Return a filled rectangle between two corners."""
    (left, right), (top, bottom) = (sorted(ends) for ends in zip(corner, opposite, strict=True))
    more: Attributes = {"fill-opacity": opacity} if opacity < 1 else {}
    return _path(f"M{_at((left, top))}H{_figure(right)}V{_figure(bottom)}H{_figure(left)}z", more | {"fill": _ink(ink)})


def mark(kind: Mark, at: Place, size: float, ink: Ink) -> str:
    """Return a filled mark of ``size`` across, with a thin edge that keeps it apart from what is behind it."""
    x, y = at
    half = size / 2
    edge: Attributes = {"fill": _ink(ink), "stroke": _ink("card"), "stroke-width": 1.2}
    if kind == "circle":
        return f"<circle{_written(edge | {'cx': x, 'cy': y, 'r': half})}/>"
    reach = half * 1.25 if kind == "diamond" else half * 0.9
    corners = {
        "square": ((x - reach, y - reach), (x + reach, y - reach), (x + reach, y + reach), (x - reach, y + reach)),
        "diamond": ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)),
    }[kind]
    return _path(f"M{'L'.join(map(_at, corners))}z", edge)


def dot(at: Place, size: float, ink: Ink) -> str:
    """Return a small filled circle without an edge."""
    return f"<circle{_written({'cx': at[0], 'cy': at[1], 'r': size / 2, 'fill': _ink(ink)})}/>"


def arrow(direction: Direction, at: Place, size: float, ink: Ink) -> str:
    """Return a filled arrow head whose tip is at ``at``."""
    return _path(_head(direction, at, size), {"fill": _ink(ink)})


def open_arrow(direction: Direction, at: Place, size: float, ink: Ink) -> str:
    """Return the outline of an arrow head whose tip is at ``at``."""
    return _path(_head(direction, at, size), {"fill": "none", "stroke": _ink(ink), "stroke-width": 1})


def text(said: str, at: Place, side: Side, size: float, ink: Ink) -> str:
    """Return a line of text whose middle is at the height of ``at``; foreign text is escaped."""
    return _text(said, at, {"text-anchor": side, "font-size": size, "fill": _ink(ink)})


def bold(said: str, at: Place, side: Side, size: float) -> str:
    """Return a line of bold text."""
    return _text(said, at, {"text-anchor": side, "font-size": size, "font-weight": "bold", "fill": _ink("ink")})


def _text(said: str, at: Place, attributes: Attributes) -> str:
    from markupsafe import escape

    # A third of the letters' height below their middle is the line that they are written on, in every browser.
    lower = at[1] + 0.35 * float(attributes["font-size"])
    return f"<text{_written(attributes | {'x': at[0], 'y': lower})}>{escape(said)}</text>"


def _head(direction: Direction, at: Place, size: float) -> str:
    back = size * 0.75 if direction == "left" else -size * 0.75
    corners = (at, (at[0] + back, at[1] - size / 2), (at[0] + back, at[1] + size / 2))
    return f"M{'L'.join(map(_at, corners))}z"


def _path(through: str, attributes: Attributes) -> str:
    first: Attributes = {"d": through}
    return f"<path{_written(first | attributes)}/>"


def _ink(ink: Ink) -> str:
    return f"var(--{ink})"


def _at(place: Place) -> str:
    return f"{_figure(place[0])} {_figure(place[1])}"


def _figure(value: float) -> str:
    """Write a place or a length with two digits at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _written(attributes: Attributes) -> str:
    from markupsafe import escape

    told = ((name, value if isinstance(value, str) else _figure(value)) for name, value in attributes.items())
    return "".join(f' {name}="{escape(value)}"' for name, value in told)
