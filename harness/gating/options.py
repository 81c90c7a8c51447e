"""The command-line options of the plugin. Each has a destination of its own, since other plugins have theirs."""

import argparse
import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from harness.config.engine import ENGINE_KINDS
from harness.config.located import settings_file
from harness.gating.candidates import CANDIDATE, candidates_in
from harness.gating.settings import Names

BASE_URL = "--base-url"
BASE_URL_HELP = "address of a running OpenAI-compatible server, up to and with /v1; repeatable, for replicas"


def add_options(parser: pytest.Parser) -> None:
    """Add every option but ``--base-url``; see ``add_base_url``."""
    group = parser.getgroup("harness", "gating adapter releases")
    group.addoption(
        CANDIDATE,
        dest="harness_candidate",
        action="append",
        default=[],
        help="what is judged: base, an adapter folder, run:7, openai:MODEL, served:NAME, or a table [models.NAME]; "
        "repeatable, or a quoted pattern of folders",
    )
    group.addoption("--baseline", dest="harness_baseline", help="what it is compared to; the same forms")
    group.addoption("--engine", dest="harness_engine", help=f"{', '.join(ENGINE_KINDS)}; default: harness.toml")
    group.addoption(
        "--judge", dest="harness_judge", help="the judge's model: base or openai:MODEL; default: harness.toml"
    )
    group.addoption(
        "--judge-budget",
        dest="harness_judge_budget",
        metavar="MOST",
        help="the most that judges are asked: calls (500) or money (2.50USD); what is left is unscored",
    )
    group.addoption("--run-dir", dest="harness_run_dir", help="folder of the runs; default: harness.toml, else runs/")
    group.addoption(
        "--verify",
        dest="harness_verify",
        action="store_true",
        help="read all weights again; trust no remembered digest",
    )
    group.addoption(
        "--fresh",
        dest="harness_fresh",
        action="store_true",
        help="ask everything again, and replace what is stored",
    )
    group.addoption(
        "--accept-difference",
        dest="harness_accept_difference",
        action="append",
        default=[],
        metavar="NAME",
        help='let the sides differ in this entry of the fingerprint, such as engine or "chat template"; repeatable',
    )
    group.addoption(
        "--training-data",
        dest="harness_training_data",
        action="append",
        default=[],
        metavar="FILE",
        help="rows that the candidates were trained on, to find leaked cases in; repeatable. Adapters that harness "
        "train made need none",
    )
    group.addoption(
        "--allow-leak",
        dest="harness_allow_leak",
        action="append",
        default=[],
        metavar="CASE",
        help="keep a case that is in the training rows, by its id or SUITE/ID; repeatable",
    )
    group.addoption(
        "--regurgitation",
        dest="harness_regurgitation",
        action="store_true",
        help="report how much of its training rows, --training-data, an adapter gives away beyond its base model",
    )
    group.addoption(
        "--canaries",
        dest="harness_canaries",
        default="",
        metavar="FILE",
        help="report which canaries among the training rows come out; harness data canary lists them in this file",
    )
    group.addoption(
        "--anchors",
        dest="harness_anchors",
        action="store_true",
        help="ask only the cases that harness cases anchors chose, and estimate what the whole suite would say; "
        "for each commit, not for a release",
    )
    group.addoption(
        "--until-decided",
        dest="harness_until_decided",
        action="store_const",
        const=True,
        help="ask cases in batches, in a random order, and stop when each gate is decided; pinned cases are all asked",
    )
    group.addoption(
        "--ask-all",
        dest="harness_until_decided",
        action="store_const",
        const=False,
        help="ask all cases, whatever until_decided in harness.toml says",
    )
    group.addoption(
        "--harness-config",
        dest="harness_config",
        help="settings; default: the nearest harness.toml, here or above the suites",
    )


def add_base_url(parser: pytest.Parser) -> None:
    """Add ``--base-url`` unless another plugin has it, as pytest-base-url does, which comes with pytest-playwright.

    To be called when all installed plugins have added theirs: argparse refuses whoever comes second.
    """
    group = parser.getgroup("harness", "gating adapter releases")
    try:
        group.addoption(BASE_URL, dest="harness_base_url", action="append", default=[], help=BASE_URL_HELP)
    except (argparse.ArgumentError, ValueError):
        return


def names_of(config: pytest.Config) -> Names:
    """Return what the command line says over harness.toml, but for the candidates; see ``candidates_of``."""
    option = config.option
    return Names(
        baseline=option.harness_baseline,
        engine=option.harness_engine,
        base_urls=_base_urls(config),
        judge=option.harness_judge,
        judge_budget=option.harness_judge_budget,
        runs=option.harness_run_dir,
        verify=option.harness_verify,
        fresh=option.harness_fresh,
        accepted=tuple(dict.fromkeys(option.harness_accept_difference)),
        training_data=tuple(dict.fromkeys(option.harness_training_data)),
        allowed_leaks=tuple(dict.fromkeys(option.harness_allow_leak)),
        regurgitation=option.harness_regurgitation,
        canaries=option.harness_canaries,
        until_decided=option.harness_until_decided,
    )


def candidates_of(config: pytest.Config) -> Mapping[str, str | None]:
    """Return the name of each candidate by its label; see ``candidates_in``.

    Raises:
        NoSuchModel: a pattern matches no adapter folder.
    """
    return candidates_in(config.option.harness_candidate, config.invocation_params.dir)


def settings_of(config: pytest.Config, suites: Iterable[Path]) -> Path:
    """Return the file of the settings for suites in these folders, see ``settings_file``.

    pytest's root folder doesn't count: it moves with every path on the command line, that of an adapter too.

    Raises:
        ConfigError: the named one is missing, or different ones are found.
    """
    named = Path(config.option.harness_config) if config.option.harness_config else None
    return settings_file(named, config.invocation_params.dir, suites)


def _base_urls(config: pytest.Config) -> tuple[str, ...]:
    """Return the addresses on the command line.

    Where another plugin has the option, only what was typed counts: that plugin's own settings name a web page under
    test, and no server of models.
    """
    if hasattr(config.option, "harness_base_url"):
        return tuple(config.option.harness_base_url)
    typed = [str(one) for one in config.invocation_params.args]
    found = [one.partition("=")[2] for one in typed if one.startswith(f"{BASE_URL}=")]
    found += [after for one, after in itertools.pairwise(typed) if one == BASE_URL]
    return tuple(found)
