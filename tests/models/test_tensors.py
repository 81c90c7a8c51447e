"""Safetensors files read by hand: every number format, and every place in a file."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.models import tensors
from harness.models.tensors import first_not_finite, read_tensors
from tests.models.fakes import WEIGHT, safetensors

NOT_FINITE = [
    *(("F32", struct.pack("<f", value)) for value in (float("nan"), float("inf"), float("-inf"))),
    *(("F64", struct.pack("<d", value)) for value in (float("nan"), float("inf"), float("-inf"))),
    *(("F16", struct.pack("<e", value)) for value in (float("nan"), float("inf"), float("-inf"))),
    *(("BF16", struct.pack("<f", value)[2:]) for value in (float("nan"), float("inf"), float("-inf"))),
]
FINITE = [
    *(("F32", struct.pack("<f", value)) for value in (0.0, -0.0, 3.4e38, -1e-45)),
    *(("F64", struct.pack("<d", value)) for value in (0.0, 1.7e308, -5e-324)),
    *(("F16", struct.pack("<e", value)) for value in (0.0, 65504.0, -6e-8)),
    *(("BF16", struct.pack("<f", value)[2:]) for value in (0.0, 3.3e38, -1.0)),
    ("I16", b"\xff\xff"),
]


@pytest.mark.parametrize(("dtype", "number"), NOT_FINITE)
def test_what_is_not_a_number_is_found(dtype, number, tmp_path):
    """At the end of others."""
    path = tmp_path / "weights"
    path.write_bytes(safetensors(bytes(len(number)) * 3 + number, dtype))

    assert first_not_finite(path, read_tensors(path)) == WEIGHT


@pytest.mark.parametrize(("dtype", "number"), FINITE)
def test_every_other_number_is_one(dtype, number, tmp_path):
    """The largest and the smallest, and whole numbers of any kind."""
    path = tmp_path / "weights"
    path.write_bytes(safetensors(number * 3, dtype))

    assert first_not_finite(path, read_tensors(path)) is None


@pytest.mark.parametrize("added_bytes", [0, 1 << 25])
@pytest.mark.parametrize("place", [0, 3, 4, 7, 8, 9])
def test_a_large_tensor_is_read_in_pieces_and_to_its_end(place, added_bytes, tmp_path, monkeypatch):
    """Wherever the number is, with numpy and without."""
    monkeypatch.setattr(tensors, "CHUNK_BYTES", 16)
    monkeypatch.setattr(tensors, "ADDED_BYTES", added_bytes)
    numbers = [0.0] * 10
    numbers[place] = float("nan")
    path = tmp_path / "weights"
    path.write_bytes(safetensors(struct.pack("<10f", *numbers)))

    assert first_not_finite(path, read_tensors(path)) == WEIGHT


def test_the_format_is_that_of_the_library(tmp_path):
    """Names, shapes and numbers, as the library writes them."""
    import numpy as np
    from safetensors.numpy import save_file

    save_file({"a": np.ones((2, 3), np.float32), "b": np.array([np.nan], np.float16)}, tmp_path / "weights")

    found = read_tensors(tmp_path / "weights")

    assert {one.name: (one.dtype, one.shape) for one in found} == {"a": ("F32", (2, 3)), "b": ("F16", (1,))}
    assert first_not_finite(tmp_path / "weights", found) == "b"


@settings(deadline=None)
@given(content=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_reason(content, tmp_path_factory):
    """Nothing else is raised, whatever lies under the name."""
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(content)

    with suppress(ValueError):
        read_tensors(path)


@settings(deadline=None)
@given(cut=st.integers(0, 200), more=st.binary(max_size=8))
def test_a_file_that_is_not_whole_is_refused(cut, more, tmp_path_factory):
    """Cut anywhere, or longer than its header says."""
    whole = safetensors()
    path = tmp_path_factory.getbasetemp() / "cut"
    content = whole[:cut] + more
    path.write_bytes(content)

    if len(content) != len(whole):
        with pytest.raises(ValueError, match=r"is not a safetensors file|is cut off"):
            read_tensors(path)


def header_of(text: bytes, length: int | None = None, numbers: bytes = bytes(8)) -> bytes:
    """Return a file with a header of our own."""
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


GOOD = b'"dtype": "F32", "shape": [2], "data_offsets": [0, 8]'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (header_of(b'{"a": {%s}, "b": {%s}}' % (GOOD, GOOD)), "gives b a wrong place or size"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [4, 8]}}'), "gives a a wrong place or size"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 8]}}'), "gives a a wrong place or size"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}}'), "is cut off or damaged"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}}'), "header can't be read"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 8]}}'), "header can't be read"),
        (header_of(b'{"a": {"dtype": "F32", "shape": [1e30], "data_offsets": [0, 8]}}'), "header can't be read"),
        (header_of(b'{"a": {"dtype": "X", "shape": [2], "data_offsets": [0, 8]}}'), "in an unknown format, X, in a"),
        (header_of(b'{"a": {"dtype": 3, "shape": [2], "data_offsets": [0, 8]}}'), "header can't be read"),
        (header_of(b'{"__metadata__": {"a": 1}, "a": {%s}}' % GOOD), "header can't be read"),
        (header_of(b'{"a": 1}'), "header can't be read"),
        (header_of(b'{"a": ' + b"[" * 100_000), "header can't be read"),
        (header_of(b'{"\xff": 1}'), "header can't be read"),
        (header_of(b"{}", 2**63), "is not a safetensors file"),
        (header_of(b"{}", 50), "is cut off"),
        (header_of(b""), "header can't be read"),
    ],
)
def test_a_broken_header_is_told_in_the_products_words(content, reason, tmp_path):
    """Before a library meets it."""
    path = tmp_path / "weights"
    path.write_bytes(content)

    with pytest.raises(ValueError, match=reason) as refused:
        read_tensors(path)

    assert str(refused.value).isprintable()
