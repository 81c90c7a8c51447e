"""Where more is said about an error that pytest shows: one that stops it with exit code 4, or one that broke a test."""

import pytest

from harness.errors import HarnessError, InputError, more_about


def usage_error(problem: HarnessError | OSError, told: str = "") -> pytest.UsageError:
    """Return what stops pytest with an error's words, or with ``told`` in their place."""
    return pytest.UsageError(f"{told or problem}\n{more_about(problem)}")


def refusal(told: str) -> pytest.UsageError:
    """Return what stops pytest with these words."""
    return usage_error(InputError(told))


def add_more(call: pytest.CallInfo[None]) -> None:
    """Let the traceback of an error that broke a test end in where more is said; tests can share one error."""
    if call.excinfo and isinstance(problem := call.excinfo.value, HarnessError):
        more = more_about(problem)
        if more not in getattr(problem, "__notes__", ()):
            problem.add_note(more)


def leave_out_of_summary(report: pytest.CollectReport | pytest.TestReport, call: pytest.CallInfo[object]) -> None:
    """Take it out of the message that pytest's summary and its JUnit file repeat."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash and call.excinfo:
        crash.message = crash.message.removesuffix(f"\n{more_about(call.excinfo.value)}")
