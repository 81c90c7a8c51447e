"""Drawings use the colours of the page."""

from typing import get_args

import pytest

from harness.report.drawing.svg import Ink
from harness.text.pages import read_part


@pytest.mark.parametrize("ink", get_args(Ink))
def test_every_ink_has_a_colour_in_light_and_in_dark(ink):
    """Without one, a shape is black: the interval before the part that the gate doesn't allow could not be seen."""
    light, dark = read_part("style.css").split("prefers-color-scheme: dark", 1)

    assert f"--{ink}:" in light
    assert f"--{ink}:" in dark
