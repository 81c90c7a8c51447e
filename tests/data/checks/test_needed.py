"""Missing packages are named before any row is read."""

import pytest

from harness.data.checks.needed import need
from harness.errors import InputError


def test_a_missing_package_is_named_with_how_to_install_it():
    """One that is there is not named."""
    with pytest.raises(InputError, match=r"needs no_such_package, .*pip install 'tunegate\[data\]'"):
        need("json", "no_such_package")


def test_packages_that_are_there_are_no_problem():
    """Nothing is raised."""
    need("json", "re")
