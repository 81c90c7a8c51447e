"""What shipped rubrics ask, byte for byte: a change here asks every stored verdict again."""

import pytest

from harness.records.asked import Case, Message, ModelRef, Response
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
            "438250bef7e6bf4f3ddfd4d18143f1352f32901316074c7d5ce87e49be43613b",
            "b43235efbe4087ec2d1836414f049a1be85100e50eabbe78f1c66310544890fb",
            SCALE_FORMAT,
            "46a1b12ef5fd4cd6e77dc5ecaa41f457414a246255478a51c7a99ba9e38a6367",
        ),
        (
            "helpfulness",
            "4f91d42121b5e0a671c73e8bbfee5add4af39fb4f966d3713e44f117a7139106",
            "b03a60825671fba44201a980c9ecb5ad1322a43149423aac57c8a2075d2bd4e5",
            "f367fbf4cc5b00f60f8c9aaff5ee2bf6d2d7c60b6ba81cd27f0234cc3f1b43cd",
            "e596baa618d048b13fa4d8859445356b42e123098c984f4fa73d81e04f2c7f33",
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
