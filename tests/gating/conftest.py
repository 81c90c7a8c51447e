"""Fixtures that the tests of many files here use."""

from tests.gating.contenders import cached, opened, said  # noqa: F401 - the fixtures
from tests.gating.projects import project  # noqa: F401 - the fixture
