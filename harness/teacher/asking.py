"""Open the teacher as gates open a model: through the same engines, with the same store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from harness.asking.cases import Suite
from harness.config.engine import EngineConfig
from harness.config.models import NamedJudge
from harness.config.whole import HarnessConfig
from harness.errors import ConfigError
from harness.gating import alone
from harness.gating.naming import HOSTED, SAVED
from harness.gating.origins import judge_engine
from harness.records.asked import Case, Sampling, digest_of_cases
from harness.teacher.config import TeacherConfig
from harness.teacher.request import Planned
from harness.untuned.asking import BaseModel


@contextmanager
def opened(config: TeacherConfig, harness: HarnessConfig, root: Path) -> Iterator[BaseModel]:
    """Open the teacher; paths in ``harness`` are relative to ``root``. Nothing is asked yet.

    Answers that the store has serve again however old they are, so that none is paid twice.

    Raises:
        InputError, EngineSetupError, StoreError: as ``alone.opened``; ``ConfigError`` also for a saved run.
    """
    if config.teacher.startswith(SAVED):
        raise ConfigError(f"the teacher is {config.teacher!r}, a saved run, which answers nothing new; name a model")
    settings = msgspec.structs.replace(harness, engine=engine_of(config, harness), reuse_hosted=True)
    with alone.opened(settings, root, config.teacher) as (contenders, asking, folder):
        yield BaseModel(contenders, asking, folder)


def engine_of(config: TeacherConfig, harness: HarnessConfig) -> EngineConfig:
    """Return how the teacher is asked: a key goes to its own address alone, as with a hosted judge."""
    if config.base_url is None and not config.teacher.startswith(HOSTED):
        return harness.engine
    named = NamedJudge(
        model=config.teacher,
        base_url=config.base_url,
        api_key_env=config.api_key_env,
        allow_plain_http=config.allow_plain_http,
        leave_out=config.leave_out or harness.engine.leave_out * (config.base_url is None),
    )
    return judge_engine(harness, named)


def suite_of(planned: list[Planned], sampling: Sampling) -> Suite:
    """Return the requests as a suite, so that what the teacher can't be sent is refused before anything is."""
    cases = tuple(Case(id=one.request.case_id, messages=one.request.messages) for one in planned)
    return Suite(name="teacher", cases=cases, sampling=sampling, digest=digest_of_cases(cases))
