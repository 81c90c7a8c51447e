"""Like with like: what a side's fingerprint holds, and which differences can be let through."""

from collections.abc import Iterator

import msgspec
import pytest

from harness.asking.cases import Suite
from harness.errors import IncomparableRuns, InputError
from harness.records.asked import Case, ModelRef, Rendering, Sampling, digest_of_cases
from harness.records.compared import Difference
from harness.records.engine import Contender
from harness.records.messages import Message, Tools
from harness.records.scored import Rubric, Scores
from harness.scorers.judges.judge import Judge, Member
from harness.verdicts.fingerprint import (
    NAMES,
    accepted_differences,
    check_accepted,
    fingerprint_of_judge,
    fingerprint_of_side,
    fingerprints_of_sides,
    split_identity,
)

BASE = ModelRef(base="smol", base_digest="b", template_digest="t")
TUNED = msgspec.structs.replace(BASE, adapter="triage", adapter_digest="a")
TOOLS = Tools(functions=({"type": "function"},))
PROMPT = (Message(role="system", content="Sort tickets."),)


class Silent:
    """An engine that is never asked."""

    def __init__(self, identity: str = "vllm 1 float32 merged") -> None:
        self.identity = identity

    def generate(self, requests):
        """Answer nothing."""
        raise AssertionError(requests)


class Counted(list[Case]):
    """Cases that count how often they are read."""

    read = 0

    def __iter__(self) -> Iterator[Case]:
        self.read += 1
        return super().__iter__()


def suite_of(*texts: str, **changed: object) -> Suite:
    """Make a suite with one case for each text."""
    cases = tuple(Case(id=text[:3], messages=(Message(role="user", content=text),)) for text in texts)
    return msgspec.structs.replace(
        Suite(name="s", cases=cases, sampling=Sampling(), digest=digest_of_cases(cases)), **changed
    )


def of(suite: Suite, model: ModelRef = TUNED, engine: str = "vllm 1 float32 merged") -> dict[str, str]:
    """Return the fingerprint of one side."""
    contender = Contender(model=model, engine=Silent(engine))
    return fingerprint_of_side(suite, contender)


def unlike(suite: Suite, other: Suite, model: ModelRef = TUNED, engine: str = "vllm 1 float32 merged") -> set[str]:
    """Name the entries in which a side differs from the usual one."""
    one, two = of(suite), of(other, model, engine)
    return {name for name in {**one, **two} if one.get(name) != two.get(name)}


def test_each_thing_that_differs_has_its_own_name():
    """So that exactly this can be accepted; the adapter is not a difference."""
    usual = suite_of("one", "two")
    template = msgspec.structs.replace(TUNED, template_digest="other")
    other_base = msgspec.structs.replace(TUNED, base_digest="other")

    assert unlike(usual, usual, BASE) == set()
    assert unlike(usual, suite_of("one", "two", sampling=Sampling(temperature=1.0))) == {"sampling"}
    assert unlike(usual, usual, engine="vllm 1 bfloat16 merged") == {"dtype"}
    assert unlike(usual, usual, engine="vllm 2 float32 merged") == {"engine"}
    assert unlike(usual, usual, other_base) == {"base model"}
    assert unlike(usual, usual, template) == {"chat template", "messages"}
    assert unlike(usual, suite_of("one", "two", rendering=Rendering(format="raw"))) == {"chat template", "messages"}
    assert unlike(usual, suite_of("one", "two", tools=TOOLS)) == {"tools"}
    assert unlike(usual, suite_of("one", "two", tools=Tools(choice="none"))) == set()
    assert unlike(usual, suite_of("one", "two", reasoning="think-tags")) == {"reasoning"}
    assert unlike(usual, suite_of("one", "two changed")) == {"cases", "messages"}
    assert unlike(usual, suite_of("one", "two", baseline_prompt=PROMPT), BASE) == {"baseline prompt", "messages"}


@pytest.mark.parametrize("changed", [{}, {"baseline_prompt": PROMPT}, {"tools": TOOLS}])
def test_sides_have_the_fingerprints_that_each_has_alone(changed):
    """Where both are sent the same, and where one has a prompt or a template of its own."""
    suite = suite_of("one", "two", **changed)
    models = BASE, TUNED, msgspec.structs.replace(TUNED, template_digest="other")
    sides = [Contender(model=model, engine=Silent("vllm 1 float32 merged")) for model in models]

    assert fingerprints_of_sides(suite, sides) == [fingerprint_of_side(suite, side) for side in sides]


def test_sides_that_are_sent_the_same_read_the_cases_once():
    """There can be very many."""
    suite = suite_of("one", "two")
    sides = [Contender(model=model, engine=Silent("vllm 1")) for model in (BASE, TUNED)]

    cases = Counted(suite.cases)
    fingerprints_of_sides(msgspec.structs.replace(suite, cases=cases), sides)

    assert cases.read == 1


def test_neither_order_nor_repeats_change_what_is_sent():
    """The digest of the messages is that of the set of cases."""
    usual = suite_of("one", "two")

    assert unlike(usual, suite_of("two", "one")) == set()
    assert of(suite_of("one", sampling=Sampling(repeats=3)))["messages"] == of(suite_of("one"))["messages"]


def by(model: ModelRef, rubric: Rubric, engine: str = "vllm 1") -> Judge:
    """Return a judge."""
    return Judge(rubric=rubric, model=model, engine_identity=engine, max_tokens=8)


def test_every_member_of_a_jury_is_named():
    """With its weights and its engine; one more member, or another way to combine them, is another judge."""
    rubric = Rubric(id="tone", version=2, kind="scale", question="", prompt="")
    alone = by(TUNED, rubric)
    jury = msgspec.structs.replace(alone, others=(Member(model=BASE, engine_identity="vllm 2"),))
    said = fingerprint_of_judge(jury)["judge"]

    assert fingerprint_of_judge(alone)["judge"] in said
    assert fingerprint_of_judge(by(BASE, rubric, "vllm 2"))["judge"] in said
    assert said != fingerprint_of_judge(msgspec.structs.replace(jury, combine="majority"))["judge"]


def test_every_entry_has_a_known_name():
    """A name that a person can give to --accept-difference."""
    rubric = Rubric(id="tone", version=2, kind="scale", question="", prompt="")
    judged = fingerprint_of_judge(by(BASE, rubric))
    most = suite_of("one", baseline_prompt=PROMPT, tools=TOOLS, reasoning="think-tags")

    assert {*of(most, BASE), *judged, "scorer"} == set(NAMES)


def test_a_judge_is_named_with_its_weights_and_the_rubric_with_its_words():
    """Another version or another model under the same name is another judge."""
    rubric = Rubric(id="tone", version=2, kind="scale", question="", prompt="Be strict.")
    milder = msgspec.structs.replace(rubric, prompt="Be mild.")
    retrained = msgspec.structs.replace(TUNED, adapter_digest="other")
    usual = fingerprint_of_judge(by(TUNED, rubric))

    assert usual["rubric"].startswith("tone v2 ")
    assert usual["rubric"] != fingerprint_of_judge(by(TUNED, milder))["rubric"]
    assert usual["judge"] != fingerprint_of_judge(by(retrained, rubric))["judge"]
    assert usual["judge"] != fingerprint_of_judge(by(TUNED, rubric, "vllm 2"))["judge"]


def test_the_dtype_is_read_from_what_the_engine_says_of_itself():
    """An engine that doesn't know it, such as a remote server, leaves it unknown."""
    assert split_identity("transformers 5 bfloat16 dynamic") == ("transformers 5 dynamic", "bfloat16")
    assert split_identity("fake") == ("fake", "unknown")


def scores(scorer: str = "exact_match()", **facts: str) -> Scores:
    """Scores without items."""
    return Scores(scorer=scorer, model=BASE, fingerprint=facts, items=())


def test_an_accepted_difference_is_let_through_and_told():
    """What doesn't differ isn't listed, and what wasn't accepted is refused."""
    one, other = scores(engine="a", dtype="float32"), scores(engine="b", dtype="float32")

    found = accepted_differences(one, other, ("engine", "dtype"))

    assert found == (Difference(name="engine", baseline="'a'", candidate="'b'"),)
    with pytest.raises(IncomparableRuns):
        accepted_differences(one, other, ("dtype",))


def test_a_refusal_names_every_option_that_is_needed():
    """Ready to be copied into a shell; what follows from another difference needs none."""
    template = {"chat template": "x", "messages": "1"}

    with pytest.raises(IncomparableRuns) as refused:
        accepted_differences(
            scores(**template, engine="a"), scores(**{**template, "chat template": "y"}, engine="b"), ()
        )
    with pytest.raises(IncomparableRuns) as followed:
        accepted_differences(scores(**template), scores(**{"chat template": "y", "messages": "2"}), ())

    assert "differ in 'chat template': baseline 'x', candidate 'y'" in str(refused.value)
    assert str(refused.value).endswith("--accept-difference 'chat template' --accept-difference engine")
    assert str(followed.value).endswith("with --accept-difference 'chat template'")


def test_messages_follow_the_template_and_nothing_else():
    """They are let through with their cause; alone they are refused."""
    one, other = {"chat template": "x", "messages": "1"}, {"chat template": "y", "messages": "2"}

    found = accepted_differences(scores(**one), scores(**other), ("chat template",))

    assert [difference.name for difference in found] == ["chat template"]
    with pytest.raises(IncomparableRuns, match="'messages'"):
        accepted_differences(scores(**one), scores(**{**one, "messages": "2"}), ("chat template",))


def test_a_declared_prompt_needs_no_option_but_is_told():
    """The suite says so itself; only the side without adapter has it."""
    prompted = {"baseline prompt": "3 messages, d", "messages": "1"}

    found = accepted_differences(scores(**prompted), scores(messages="2"), ())

    assert found == (Difference(name="baseline prompt", baseline="'3 messages, d'", candidate="none"),)


@pytest.mark.parametrize("name", ["cases", "scorer"])
def test_some_differences_can_never_be_accepted(name):
    """The reason is given, with the option and without."""
    other = scores(cases="2") if name == "cases" else scores("bleu()", cases="1")

    with pytest.raises(InputError, match=f"'{name}' can't be accepted: "):
        check_accepted((name,))
    with pytest.raises(IncomparableRuns, match=f"'{name}' can't be accepted, because ") as refused:
        accepted_differences(scores(cases="1", engine="a"), other, ())
    with pytest.raises(InputError):
        accepted_differences(scores(cases="1"), scores(cases="1"), (name,))
    assert "--accept" not in str(refused.value)


@pytest.mark.parametrize("name", ["engin", "", "Engine", "chat_template", "\x1b[2J"])
def test_an_unknown_name_is_refused_with_the_known_ones(name):
    """A typo must not let anything through, nor reach the terminal alive."""
    with pytest.raises(InputError) as refused:
        check_accepted(("engine", name))

    assert f"unknown entry {name!r}" in str(refused.value)
    assert "'engine', 'dtype'" in str(refused.value)
