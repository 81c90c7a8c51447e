"""A whole check of training rows."""

from collections import Counter

import pytest

from harness.asking.cases import load_cases, read_system
from harness.cli.data_check import all_checks
from harness.config import DataConfig
from harness.data.check import check_files
from harness.data.checks.shape import Shapes
from harness.errors import ConfigError
from tests.data.planted import SUITE, SYSTEM, planted, row
