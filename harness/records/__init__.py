"""The frozen records that everything passes around. They hold facts; what to do with them stands elsewhere.

All are msgspec structs: unknown fields refused, tuples instead of lists, and keyword-only, which msgspec does not
inherit, so each says so. msgspec reads and writes them as JSON and TOML, so no record has a parser of its own.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, Protocol

import msgspec

from harness.records.asked import Case, ModelRef, Response
from harness.records.record import Record, digest
