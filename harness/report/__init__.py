"""From a saved run to what a person reads: one HTML page, a short Markdown summary, one sentence.

``html`` writes the page from the view model of ``page`` and ``cases``; ``shown`` makes text from models safe and
visible; ``plots`` places intervals; ``words`` finds the sentences; ``markdown`` serves CI summaries.
"""

from harness.report.html import render, write_report
from harness.report.markdown import markdown_summary
from harness.report.words import headline, next_step, overall

__all__ = ["headline", "markdown_summary", "next_step", "overall", "render", "write_report"]
