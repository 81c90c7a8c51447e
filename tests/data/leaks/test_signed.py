"""Signatures of rows: small, without text, read without trust."""

import random

import msgspec
import pytest

from harness.data.alike.minhash import LENGTH
from harness.data.leaks.leak import leaks_of
from harness.data.leaks.signed import Signatures, read_signatures, sign, written
from harness.errors import DataError
from tests.data.made_rows import case, row

WORDS = [
    "oven",
    "butter",
    "train",
    "ticket",
    "refund",
    "card",
    "window",
    "garden",
    "monday",
    "river",
    "paper",
    "engine",
    "letter",
    "music",
]


def texts(count, length):
    """Return texts of so many words, no two with long passages in common."""
    chance = random.Random(3)  # noqa: S311 - no secret
    return [" ".join(chance.choice(WORDS) + str(chance.randrange(9)) for _ in range(length)) for _ in range(count)]


@pytest.mark.parametrize("length", [6, 60, 600])
def test_a_row_takes_at_most_500_bytes(length):
    """Also a long one: 10,000 rows are 5 MB."""
    some = [row(asked, f"{asked} too", n) for n, asked in enumerate(texts(100, length))]

    assert len(written(sign(some))) < 500 * 100 + 500


def test_a_leak_of_a_long_row_is_found_by_the_sample():
    """A passage of 250 words of one of 600."""
    asked = texts(40, 600)
    signed = sign([row(one, "x", n) for n, one in enumerate(asked)])
    passage = " ".join(asked[17].split()[200:450])

    assert signed.scale > 1
    assert {leak.place for leak in leaks_of(signed, {"s": [case("c", passage)]})} == {"train.jsonl:17"}


def test_no_text_and_no_folder_is_in_signatures():
    """They go where the rows must not."""
    secret = "the password of Anna Schmidt is swordfish"

    data = written(sign([row(secret, secret, n, file="/home/anna/rows.jsonl") for n in range(30)]))

    assert not any(word.encode() in data for word in ("anna", "Anna", "swordfish", "password", "/home"))
    assert b"rows.jsonl" in data


def test_signatures_are_read_as_they_were_written():
    """And the same rows have the same bytes."""
    some = [row(asked, "x", n) for n, asked in enumerate(texts(30, 20))]
    signed = sign(some)

    assert read_signatures(written(signed), "here") == signed
    assert written(sign(some)) == written(signed)
    assert read_signatures(written(sign([])), "here").rows == 0


@pytest.mark.parametrize(
    "change",
    [
        {"lines": b""},
        {"keys": b"12345678" * 3},
        {"near": b"1" * LENGTH * 3},
        {"near": b"1"},
        {"key_rows": b"\xff\xff\xff\xff" * 2},
        {"files": b"\x09\x00\x00\x00" * 2},
        {"version": 2},
        {"scale": 0.5},
        {"run_rows": b"\x00\x00\x00\x00"},
    ],
)
def test_signatures_that_are_not_whole_are_refused(change):
    """With the place of the file."""
    signed = sign([row("charged twice in May", "x", 1), row("where is my parcel", "x", 2)])

    with pytest.raises(DataError, match=r"^adapter/rows: "):
        read_signatures(written(msgspec.structs.replace(signed, **change)), "adapter/rows")


@pytest.mark.parametrize("data", [b"", b"\x80", b"{}", b"\x93NUMPY", b"\xc1" * 40])
def test_other_bytes_are_no_signatures(data):
    """Such as those of a pickle."""
    with pytest.raises(DataError, match="not a file of signatures"):
        read_signatures(data, "rows")


def test_every_column_has_its_type():
    """As the record has them."""
    from harness.data.leaks.signed import COLUMNS

    names = {field.name for field in msgspec.structs.fields(Signatures) if field.type is bytes}

    assert names == set(COLUMNS)


def test_signatures_hold_no_system_prompt():
    """Rows have the same signatures with and without, also where the prompt is a question that a case asks."""
    asked = "My parcel was left in the rain yesterday, who pays for that?"
    prompt = f"You sort tickets. An example: {asked}"
    bare, prompted = (written(sign([row("The bridge is up", "roof", system=given)])) for given in ("", prompt))

    assert bare == prompted
    assert list(leaks_of(read_signatures(prompted, "rows"), {"tickets": (case("t1", asked),)})) == []
