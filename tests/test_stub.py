"""The stub server keeps the promises that other tests rest on."""

import pytest

from harness.asking.probe import judge_probe, plan_probe
from harness.errors import SilentAdapter
from harness.records.asked import ModelRef
from tests.engines.fakes import BASE_REF, ask, make_requests
from tests.stub import serve

ADAPTER_REF = ModelRef(
    base="tiny", base_digest="b" * 64, template_digest="t" * 64, adapter="mine", adapter_digest="a" * 64
)


def probe(*, alike: bool):
    """Probe an adapter of a stub server."""
    plan = plan_probe(make_requests(6), ADAPTER_REF, BASE_REF)
    with serve(lambda _model, _text: "some words", ("tiny", "mine"), alike=alike) as stub:
        return judge_probe(plan, {one.request_key: one for one in ask(stub, *plan.requests)})


def test_each_model_has_log_probabilities_of_its_own():
    """The same ones each time, so an adapter is seen to differ and the base model isn't."""
    found = probe(alike=False)

    assert (found.changed, found.prompts, found.noise) == (4, 4, 0)


def test_models_may_be_served_alike():
    """As a server does that ignores its adapters."""
    with pytest.raises(SilentAdapter, match="mine changes nothing"):
        probe(alike=True)
