"""The kinds of values that several tables of harness.toml hold."""

from typing import Annotated, Literal

import msgspec

Amount = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=10_000_000)]
Parameter = Literal["top_p", "seed", "temperature", "max_tokens", "max_completion_tokens"]
"""What can be left out of a request; the last two mean the same, and only one of them is sent."""
PromptFormat = Literal["chat", "raw"]
