"""The versions that runs and manifests record."""

import importlib.metadata

from harness.models.installed import PACKAGES, installed_versions


def test_only_what_is_installed_is_listed():
    """With the version that its package declares; what is missing has no entry."""
    found = installed_versions()

    assert found["tunegate"] == importlib.metadata.version("tunegate")
    assert set(found) <= set(PACKAGES)
    assert all(found[name] == importlib.metadata.version(name) for name in found)
