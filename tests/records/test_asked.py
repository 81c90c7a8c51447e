"""What a case, a request and their digests hold."""

import msgspec
import pytest

from harness.records.asked import HOSTED, Case, ModelRef, Rendering, Request, Sampling, digest_of_cases
from harness.records.messages import Message, Tools

MODEL = ModelRef(base="smol", base_digest="b", template_digest="t", adapter="triage", adapter_digest="a")
CASE = Case(
    id="one",
    messages=(Message(role="system", content="Sort."), Message(role="user", content="My card is lost.")),
    expected="card",
    tags=("en",),
)
REQUEST = Request(
    case_id="one",
    model=MODEL,
    engine="vllm 1 float32 merged",
    messages=CASE.messages,
    sampling=Sampling(),
)
TOOL = {"type": "function", "function": {"name": "block_card"}}


def test_answers_stored_by_earlier_versions_are_found_again():
    """A field that was added since has no part in a key or digest where it isn't used."""
    assert REQUEST.key == "8ac90e3aedfb06db5ba7d10394a8a6787b1a7235489ad053d2ed6bd26f67fb86"
    assert digest_of_cases([CASE]) == "0c8003d2185d15927025b6100918fc542871731094ab611b7347aee927f78847"


@pytest.mark.parametrize(
    ("digests", "known"),
    [
        ({"base_digest": "b", "adapter_digest": "a"}, "a"),
        ({"base_digest": "b", "adapter": None, "adapter_digest": None}, ""),
        ({"base_digest": HOSTED, "adapter_digest": "triage"}, ""),
        ({"base_digest": HOSTED, "adapter_digest": "ab12" * 16}, "ab12" * 16),
    ],
)
def test_a_name_in_place_of_a_digest_is_not_known_as_one(digests, known):
    """A server that holds an adapter of this machine answers by name, and its digest is still known."""
    assert msgspec.structs.replace(MODEL, **digests).known_digest == known


@pytest.mark.parametrize(
    "changed",
    [
        {"tools": Tools(functions=(TOOL,))},
        {"tools": Tools(functions=(TOOL,), choice="required")},
        {"rendering": Rendering(template="{{ messages }}")},
        {"rendering": Rendering(template_args={"enable_thinking": False})},
        {"rendering": Rendering(format="raw")},
        {"continuations": ("card",)},
    ],
)
def test_all_that_changes_what_a_model_reads_changes_the_key(changed):
    """So an answer to something else never serves."""
    assert msgspec.structs.replace(REQUEST, **changed).key != REQUEST.key
