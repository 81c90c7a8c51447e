"""A side of a saved run as a side of this one."""

from pathlib import Path

from harness.engines.replay import ReplayEngine, answers_of_then, by_everything, by_question, model_then
from harness.errors import NoSuchModel
from harness.gating.origins import saved_origin
from harness.records.asked import Side
from harness.records.engine import Contender
from harness.records.parties import Origin
from harness.runs.folder import read_answers, read_run
from harness.runs.names import find_run
from harness.text.visible import for_terminal


def replayed(asked: Side, name: str, runs: Path) -> tuple[Contender, Origin]:
    """Return what a saved run's side is as side ``asked`` of this run, and what is known of it.

    ``name`` is the run's, and ``#baseline`` behind it means that side.

    Raises:
        NoSuchModel: there is no such run, or it was imported and its baseline is asked for.
        StoreError: it can't be read.
    """
    run_id, _, side = name.partition("#")
    folder = find_run(runs, run_id)
    run = read_run(folder)
    part: Side = "baseline" if side == "baseline" else "candidate"
    if run.imported is not None and part == "baseline":
        raise NoSuchModel(
            f"run {folder.name} was imported from {for_terminal(run.imported.tool)} and has a candidate alone; name "
            "what it is compared with: --baseline run:7, or another model"
        )
    model, setup = run.baseline if part == "baseline" else run.candidate, run.setup_of(part)
    answers = list(read_answers(folder))
    if model.is_hosted:
        then = model_then(model, folder.name)
        model, answers = then, list(answers_of_then(answers, model, then))
    contender = Contender(
        model=model,
        engine=ReplayEngine(answers, setup.engine, by_question if setup.sampling else by_everything),
        rendering=setup.rendering,
        declared=setup.declared,
        held=frozenset(one.request.asked_now.key for one in answers if one.request.again),
        sampling=setup.sampling,
    )
    return contender, saved_origin(asked, run, part)
