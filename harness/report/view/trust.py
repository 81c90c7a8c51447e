"""Why the figures can be trusted, in words: who answered, what proves it, and the noise of the engine."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from harness.records.compared import Noise, Probe
from harness.records.parties import TRUSTED, Origin, Party
from harness.records.saved import Measure, Run
from harness.runs.test_ids import title
from harness.stats import noise_floor
from harness.text.figures import count, number
from harness.text.shown import fact
from harness.train.hosted.ends import end_in_words, is_near


def noise(measured: Noise) -> str:
    """Say how much changed when the baseline was asked again.

    >>> noise(Noise(asked=7, answers_changed=1, scored=7, scores_changed=0, spread=0.0))
    '7 answers asked for twice: 1 changed, and 0 of 7 scores'
    """
    return (
        f"{count(measured.asked, 'answer')} asked for twice: {measured.answers_changed:,} changed, and "
        f"{measured.scores_changed:,} of {count(measured.scored, 'score')}"
    )


def proof(probe: Probe) -> str:
    """Say how far an adapter's log-probabilities are from its base model's."""
    return (
        f"first-token log-probabilities differ from the base model's on {probe.changed} of "
        f"{count(probe.prompts, 'prompt')}, by up to {number(probe.largest)} (by chance {number(probe.noise)})"
    )


def notes(run: Run) -> tuple[str, ...]:
    """Return what a reader should know before any figure: what is taken on trust, and that two sides are one model."""
    ends = tuple(ending(run))
    if not run.is_of_one_model:
        return (*ends, *taken_on_trust(run))
    same = f"Candidate and baseline are the same model, {_model(run, 'candidate')}: every difference is chance."
    return (same, *ends, *taken_on_trust(run))


def ending(run: Run) -> Iterator[str]:
    """Yield a sentence for each side whose base model was, or is soon, retired by the service that it was tuned at."""
    for origin in run.origins:
        if (ends := end_of(origin)) is not None and is_near(ends, _day_of(run)):
            told = end_in_words(ends, _day_of(run))
            yield f"{origin.party.capitalize()} {_named(run, origin)}: its base model {told}."


def end_of(origin: Origin) -> date | None:
    """Return the day on which a side's base model is retired; None where none is known."""
    try:
        return date.fromisoformat(origin.base_ends)
    except ValueError:
        return None


def _day_of(run: Run) -> date:
    try:
        return datetime.fromisoformat(run.time).date()
    except ValueError:
        return date.max  # of an edited run: then every end is past


def taken_on_trust(run: Run) -> tuple[str, ...]:
    """Return a sentence for each side, and for the judge, where nothing shows that it is the model that answers."""
    return tuple(
        f"{origin.party.capitalize()} {_named(run, origin)} is taken on trust: {_doubt(run, origin)}."
        for origin in run.origins
        if origin.known_by in TRUSTED
    )


def reloading(run: Run) -> tuple[str, ...]:
    """Return how to reload each adapter of which a running server might hold older weights."""
    sides = {"baseline": run.baseline, "candidate": run.candidate}
    served = [origin.party for origin in run.origins if origin.known_by == "server" and origin.party in sides]
    names = dict.fromkeys(_model(run, side) for side in served if sides[side].adapter is not None)
    return tuple(
        f"After training {name} again, reload it in its server. If that is vLLM with "
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True, send POST /v1/unload_lora_adapter, then /v1/load_lora_adapter; "
        "restart any other server with the new folder behind the same name in --lora-modules. Then run with --fresh."
        for name in names
    )


def party(party: str, name: str) -> str:
    """Return a party, with its name where there are several of the kind."""
    return f"{party} {fact(name, 80)}" if name else party


def answered_by(origin: Origin) -> str:
    """Say where one party's answers come from, in a few words.

    >>> answered_by(Origin(party="judge", known_by="name", address="https://api.openai.com/v1"))
    'asked at https://api.openai.com/v1, taken on trust'
    """
    words = {
        "weights": "weights on this machine",
        "proof": "weights on this machine, proved to be the model that answers",
        "unproved": "weights on this machine, not proved to be the model that answers",
        "saved": "a saved run",
    }
    where = f"asked at {fact(origin.address, 200)}" if origin.address else "a saved run"
    return words.get(origin.known_by, f"{where}, taken on trust")


def noise_lines(measures: Sequence[Measure]) -> Iterator[str]:
    """Yield for each measure what changed by chance, and the smallest drop that its number of cases lets you gate."""
    for one in measures:
        measured, delta = one.comparison.noise, one.comparison.delta
        said = noise(measured) if measured else "none of its answers was asked for twice; use a larger --sample"
        if measured and delta and measured.scored:
            floor = noise_floor(measured.spread, delta.n)
            said += f"; on {count(delta.n, 'case')} chance moves the mean by up to {number(floor)}"
        yield f"{title(one.test_id)}: {fact(one.comparison.scorer, 80)}\n  {said}"


def _model(run: Run, party: Party) -> str:
    names = {"baseline": run.baseline.name, "candidate": run.candidate.name, "judge": run.judge}
    return fact(names[party], 80)


def _named(run: Run, origin: Origin) -> str:
    return fact(origin.name, 80) if origin.name else _model(run, origin.party)


def _doubt(run: Run, origin: Origin) -> str:
    if origin.known_by == "unproved":
        return "could not check that it is the model that answers"
    if not origin.address:
        unknown = "only its name was known" if origin.known_by == "name" else "its server's weights could not be seen"
        return f"in the saved run {unknown}"
    address = fact(origin.address, 200)
    if origin.known_by == "name":
        return f"{address} is asked by name, and nothing shows which weights answer"
    model = run.candidate if origin.party == "candidate" else run.baseline
    if origin.party == "judge" or model.adapter is None:
        return f"the weights that the server at {address} holds can't be seen"
    return f"the server at {address} might hold older weights than the adapter's folder, and they can't be seen"
