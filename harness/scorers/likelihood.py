"""Scores of how likely a model finds given texts: multiple choice, and the nats per token of the expected answer.

Nothing is generated for them: a suite asks with ``continuations=`` in its mark.
"""

from collections.abc import Sequence
from typing import Literal, get_args

from harness.errors import ScorerError
from harness.records.answered import Likelihood, Response
from harness.records.asked import Case
from harness.records.scored import Score
from harness.scorers.quantities import Quantity
from harness.scorers.reading.expected import are_texts, checked_field, expected_texts, refuse
from harness.scorers.reading.outcome import right, wrong
from harness.scorers.reading.wording import Called, written_call
from harness.text.visible import quoted

Per = Literal["answer", "character", "byte"]
HOW_TO_ASK = "pytest.mark.suite(..., continuations=...)"


def chooses(
    options: Sequence[str] | None = None, *, field: str | None = None, per: Per = "answer", delimiter: str = ""
) -> "Chooses":
    """Make a scorer: does the model find the expected option likelier than each other one?

    The options are the suite's ``continuations``. ``options`` names them, in their order; without it each is named by
    its own text. The expected name is ``expected``, or ``field`` of it; a list accepts several. The score carries
    expected and chosen name as ``classes``. Of equally likely options the first is chosen.

    ``per="answer"`` compares the log-probability of the whole option, as lm-evaluation-harness does for acc;
    ``per="character"`` divides it by the number of the option's characters, as for acc_norm, and ``per="byte"`` by its
    bytes in UTF-8, as for acc_bytes. Where each continuation begins with a ``delimiter`` that separates it from the
    prompt, such as a space, that is not counted as the option's: lm-evaluation-harness doesn't either.

    Raises:
        ScorerError: an option is blank or given twice, there are fewer than two, or ``per`` is something else.
    """
    if per not in get_args(Per):
        raise ScorerError(f"chooses(per={per!r}): per is one of {', '.join(map(repr, get_args(Per)))}")
    names = None if options is None else () if isinstance(options, str) else tuple(options)
    if names is not None and not (are_texts(names) and len(set(names)) == len(names) > 1):
        raise ScorerError(f"chooses({options!r}): name a list of at least two different options, none blank")
    path = None if field is None else checked_field(field)
    written_per = None if per == "answer" else per
    call = written_call("chooses", "", names, field=path, per=written_per, delimiter=delimiter or None)
    return Chooses(call=call, options=names, field=path, per=per, delimiter=delimiter)


class Chooses(Called, kw_only=True, frozen=True):
    """See ``chooses``."""

    options: tuple[str, ...] | None
    field: str | None
    per: Per
    delimiter: str

    def __call__(self, case: Case, response: Response) -> Score:
        """Score one choice."""
        expected = expected_texts(case, self, self.field)
        names = self._names(case, response)
        if unknown := [text for text in expected if text not in names]:
            refuse(case, self, "`expected` to name one of its options", unknown[0])
        values = [self._value(one) for one in response.likelihoods]
        chosen = names[values.index(max(values))]
        if chosen in expected:
            return right((chosen, chosen))
        best = max(expected, key=lambda name: values[names.index(name)])
        told = [f"{quoted(name)} ({values[names.index(name)]:.3g})" for name in (chosen, best)]
        unit = "nats" if self.per == "answer" else f"nats per {self.per}"
        return wrong(f"chose {told[0]}, expected {told[1]}, in {unit}", "wrong option", (best, chosen))

    def _names(self, case: Case, response: Response) -> tuple[str, ...]:
        texts = tuple(one.text for one in response.likelihoods)
        if not texts:
            raise ScorerError(f"{self!r}: case {case.id!r} was not asked how likely its options are; use {HOW_TO_ASK}")
        if self.options is None:
            return texts
        if len(self.options) != len(texts):
            raise ScorerError(
                f"{self!r} names {len(self.options)} options, but case {case.id!r} was asked about {len(texts)} texts; "
                "give the mark's continuations= as many, in the same order"
            )
        return self.options

    def _value(self, one: Likelihood) -> float:
        if not one.text.startswith(self.delimiter):
            raise ScorerError(f"{self!r}: the option {quoted(one.text)} doesn't begin with the delimiter")
        text = one.text.removeprefix(self.delimiter)
        length = {"answer": 1, "character": len(text), "byte": len(text.encode())}[self.per]
        return one.total / length


def nats_per_token() -> Quantity:
    """Make a quantity: how unlikely the model finds the expected answer, the mean of all cases.

    For each case the negative log-probability of the answer's text after the prompt, divided by its tokens. The token
    that ends the turn isn't counted. Needs ``continuations="expected"``, or a function that gives one text for a case.
    """
    return Quantity(name="nats_per_token", unit="nats per token", percentile=None, amount=_nats, of_time=False)


def _nats(response: Response) -> float | None:
    if len(response.likelihoods) != 1:
        return None
    [only] = response.likelihoods
    return max(0.0, -only.total / len(only.logprobs))


def reads_likelihoods(scorer: object) -> bool:
    """Tell whether a scorer or quantity of the catalogue reads how likely texts are, and not what was generated."""
    return isinstance(scorer, Chooses) or (isinstance(scorer, Quantity) and scorer.amount is _nats)
