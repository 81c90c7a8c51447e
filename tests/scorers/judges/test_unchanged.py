"""What shipped rubrics ask, byte for byte: a change here asks every stored verdict again.

Where the words of a rubric change on purpose, with its version, its digests change with them. No change of code may.
"""

import pytest

from harness.records.answered import Response
from harness.records.asked import Case, ModelRef
from harness.records.messages import Message
from harness.records.record import digest
from harness.scorers.judges.judge import Judge, PairJudge
from harness.scorers.judges.rubric import named_rubric

CASE = Case(id="c1", messages=(Message(role="user", content="Where is my invoice?"),), expected="Under Billing.")
MODEL = ModelRef(base="judge", base_digest="d", template_digest="t")
ONE, OTHER = Response(request_key="k", text="Look under Billing."), Response(request_key="k", text="No idea.")
SCALE_FORMAT = "d2896e155008564fc302c2d6eab6607352de98ff3b108cb81266e2f89cb097f3"


@pytest.mark.parametrize(
    ("name", "rubric_digest", "messages", "form", "key"),
    [
        (
            "completeness",
            "834a1c6f5f6d746b24b5de3434cb787468d4cb6aa48ba5391a7fc2f941bfaa58",
            "cd63617e494d094decfd8c4b03f8404f79bc162f4d1b0d0ff3dcd7f14b252087",
            SCALE_FORMAT,
            "a0709663b8124b6abe7af3ba6d574da8e3d1cd9b294cdf7869ef6b5713a78fd4",
        ),
        (
            "correctness",
            "ee07137f813a36e4118fb431dbcab6b2dcd793423454eb197c0a0b61177e5451",
            "4507ae68abac1bf93b1163f8696a2c9c25d5cd0f123309adae0775bcb7276c96",
            SCALE_FORMAT,
            "829759bb6851676bb51a56c15905989fb102b7d65a17956566acc6f694d54cd5",
        ),
        (
            "grounded_in",
            "39ea7ddf994221b5428bbb77d1ba914e36a1db9d58ff35778d8977cdd37196df",
            "4f6efcdb005dfaa91b496b71200a7f020a42dee05f71c6b8637aeb1ea7097d1b",
            SCALE_FORMAT,
            "1ee50f9dc771a4b4c0ff575e67f48d08d971fd42e3a949141548daa9c4a567fd",
        ),
        (
            "helpfulness",
            "9144764137036f5ead175482ec2292c36db96024cfcc04f4ad6071ae978aac2e",
            "3f085a3630e03d91978802862c268eba0a5fbd21f0bbc4dcaf9b58ecccd975bf",
            "f367fbf4cc5b00f60f8c9aaff5ee2bf6d2d7c60b6ba81cd27f0234cc3f1b43cd",
            "86c9f324b3920fc2f7976bf8bdc341ac0a36144b5debc262147275b82230775c",
        ),
    ],
)
def test_a_shipped_rubric_asks_what_it_asked(name: str, rubric_digest: str, messages: str, form: str, key: str) -> None:
    """Its digest, its prompt, its schema and the key in the store, as literals."""
    rubric = named_rubric(name)
    if rubric.kind == "pairwise":
        pair = PairJudge(rubric=rubric, model=MODEL, engine_identity="e", max_tokens=64)
        request = pair.requests(CASE, ONE, OTHER)[0]
    else:
        request = Judge(rubric=rubric, model=MODEL, engine_identity="e", max_tokens=64).requests(CASE, ONE)[0]

    assert rubric.digest == rubric_digest
    assert digest(request.messages) == messages
    assert digest(request.sampling.response_format) == form
    assert request.key == key
