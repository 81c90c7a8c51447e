"""What a reader is told of who answered: in the report's first screen, in the summary, and among the facts."""

import msgspec
import pytest

from harness.records.parties import Origin
from harness.report import markdown_summary, render
from harness.report.view.trust import notes, reloading, taken_on_trust
from tests.saved_runs import empty_run

LOCAL = "http://127.0.0.1:8000/v1"
HOSTED = Origin(party="candidate", known_by="name", address="https://api.openai.com/v1")
ON_A_SERVER = Origin(party="candidate", known_by="server", address=LOCAL)


def said_of(*origins: Origin, **changed: object) -> str:
    """Return what is said of a run with these origins."""
    return "\n".join(taken_on_trust(empty_run(origins=origins, **changed)))


def test_what_is_proved_or_read_here_needs_no_word():
    """Only trust is said."""
    origins = (Origin(party="baseline", known_by="weights"), Origin(party="candidate", known_by="proof"))

    assert said_of(*origins, Origin(party="judge", known_by="saved")) == ""
    assert notes(empty_run()) == ()


def test_a_hosted_model_is_taken_on_trust():
    """With its address; of a judge too."""
    assert said_of(HOSTED) == (
        "Candidate mine is taken on trust: https://api.openai.com/v1 is asked by name, "
        "and nothing shows which weights answer."
    )
    judge = msgspec.structs.replace(HOSTED, party="judge")
    assert said_of(judge, judge="gpt-x").startswith("Judge gpt-x is taken on trust: https://api.openai.com/v1 is asked")


def test_an_adapter_on_a_running_server_may_be_older_than_its_folder():
    """Its proof only tells it from the base model."""
    assert said_of(ON_A_SERVER) == (
        f"Candidate mine is taken on trust: the server at {LOCAL} might hold older weights than the adapter's folder, "
        "and they can't be seen."
    )


def test_an_adapter_on_a_running_server_can_be_reloaded():
    """By the names of vLLM's own server, once for each adapter; among the facts too."""
    adapter = empty_run().candidate
    both = (ON_A_SERVER, msgspec.structs.replace(ON_A_SERVER, party="baseline"))
    run = empty_run(origins=both, baseline=adapter)

    (said,) = reloading(run)

    assert said.startswith("After training mine again, reload it")
    assert "LORA_UPDATING=True, send POST /v1/unload_lora_adapter, then /v1/load_lora_adapter" in said
    assert said.endswith("with the new folder behind the same name in --lora-modules. Then run with --fresh.")
    assert said in render(run, (), ())
    assert reloading(empty_run(origins=(HOSTED,))) == ()


def test_a_base_model_on_a_running_server_is_not_advised_to_be_reloaded():
    """There is no adapter to load."""
    said = said_of(Origin(party="baseline", known_by="server", address=LOCAL))

    assert said == f"Baseline tiny is taken on trust: the weights that the server at {LOCAL} holds can't be seen."


def test_what_a_saved_run_did_not_know_is_not_known_later():
    """Nothing is asked, so no address is named."""
    assert said_of(msgspec.structs.replace(HOSTED, address="")).endswith("in the saved run only its name was known.")
    assert said_of(Origin(party="baseline", known_by="server")).endswith("server's weights could not be seen.")


def test_a_proof_that_was_not_measured_is_said():
    """The run is inconclusive for it, and the first screen says of which side."""
    said = said_of(Origin(party="candidate", known_by="unproved"))

    assert said == "Candidate mine is taken on trust: could not check that it is the model that answers."


def test_two_sides_that_are_one_model_are_said():
    """A gate of a model against itself can't find a regression."""
    run = empty_run()

    assert notes(msgspec.structs.replace(run, baseline=run.candidate)) == (
        "Candidate and baseline are the same model, mine: every difference is chance.",
    )


def test_the_first_screen_and_the_summary_say_what_is_taken_on_trust():
    """Before the gates; a name that is markup stays text. Without trust there is no such list."""
    hostile = msgspec.structs.replace(empty_run().candidate, adapter="<b>x</b>")
    run = empty_run(origins=(HOSTED,), candidate=hostile)

    page, summary = render(run, (), ()), markdown_summary(run)

    first_screen = page.split("<nav", maxsplit=1)[0]
    assert "Candidate &lt;b&gt;x&lt;/b&gt; is taken on trust: https://api.openai.com/v1 is asked" in first_screen
    assert "is taken on trust: https&#58;//api.openai.com/v1 is asked by name" in summary.split("| Gate")[0]
    assert '<ul class="notes">' not in render(empty_run(), (), ())


def test_the_facts_say_where_each_side_was_asked():
    """Also of what needs no trust."""
    page = render(empty_run(origins=(HOSTED, Origin(party="baseline", known_by="proof"))), (), ())

    facts = page.partition('id="facts"')[2]
    assert '<th scope="row">Answers of the candidate</th><td>asked at https://api.openai.com/v1, taken on' in facts
    assert '<th scope="row">Answers of the baseline</th><td>weights on this machine, proved to be the model' in facts


@pytest.mark.parametrize(
    ("ends", "told"),
    [("2026-12-24", "is retired there on 2026-12-24, in"), ("2020-01-01", "was retired there on"), ("", "")],
)
def test_a_base_model_that_ends_is_told_first(ends, told):
    """Where that is near or past when the run was made; a far end, or what is no day, is not told there."""
    run = empty_run(origins=(msgspec.structs.replace(HOSTED, base_ends=ends),), time="2026-11-27T08:00:00+00:00")
    far = empty_run(
        origins=(msgspec.structs.replace(HOSTED, base_ends="2028-01-01"),), time="2026-11-27T08:00:00+00:00"
    )

    first = notes(run)[0]

    assert (f"Candidate mine: its base model {told}" in first) == bool(told)
    assert told in render(run, [], [])
    assert not [line for line in notes(far) if "retired" in line]
    assert "retired at its service on 2028-01-01" in render(far, [], [])
