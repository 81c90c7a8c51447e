"""What reading a file yields: the values of a row with its line, or the problem that it is."""

from harness.data.checks.problem import Problem
from harness.records.record import Json

Values = dict[str, Json]
Found = tuple[int, Values] | Problem
"""The line that a row starts at, or its number in a file without lines; and its values by column."""
