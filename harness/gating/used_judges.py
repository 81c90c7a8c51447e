"""The judges that a run has used so far, or all candidates of one asking: each is opened when it is first needed."""

from collections.abc import Callable

from harness.gating.opened_models import OpenedModel
from harness.judges.drift import may_change
from harness.records.asked import ModelRef
from harness.records.engine import Contender
from harness.records.parties import Origin


class UsedJudges:
    """Judges by the names that they have in the settings; ``default`` is that of the settings themselves."""

    def __init__(self, default: str) -> None:
        self._default = default
        self._opened: dict[str, tuple[Contender, Origin]] = {}
        self._called: dict[str, str] = {}

    def of(self, name: str, opened: Callable[[str], OpenedModel]) -> tuple[Contender, Origin]:
        """Return a judge, by default that of the settings; it is none of a run's judges before ``use``.

        ``opened`` opens one that is new here.
        """
        name = name or self._default
        if name not in self._opened:
            found = opened(name)
            self._opened[name] = found.contender, found.origin
        return self._opened[name]

    def use(self, name: str, judge: Contender) -> None:
        """Note that a test has asked for a judge by this name."""
        self._called[name] = judge.model.name

    @property
    def called(self) -> dict[str, str]:
        """What the judges so far are called, by the names that tests asked for them by; "" is that of the settings."""
        return dict(self._called)

    @property
    def used(self) -> list[tuple[Contender, Origin]]:
        """The judges so far, each with where it is asked; none until a rubric needs one."""
        names = dict.fromkeys(name or self._default for name in self._called)
        return [self._opened[name] for name in names]

    def may_change(self, judge: ModelRef, engine: str) -> bool:
        """Tell whether another model can answer behind the name of a judge, given its engine's identity too."""
        used = (origin for one, origin in self.used if (one.model, one.engine.identity) == (judge, engine))
        return any(may_change(origin.known_by) for origin in used)
