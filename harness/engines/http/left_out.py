"""Parameters that a model is asked without, because its server said that it does not accept them."""

from collections.abc import Callable
from typing import get_args

from harness.config.kinds import Parameter
from harness.engines.http.endpoint import Endpoint
from harness.engines.http.said import Said, refused_parameter

OLD_LIMIT, NEW_LIMIT = "max_tokens", "max_completion_tokens"
"""The two names of the longest answer; one of them is sent."""
BEFOREHAND = "to set this yourself, write under [engine] in harness.toml, or [judge] for a judge"


class LeftOut:
    """What has been learned so far, by address and served name; ``say`` is called once for each parameter.

    It is kept by model, because models at one address differ, and so that a model is always asked in the same way.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._learned: dict[tuple[str, str], dict[str, str]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter that a server refused."""
        return tuple(sorted({name for learned in self._learned.values() for name in learned}))

    @property
    def notes(self) -> tuple[str, ...]:
        """A line for each parameter and model."""
        return tuple(line for learned in self._learned.values() for line in learned.values())

    def of(self, endpoint: Endpoint, served_name: str) -> frozenset[str]:
        """Return what is not sent to a model: by the settings, or because it was refused."""
        learned = self._learned.get((endpoint.base_url, served_name))
        return endpoint.leave_out.union(learned) if learned else endpoint.leave_out

    def learn(self, said: Said, endpoint: Endpoint, served_name: str, unsent: frozenset[str]) -> bool:
        """Note the parameter that an error refuses, and return whether asking again without it makes sense.

        ``unsent`` is what the refused request was sent without.
        """
        limit = limit_name(endpoint, unsent)
        sent = [name for name in get_args(Parameter) if name not in unsent and name not in {OLD_LIMIT, NEW_LIMIT}]
        name = refused_parameter(said, [*sent, limit] if limit else sent)
        other = limit_name(endpoint, unsent | {name})
        if not name or (name == limit and other is None):  # no answer without a limit
            return False
        learned = self._learned.setdefault((endpoint.base_url, served_name), {})
        if name not in learned:
            instead = f"with {other} instead of {name}" if name == limit else f"without {name}"
            learned[name] = f"{served_name} at {endpoint.address} is asked {instead}, which its server does not take"
            self._say(f'{learned[name]}; {BEFOREHAND}: leave_out = ["{name}"]')
        return True


def limit_name(endpoint: Endpoint, unsent: frozenset[str]) -> str | None:
    """Return the name under which the longest answer is sent; None sends none.

    OpenAI's newer models refuse the old name, other servers don't know the new one.
    """
    first, second = (NEW_LIMIT, OLD_LIMIT) if endpoint.is_hosted else (OLD_LIMIT, NEW_LIMIT)
    return first if first not in unsent else second if second not in unsent else None
