"""The folder of what this machine keeps for all checkouts: base models, merged weights, digests."""

import os
from pathlib import Path

from harness.errors import ConfigError


def home_folder() -> Path:
    """Return the cache folder: ``HARNESS_HOME``, else ``tunegate`` in the user's cache folder.

    Raises:
        ConfigError: none of HARNESS_HOME, XDG_CACHE_HOME and HOME is set, and the system knows no home folder.
    """
    if chosen := os.environ.get("HARNESS_HOME"):
        return Path(chosen)
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "tunegate"
    try:
        return Path.home() / ".cache" / "tunegate"
    except RuntimeError:  # as in a container whose user has no entry in /etc/passwd
        raise ConfigError(
            "this user has no home folder to keep base models and digests in; "
            "set the environment variable HARNESS_HOME to a folder that you can write to"
        ) from None
