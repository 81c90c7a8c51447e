"""Open the runs of all candidates from what pytest was told; no engine is started and nothing is asked here."""

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from harness.asking.ask import Asking
from harness.asking.store import STORE_FILE, FreshStore, ReusingStore, Store
from harness.config.located import SETTINGS, told_settings
from harness.config.read import load_config
from harness.gating.contenders import Contenders
from harness.gating.gate_run import GateRun, Opened, Together
from harness.gating.gate_runs import GateRuns
from harness.gating.judge_calls import JudgeCalls, spending_of
from harness.gating.judge_drift import JudgeDrift, asking_at
from harness.gating.postponed import Waiting
from harness.gating.settings import Names, overrule
from harness.gating.under_way import UnderWay
from harness.models.digests import recomputed, remembered
from harness.runs.folder import new_run_folder, remove_unfinished
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.verdicts.fingerprint import check_accepted


def open_gate_runs(
    names: Names, candidates: Mapping[str, str | None], settings: Path, command: Sequence[str]
) -> GateRuns:
    """Open what the runs of the candidates need, each given by its label; no engine is started and nothing is asked.

    The folders that ``settings`` names are beside it, also where there is no such file and the defaults hold.

    Raises:
        InputError: a setting, a model's name or an adapter is wrong.
        EngineSetupError: an address or a key is wrong.
        StoreError: the store can't be opened.
    """
    check_accepted(names.accepted)
    chosen = [name for name in candidates.values() if name is not None]
    if chosen:
        names = msgspec.structs.replace(names, candidate=chosen[0])
    config = overrule(load_config(settings), names)
    told = told_settings(settings, Path())
    say(f"settings: {for_terminal(told or f'the defaults, no {SETTINGS} is here or above the suites', None)}")
    runs = settings.parent / config.runs
    remove_unfinished(runs)
    folders: list[Path] = []
    under_way = UnderWay(dt.datetime.now(dt.UTC))
    try:
        for _ in candidates:
            folders.append(new_run_folder(runs, dt.datetime.now(dt.UTC)))
            under_way.claim(folders[-1])
        digest_file = recomputed if names.verify else remembered
        first = Contenders(config, settings.parent, folders[0], say, digest_file, chosen[1:])
        kind = FreshStore if names.fresh else ReusingStore if config.reuse_hosted else Store
        store = kind(runs / STORE_FILE)
    except BaseException:
        under_way.discard()
        for folder in folders:
            with suppress(OSError):
                folder.rmdir()
        raise
    under_way.replicas = lambda: first.replicas
    asking = Asking(store, under_way.watch)
    sides = [first, *(first.with_candidate(name) for name in chosen[1:])]
    beside = tuple(folder.name for folder in folders) if folders[1:] else ()
    opened = {
        label: Opened(settings=told, config=config, folder=folder, contenders=each, beside=beside)
        for label, folder, each in zip(candidates, folders, sides, strict=True)
    }
    waiting, spending = Waiting(), spending_of(config)
    drift = JudgeDrift(first.judges.may_change, asking_at(dt.datetime.now(dt.UTC)))
    together = Together(asking, waiting, JudgeCalls(asking, waiting, spending, say), drift)
    live = {label: GateRun(each, names, command, under_way, together) for label, each in opened.items()}
    return GateRuns(live, first, store, under_way, together)
