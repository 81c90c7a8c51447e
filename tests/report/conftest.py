"""Fixtures that the tests of many files here use."""

from tests.report.pages import html, page, sample  # noqa: F401 - the fixtures
