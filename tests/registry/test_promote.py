"""Promoting on the evidence of a run, rolling back, removing."""

import json
import re

import msgspec
import pytest

from harness.config.release import GatesConfig
from harness.config.whole import HarnessConfig
from harness.data.seal import look, make_seal
from harness.errors import NoSuchModel, PromotionRefused
from harness.models.digests import recomputed
from harness.records.asked import Rendering
from harness.records.compared import Gate
from harness.records.in_part import AskedInPart, AskedPart, Spared
from harness.records.leaked import LeakedCase, Regurgitated, Regurgitation
from harness.records.parties import Origin, Setup
from harness.records.short import Short, ShortSuite
from harness.registry.evidence import lacking
from harness.registry.promote import Registry
from harness.registry.promoted import folder_of, named_entry, promoted_now
from harness.runs.folder import read_run
from harness.runs.suite_files import suite_files
from harness.train.hosted_manifest import write_job
from tests.models.fakes import adapter_in
from tests.registry.made import ADA, CASE, NOW, files, judged, model, override, project, promote
from tests.sample_run import slower
from tests.train.hosted.made import ROWS, job


@pytest.fixture
def registry(tmp_path):
    """Return the registry of a project in which nothing was promoted."""
    return project(tmp_path)


def refusal(registry, tmp_path, name: str, run) -> str:
    """Return why an adapter can't be promoted; nothing was added."""
    before = registry.ledger.entries()
    with pytest.raises(PromotionRefused) as problem:
        registry.promote(tmp_path / "adapters" / name, run, ADA)
    assert registry.ledger.entries() == before
    return str(problem.value)


def test_a_run_that_passed_promotes_its_adapter_against_the_base_model(registry, tmp_path):
    """What is known of it is bound."""
    origin = Origin(party="candidate", known_by="proof", commit="c" * 40)
    setups = {"candidate": Setup(engine="e", rendering=Rendering(template="{{ messages }}"))}
    run = judged(tmp_path, "first", origins=(origin,), setups=setups, commit="f" * 40)

    said = registry.promote(tmp_path / "adapters" / "first", run, ADA).promotion

    assert (said.action, said.by, said.reason, said.overridden) == ("promote", ADA.by, "", ())
    assert (said.adapter.name, said.adapter.folder) == ("first", "first")
    assert (said.base.name, said.base.digest, said.base.commit) == ("tiny", "b" * 64, "c" * 40)
    assert (said.text.digest, len(said.text.rendering)) == ("t" * 64, 64)
    assert (said.run.outcome, said.run.known_by, said.run.commit) == ("passed", "proof", "f" * 40)
    assert [one.outcome for one in said.run.findings] == ["passed"]
    assert said.suites == files(tmp_path)


DROP = msgspec.structs.replace(slower(()), outcome="passed", gate=Gate(max_drop=0.1))
LEAKED = LeakedCase(suite="sums", case="one", place="rows.jsonl:1", how="same", where="input", similarity=1)
EARLY = AskedInPart(
    seed=0,
    suites=(AskedPart(suite="sums", cases=1000, asked=240),),
    spared=(Spared(side="candidate", requests=760),),
)
ALL = AskedInPart(seed=0, suites=(AskedPart(suite="sums", cases=1000, asked=1000),))
SHORT = ShortSuite(suite="sums", asked=100, of=1000)
GIVEN = Regurgitated(place="rows.jsonl:1", what="words", shown="...", by_base=False)


@pytest.mark.parametrize(
    ("gates", "facts", "told"),
    [
        (GatesConfig(max_leaked=0), {"leaked": (LEAKED,)}, "has 1 leaked case, more than max_leaked = 0"),
        (GatesConfig(max_regurgitated=0), {}, "did not measure what max_regurgitated = 0 limits"),
        (
            GatesConfig(max_regurgitated=0),
            {"regurgitation": Regurgitation(source="rows.jsonl", rows=(GIVEN,))},
            "has 1 training row given away, more than max_regurgitated = 0",
        ),
        (GatesConfig(), {"until_decided": EARLY}, "asked 240 of 1,000 cases, and decided gates by a part of them"),
        (GatesConfig(guarantee=True), {"verdicts": (DROP,)}, "without the guarantee that [gates] asks for"),
    ],
)
def test_a_run_under_looser_settings_than_today_proves_nothing(tmp_path, gates, facts, told):
    """It passed as harness.toml was then."""
    project(tmp_path)
    registry = Registry(HarnessConfig(gates=gates), tmp_path, lambda: NOW)

    assert told in refusal(registry, tmp_path, "first", judged(tmp_path, "first", **facts))


@pytest.mark.parametrize(
    ("gates", "early"),
    [(GatesConfig(promote_early=True), EARLY), (GatesConfig(), ALL)],
)
def test_a_run_that_stopped_early_promotes_where_the_settings_say_so(tmp_path, gates, early):
    """Or where all cases were asked in the end."""
    project(tmp_path)
    registry = Registry(HarnessConfig(gates=gates), tmp_path, lambda: NOW)

    assert registry.promote(tmp_path / "adapters" / "first", judged(tmp_path, "first", until_decided=early), ADA)


def test_a_run_under_stricter_settings_than_today_is_let_through(tmp_path):
    """What it proves is enough."""
    project(tmp_path)
    registry = Registry(HarnessConfig(gates=GatesConfig(max_leaked=1)), tmp_path, lambda: NOW)

    assert registry.promote(tmp_path / "adapters" / "first", judged(tmp_path, "first", leaked=(LEAKED,)), ADA)


def test_the_next_one_is_judged_against_the_promoted_one(registry, tmp_path):
    """A run against the base model is no evidence any more."""
    promote(registry, tmp_path, "first")

    told = refusal(registry, tmp_path, "second", judged(tmp_path, "second"))

    assert "compared it with tiny, and users have first@1 today; run pytest suites/ --baseline registry:first" in told
    assert promote(registry, tmp_path, "second", "first").name == "second@2"


def test_the_first_one_is_judged_against_its_base_model(registry, tmp_path):
    """Not against another adapter, which nobody has proved."""
    told = refusal(registry, tmp_path, "first", judged(tmp_path, "first", "second"))

    assert "nothing is promoted so far" in told


@pytest.mark.parametrize(
    ("outcome", "told"), [("failed", "failed: .*: 3 cases were lost"), ("inconclusive", "is inconclusive: ")]
)
def test_a_run_that_did_not_pass_promotes_nothing(registry, tmp_path, outcome, told):
    """Its reasons are told."""
    assert re.search(told, refusal(registry, tmp_path, "first", judged(tmp_path, "first", outcome=outcome)))


def test_a_run_of_another_adapter_promotes_nothing_whatever_the_reason(registry, tmp_path):
    """Nor one of the same folder that was trained again."""
    run = judged(tmp_path, "first")
    adapter_in(tmp_path / "adapters" / "first", weights=b"trained again")

    for name in ("first", "second"):
        with pytest.raises(
            PromotionRefused, match=rf"has judged first \(digest \w+\), and .*{name} is another adapter"
        ):
            registry.promote(tmp_path / "adapters" / name, run, override("it must be"))


def test_a_run_with_another_chat_template_promotes_nothing_whatever_the_reason(registry, tmp_path):
    """The digest of the adapter doesn't cover it, and users would get answers that nobody judged."""
    run = judged(tmp_path, "first")
    (tmp_path / "adapters" / "first" / "chat_template.jinja").write_text("{{ messages }}")
    older = judged(tmp_path, "first", own_text=None)

    for one, told in ((run, "chat template than .*first has now; put back"), (older, "an older version saved it")):
        with pytest.raises(PromotionRefused, match=told):
            registry.promote(tmp_path / "adapters" / "first", one, override("it must be"))
    assert registry.ledger.entries() == ()


def change_cases(suite):
    """Add a word to a case."""
    (suite / "cases.jsonl").write_text(CASE.replace("1+1", "1+1?"))


CHANGES = {
    "suites/sums/cases.jsonl changed": change_cases,
    "suites/sums/test_sums.py changed": lambda suite: (suite / "test_sums.py").write_text("def test_sums(): pass\n"),
    "suites/sums/test_sums.py is gone": lambda suite: (suite / "test_sums.py").unlink(),
    "suites/sums/system.txt is new": lambda suite: (suite / "system.txt").write_text("Be brief."),
    "suites/conftest.py is new": lambda suite: (suite.parent / "conftest.py").write_text(""),
    "suites/sums/products_test.py is new": lambda suite: (suite / "products_test.py").write_text(""),
    "suites/more/test_more.py was not asked": lambda suite: (
        (suite.parent / "more").mkdir() or (suite.parent / "more" / "test_more.py").write_text("")
    ),
}


@pytest.mark.parametrize(("told", "change"), CHANGES.items(), ids=CHANGES)
def test_suites_that_are_not_those_of_the_run_are_named(registry, tmp_path, told, change):
    """A file that changed, is gone, is new, or was never asked."""
    run = judged(tmp_path, "first")
    change(tmp_path / "suites" / "sums")

    assert told in refusal(registry, tmp_path, "first", run)


def test_a_module_beside_those_that_were_asked_is_a_part_that_is_missing(registry, tmp_path):
    """As after --ignore, or a path to one file."""
    (tmp_path / "suites" / "sums" / "test_more.py").write_text("def test_more(): ...\n")
    run = judged(tmp_path, "first", command=("pytest", "suites/sums/test_sums.py"))

    assert "suites/sums/test_more.py was not asked" in refusal(registry, tmp_path, "first", run)


def test_tests_that_pytest_left_out_are_a_part_that_is_missing(registry, tmp_path):
    """Whatever left them out: settings of pytest, a plugin, or options that are written together."""
    suite = tmp_path / "suites" / "sums"
    module, cases = suite / "test_sums.py", suite / "cases.jsonl"
    asked = suite_files({module: 2}, {cases}, tmp_path, {module: 1})
    run = judged(tmp_path, "first", suite_files=asked, command=("pytest", "suites/", "-qk", "sums"))

    assert "1 test of suites/sums/test_sums.py not asked" in refusal(registry, tmp_path, "first", run)


def test_a_verdict_that_was_edited_in_a_run_is_noticed(registry, tmp_path):
    """How the run ended is noted apart from its gates."""
    run = judged(tmp_path, "first")
    saved = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps(saved | {"outcome": "failed"}))

    assert "says that it ended as failed, its gates say passed: it was edited" in refusal(
        registry, tmp_path, "first", run
    )


def test_the_promoted_one_on_another_base_model_is_not_what_users_have(registry, tmp_path):
    """Its digest is that of the adapter alone."""
    promote(registry, tmp_path, "first")
    asked = msgspec.structs.replace(model(tmp_path, "first"), base="other", base_digest="d" * 64)

    told = refusal(registry, tmp_path, "second", judged(tmp_path, "second", baseline=asked))

    assert "asked first@1 on another base model (other) than the one on which it was promoted (tiny)" in told


def test_a_seal_that_counts_one_more_is_no_change_of_a_suite(registry, tmp_path):
    """Each run changes it; what it says now is bound and shown."""
    cases = tmp_path / "suites" / "sums" / "cases.jsonl"
    run = judged(tmp_path, "first")
    make_seal(cases, ("rows.jsonl",), 0, lambda: NOW)
    look(cases, "a customer asked", "harness cases show", lambda: NOW)

    (sealed,) = registry.promote(tmp_path / "adapters" / "first", run, ADA).promotion.sealed

    assert (sealed.suite, sealed.judged, sealed.unsealed) == ("sums", 0, (("a customer asked", "2026-11-27"),))


@pytest.mark.parametrize(
    "words", [("-k", "sums"), ("-ksums",), ("--deselect=x",), ("suites/sums/test_sums.py::test_sums",), ("--lf",)]
)
def test_a_part_of_the_suites_is_no_evidence(registry, tmp_path, words):
    """Whatever chose it."""
    run = judged(tmp_path, "first", command=("pytest", "suites/", *words))

    assert "asked a part of the suites alone" in refusal(registry, tmp_path, "first", run)


def test_a_run_of_an_older_version_does_not_say_which_suites_it_asked(registry, tmp_path):
    """It has to be run again."""
    run = judged(tmp_path, "first", suite_files=())

    assert "does not say which tests its suites had" in refusal(registry, tmp_path, "first", run)


def test_what_is_missing_can_be_overridden_with_a_reason_that_is_kept(registry, tmp_path):
    """With what was missing; where nothing is, there is nothing to override."""
    run = judged(tmp_path, "first", outcome="failed")

    said = registry.promote(tmp_path / "adapters" / "first", run, override("the old one is down")).promotion
    good = judged(tmp_path, "second", "first")
    plain = registry.promote(tmp_path / "adapters" / "second", good, override("to be sure")).promotion

    assert (said.reason, said.run.outcome) == ("the old one is down", "failed")
    assert len(said.overridden) == 1
    assert (plain.reason, plain.overridden) == ("", ())


def test_no_word_of_an_answer_or_an_error_gets_into_the_ledger(registry, tmp_path):
    """It lives in git, and in cards."""
    broken = ("suites/sums/test_sums.py::test_sums: KeyError: 'card 4111 1111 1111 1111'",)
    run = judged(tmp_path, "first", broken=broken)

    entry = registry.promote(tmp_path / "adapters" / "first", run, override("it must be"))

    assert "test_sums broke" in entry.promotion.overridden[0]
    assert b"4111" not in entry.line


def test_a_run_that_was_repeated_until_it_passed_proves_nothing(registry, tmp_path):
    """One that asked something else, or another adapter, is no repetition."""
    judged(tmp_path, "second", outcome="failed")
    judged(tmp_path, "first", "second", outcome="failed")
    other = msgspec.structs.replace(files(tmp_path)[0], sha256="0" * 64)
    judged(tmp_path, "first", outcome="failed", suite_files=(other, *files(tmp_path)[1:]))
    assert lacking(read_run(run := judged(tmp_path, "first")), run.parent, None, tmp_path, GatesConfig()) == ()

    judged(tmp_path, "first", outcome="failed")

    assert "run 0005-2026-11-27-abcd asked the same of the same adapter and failed" in refusal(
        registry, tmp_path, "first", run
    )


def test_a_part_of_the_cases_that_failed_does_not_refuse_the_run_of_all(tmp_path):
    """Neither a short suite nor an early verdict is repeated by it; another part of them, or a failure of all, is."""
    registry = project(tmp_path)
    early_settings = Registry(HarnessConfig(gates=GatesConfig(promote_early=True)), tmp_path, lambda: NOW)
    whole = slower(()).comparison
    of_part = msgspec.structs.replace(whole, not_asked={"": 40}, unit="")
    of_short = msgspec.structs.replace(whole, short=Short(of=1000, strata={}, stratum_of={}), unit="")
    for seen, facts in ((of_part, {"until_decided": EARLY}), (of_short, {"short": (SHORT,)})):
        failed = msgspec.structs.replace(DROP, comparison=seen, outcome="failed")
        judged(tmp_path, "first", outcome="failed", verdicts=(failed,), **facts)
    early = judged(tmp_path, "first", until_decided=EARLY)
    run = judged(tmp_path, "first")

    assert lacking(read_run(run), run.parent, None, tmp_path, GatesConfig()) == ()
    assert "run 0001-2026-11-27-abcd asked the same of the same adapter" in refusal(
        early_settings, tmp_path, "first", early
    )

    judged(tmp_path, "first", outcome="failed", verdicts=(msgspec.structs.replace(DROP, outcome="failed"),))

    assert "run 0005-2026-11-27-abcd asked the same of the same adapter" in refusal(registry, tmp_path, "first", run)


def test_what_users_have_is_not_promoted_twice(registry, tmp_path):
    """It is said under which entry."""
    promote(registry, tmp_path, "first")

    assert "is what users have already, promoted as first@1" in refusal(
        registry, tmp_path, "first", judged(tmp_path, "first")
    )


def test_an_adapter_is_found_by_its_name_and_its_folder_and_nowhere_else(registry, tmp_path):
    """Outside of the folder of adapters no name would lead to it."""
    adapter_in(tmp_path / "elsewhere")

    assert registry.find("first") == registry.find(str(tmp_path / "adapters" / "first"))
    with pytest.raises(PromotionRefused, match=r"is outside of .*adapters"):
        registry.find(str(tmp_path / "elsewhere"))
    with pytest.raises(PromotionRefused, match="no adapter's folder here"):
        registry.find("fourth")


def test_the_training_of_a_service_is_bound_too(registry, tmp_path):
    """Its rows, settings and job."""
    folder = tmp_path / "adapters" / "first"
    write_job(folder, job(has_weights=True))

    said = promote(registry, tmp_path, "first").promotion.training

    assert (said.files, said.settings, said.manifest) == ((ROWS,), "k", recomputed(folder / "job.json"))


def test_a_job_without_weights_is_told_what_takes_the_place_of_a_promotion(registry, tmp_path):
    """It has no digest, by whatever name it is given."""
    folder = tmp_path / "adapters" / "hosted"
    folder.mkdir()
    (folder / "job.json").write_text("{}")

    for name in ("hosted", str(folder)):
        with pytest.raises(PromotionRefused, match=r'baseline = ".*adapters/hosted", and the next candidate'):
            registry.find(name)


def three(registry, tmp_path):
    """Promote three adapters, one after the other."""
    for name, against in (("first", ""), ("second", "first"), ("third", "second")):
        promote(registry, tmp_path, name, against)


def test_rollbacks_undo_one_promotion_each(registry, tmp_path):
    """Two in a row lead back two; before the first there is nothing."""
    three(registry, tmp_path)

    back = [registry.roll_back(None, ADA) for _ in range(2)]

    assert [(one.number, one.promotion.action, one.promotion.back_to) for one in back] == [
        (4, "rollback", 2),
        (5, "rollback", 1),
    ]
    assert promoted_now(registry.ledger.entries()).promotion.adapter.name == "first"
    with pytest.raises(PromotionRefused, match="first@5 was the first to be promoted"):
        registry.roll_back(None, ADA)


def test_a_rollback_can_name_its_entry(registry, tmp_path):
    """One that is there, and is not what users have."""
    three(registry, tmp_path)
    registry.roll_back(1, ADA)

    for to, told in ((4, "first@1 is what users have"), (1, "first@1 is what users have"), (9, "it has 1 to 4")):
        with pytest.raises(PromotionRefused, match=told):
            registry.roll_back(to, ADA)
    assert registry.roll_back(3, msgspec.structs.replace(ADA, reason="mended")).promotion.reason == "mended"


def test_nothing_is_rolled_back_before_anything_is_promoted(registry):
    """There is nothing that users have."""
    with pytest.raises(PromotionRefused, match="nothing was ever promoted"):
        registry.roll_back(None, ADA)


def test_nobody_rolls_back_to_an_adapter_that_is_not_there_any_more(registry, tmp_path):
    """Gone, or another one in its folder."""
    promote(registry, tmp_path, "first")
    promote(registry, tmp_path, "second", "first")
    adapter_in(tmp_path / "adapters" / "first", weights=b"trained again")
    with pytest.raises(PromotionRefused, match=r"holds another adapter \(digest \w+\) than .* promoted as first@1"):
        registry.roll_back(None, ADA)
    (tmp_path / "adapters" / "first" / "adapter_config.json").unlink()

    with pytest.raises(PromotionRefused, match="first@1 was promoted from here, and the folder is gone"):
        registry.roll_back(None, ADA)
    assert len(registry.ledger.entries()) == 2


def test_a_chat_template_beside_the_weights_belongs_to_what_was_promoted(registry, tmp_path):
    """With another one it answers otherwise."""
    template = tmp_path / "adapters" / "first" / "chat_template.jinja"
    template.write_text("{{ messages }}")
    entry = promote(registry, tmp_path, "first")
    assert folder_of(entry, tmp_path / "adapters") == tmp_path / "adapters" / "first"
    template.write_text("{{ messages[0] }}")

    with pytest.raises(PromotionRefused, match="its tokenizer or chat template is not the one that was promoted"):
        folder_of(entry, tmp_path / "adapters")


def test_a_name_means_its_last_promotion_or_the_one_of_a_number(registry, tmp_path):
    """Rollbacks are promotions too."""
    promote(registry, tmp_path, "first")
    promote(registry, tmp_path, "second", "first")
    registry.roll_back(None, ADA)
    entries = registry.ledger.entries()

    assert [named_entry(entries, name).number for name in ("first", "first@1", "second")] == [3, 1, 2]
    for name, told in (("third", "promoted was first, second"), ("first@2", "as first@1, first@3 alone")):
        with pytest.raises(NoSuchModel, match=told):
            named_entry(entries, name)


def test_an_adapter_that_was_never_promoted_is_removed(registry, tmp_path):
    """And what a killed removal left."""
    adapter_in(tmp_path / "adapters" / ".removing-old")

    assert registry.remove(registry.find("third"), ADA) is None

    assert sorted(path.name for path in (tmp_path / "adapters").iterdir()) == ["first", "second"]


def test_what_users_have_and_what_a_rollback_leads_to_is_kept(registry, tmp_path):
    """A copy of it is not."""
    promote(registry, tmp_path, "first")
    promote(registry, tmp_path, "second", "first")
    adapter_in(tmp_path / "adapters" / "copy", weights=b"first")

    for name, told in (("second", "users have it"), ("first", "a rollback can lead to it")):
        with pytest.raises(PromotionRefused, match=told):
            registry.remove(registry.find(name), ADA)
    assert registry.remove(registry.find("copy"), ADA) is None


def test_one_that_is_removed_by_force_leaves_its_reason_and_takes_nobodys_place(registry, tmp_path):
    """What users have is then an error, and never another adapter."""
    promote(registry, tmp_path, "first")

    entry = registry.remove(registry.find("first"), override("the disk"))

    assert (entry.promotion.action, entry.promotion.reason) == ("remove", "the disk")
    now = promoted_now(registry.ledger.entries())
    assert now.number == 1
    with pytest.raises(PromotionRefused, match="the folder is gone"):
        folder_of(now, tmp_path / "adapters")
    assert promote_again(registry, tmp_path).number == 3


def promote_again(registry, tmp_path):
    """Promote another adapter, whose evidence can't be complete any more."""
    run = judged(tmp_path, "second")
    return registry.promote(tmp_path / "adapters" / "second", run, override("the first one is gone"))
