"""Turn what a scorer found into a score, with the category that the failure analysis sorts by.

Categories: "empty", "cut off", "invalid JSON", "wrong field", "schema", "wrong answer", "wrong label".
"""

from harness.records import Response, Score


def right(classes: tuple[str, str] | None = None) -> Score:
    """Return the score of a right answer."""
    return Score(value=1.0, classes=classes)


def wrong(response: Response, reason: str, category: str, classes: tuple[str, str] | None = None) -> Score:
    """Return the score of a wrong answer; that it is empty or was cut off explains more than ``category``."""
    return _categorized(response, 0.0, reason, category, classes)


def graded(response: Response, value: float, reason: str) -> Score:
    """Return a score between wrong and right, kept inside [0, 1]; below one half it counts as wrong."""
    value = min(1.0, max(0.0, value))
    if value >= 0.5:
        return Score(value=value, reason=reason)
    return _categorized(response, value, reason, "wrong answer", None)


def _categorized(
    response: Response, value: float, reason: str, category: str, classes: tuple[str, str] | None
) -> Score:
    if not response.text.strip():
        reason, category = "the answer is empty", "empty"
    elif response.finish_reason == "length":
        reason, category = f"{reason}; the answer was cut off at the token limit", "cut off"
    return Score(value=value, reason=reason, category=category, classes=classes)
