"""What pytest shows of a run without the run's secrets: reports of tests, warnings, and what libraries log."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.text.secrets import Secrets


def mask_report(report: pytest.TestReport, secrets: Secrets) -> None:
    """Mask what a test shows: its traceback with the values in it, its output, its reason to skip, its properties."""
    if isinstance(report.longrepr, tuple):
        path, line, reason = report.longrepr
        report.longrepr = path, line, secrets.mask_cut(reason)
    elif report.longrepr is not None:
        shown = str(report.longrepr)
        masked = secrets.mask_cut(shown)
        if masked != shown:
            report.longrepr = masked
    if hasattr(report, "wasxfail"):
        report.wasxfail = secrets.mask(report.wasxfail)
    report.sections = [(title, secrets.mask(text)) for title, text in report.sections]
    report.user_properties = [
        (name, secrets.mask(value) if isinstance(value, str) else value) for name, value in report.user_properties
    ]


def mask_warning(message: warnings.WarningMessage, secrets: Secrets) -> None:
    """Mask the words of a warning, which pytest lists at the end."""
    shown = str(message.message)
    masked = secrets.mask(shown)
    if masked != shown:
        message.message = UserWarning(masked)


@contextmanager
def masked_logs(secrets: Secrets) -> Iterator[None]:
    """Mask what is logged in this block, as with --log-file: clients of HTTP log whole headers."""
    make = logging.getLogRecordFactory()
    formatter = logging.Formatter()

    def make_masked(*given: object, **named: object) -> logging.LogRecord:
        record = make(*given, **named)
        shown = record.getMessage()
        masked = secrets.mask(shown)
        if masked != shown:
            record.msg, record.args = masked, ()
        if record.exc_info:
            record.exc_text = secrets.mask(formatter.formatException(record.exc_info))
        return record

    logging.setLogRecordFactory(make_masked)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
