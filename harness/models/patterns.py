"""Regular expressions of an adapter's configuration: one that can't be matched in a bounded time is refused.

PEFT and vLLM match them with the names of a model's modules, without a limit. ``matching`` does the same with one.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.errors import AdapterError
from harness.models import matching
from harness.models.adapter_config import AdapterConfig
from harness.text.visible import for_terminal

MOST_S = 2
"""Seconds of computing for all patterns of an adapter; usual ones take milliseconds."""
ALL_LINEAR = "all-linear"
PLAIN = re.compile(r"[\w.\-]*")
LONGEST_SHOWN = 60


def refuse_endless(folder: Path, config: AdapterConfig, names: Sequence[str], most_s: int = MOST_S) -> None:
    """Refuse an adapter with a pattern that is broken, or takes more than ``most_s`` seconds to match the names.

    Raises:
        AdapterError: there is one.
    """
    patterns = [(key, own, whole) for key, own, whole in _patterns(config) if not PLAIN.fullmatch(own)]
    if not patterns:
        return
    told = subprocess.run(
        [sys.executable, "-I", matching.__file__, str(most_s)],
        input=json.dumps({"patterns": [whole for _, _, whole in patterns], "names": list(names)}),
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode == 0:
        return
    number, _, reason = told.stdout.rpartition("\n")[2].partition(" ")
    key, own, _ = patterns[int(number or 0)]
    broken = f"is not a regular expression: {for_terminal(reason)}" if reason else "takes too long to be matched"
    raise AdapterError(
        f"{folder}: {key} in its adapter_config.json has a pattern that {broken}: {for_terminal(own, LONGEST_SHOWN)}; "
        "write the names of the modules instead"
    )


def _patterns(config: AdapterConfig) -> list[tuple[str, str, str]]:
    """Return the key of each pattern, the pattern, and what PEFT makes of it before it matches."""
    texts = {
        "target_modules": config.target_modules,
        "exclude_modules": config.exclude_modules,
        "feedforward_modules": config.feedforward_modules,
    }
    found = [(key, one, one) for key, one in texts.items() if isinstance(one, str) and one != ALL_LINEAR]
    for key, table in (("rank_pattern", config.rank_pattern), ("alpha_pattern", config.alpha_pattern)):
        found += [(key, one, rf"(.*\.)?({one})$") for one in table or {}]
    found += [("modules_to_save", one, rf"(^|.*\.){one}($|\..*)") for one in config.modules_to_save or []]
    layers = [config.layers_pattern] if isinstance(config.layers_pattern, str) else config.layers_pattern or []
    return found + [("layers_pattern", one, rf"(?:^|.*?\.){one}\.(?P<idx>\d+)\.") for one in layers]
