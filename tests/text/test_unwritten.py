"""What is said of a file that can't be written: the system's words, and what helps against this cause."""

import errno
import os

import pytest

from harness.text.unwritten import chain, is_full, unwritten


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "No space left on device; make room"),
        (errno.EDQUOT, "Disk quota exceeded; make room"),
        (errno.EFBIG, "File too large; raise the limit on the size of files (`ulimit -f`)"),
        (errno.EMFILE, "Too many open files; raise the limit on open files (`ulimit -n`)"),
        (errno.EACCES, "Permission denied; allow this user to write there"),
        (errno.EPERM, "Operation not permitted; allow this user to write there"),
        (errno.EROFS, "Read-only file system; choose a folder on a disk that can be written"),
        (errno.ENOENT, "No such file or directory; its folder is missing: make it"),
        (errno.ECONNREFUSED, "Connection refused"),
    ],
)
def test_the_advice_is_that_of_the_cause(number, told):
    """Only a full disk is told to make room; a cause that is not known here gets no advice."""
    assert unwritten(OSError(number, os.strerror(number))) == told
    assert is_full(OSError(number, os.strerror(number))) == told.endswith("make room")


def test_an_error_without_a_number_is_told_as_it_is():
    """Libraries raise such ones."""
    assert unwritten(OSError("the bucket is gone")) == "the bucket is gone"
    assert not is_full(ValueError("No space left on device"))


def test_what_led_to_an_error_is_followed_to_its_end():
    """Through both kinds of links, and once around a ring."""
    first, second, third = OSError(errno.ENOSPC, "full"), ValueError("second"), RuntimeError("third")
    third.__cause__, second.__context__, first.__context__ = second, first, third

    assert list(chain(third)) == [third, second, first]
