"""Counting a review: whose vote was for whom, the tally, when to stop, the verdict, and labels for judges."""
