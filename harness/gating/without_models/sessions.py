"""A session of pytest over suites with a run of its own, from which nothing is printed."""

import contextlib
import io
from collections.abc import Callable, Sequence

import msgspec
import pytest

from harness.gating import plugin
from harness.gating.stash import GIVEN_RUN
from harness.gating.suite_run import SuiteRun

QUIET = ("-q", "-q", "-W", "ignore::pytest.PytestAssertRewriteWarning")
"""This package is imported before pytest can rewrite its asserts; pytest would warn about that."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """How a session of pytest ended, and what it printed."""

    exit_code: int
    told: str


class Loading:
    """A pytest plugin that loads that of the harness where plugins are kept from loading: else no suite is seen.

    Settings that give pytest's work to several processes (``-n`` of pytest-xdist) are overruled.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(
        self, early_config: pytest.Config, parser: pytest.Parser, args: list[str]
    ) -> None:
        """Look after pytest has loaded all plugins that it was told to."""
        if not early_config.pluginmanager.is_registered(plugin):
            early_config.pluginmanager.register(plugin, plugin.__name__)
            plugin.pytest_load_initial_conftests(early_config, parser, args)
        if early_config.pluginmanager.hasplugin("xdist"):
            args += ["-n", "0"]


class Prepared:
    """A pytest plugin that puts something into the stash before the harness opens its run."""

    def __init__(self, prepare: Callable[[pytest.Config], None]) -> None:
        self.config: pytest.Config | None = None
        self._prepare = prepare

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Prepare the stash."""
        self.config = config
        self._prepare(config)


def quiet_session(paths: Sequence[str], run: SuiteRun, *plugins: object) -> Session:
    """Run suites with a run in place of the one that would be opened, and with further plugins."""
    told = io.StringIO()
    prepared = Prepared(lambda config: config.stash.__setitem__(GIVEN_RUN, run))
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        exit_code = pytest.main([*paths, *QUIET, "-p", "no:cacheprovider"], plugins=[Loading(), prepared, *plugins])
    return Session(exit_code=int(exit_code), told=told.getvalue())
