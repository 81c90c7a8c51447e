"""Jinja templates that others wrote, rendered within a limit of work that is the same on every machine.

Loops, calls, operators, filters and tests are charged for as they run; ``charges.py`` says what each costs.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from jinja2 import Template, TemplateError, TemplateRuntimeError, nodes, pass_context
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.text.charges import Charges

LONGEST_TEMPLATE = 200_000
"""Characters; the longest chat templates have 20,000."""
Charge = Callable[[str, Sequence[Any], Mapping[str, Any]], Sequence[Any]]
_SCOPES = ("_loop_vars", "_block_vars")
"""What compiled code adds to the arguments of a call."""


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox whose templates end: jinja2's own, with charges, and without computing anything at compile time.

    It renders one template at a time. ``charged`` makes it ready when its filters and tests are complete.
    """

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - jinja2's own options
        super().__init__(optimized=False, **options)
        self.code_generator_class = _Charging
        self.finalize = self._shown
        self.charges = Charges()
        del self.globals["lipsum"]  # random text of any length

    def call(self, context: Context, called: Any, /, *args: Any, **named: Any) -> Any:  # noqa: ANN401
        """Charge for a call, and make it."""
        own = {name: value for name, value in named.items() if name not in _SCOPES}
        args = (*self.charges.call(called, args, own),)
        return self.charges.result(super().call(context, called, *args, **named))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Charge for an operator, and apply it."""
        self.charges.operator(operator, left, right)
        return super().call_binop(context, operator, left, right)

    @pass_context  # values that need a context are not shown at compile time
    def _shown(self, _context: Context, value: object) -> object:
        return self.charges.shown(value)


def charged(environment: BoundedEnvironment) -> BoundedEnvironment:
    """Charge for all filters and tests of an environment, and return it."""
    charges = environment.charges
    kinds: tuple[tuple[dict[str, Any], Charge], ...] = (
        (environment.filters, charges.filter),
        (environment.tests, charges.test),
    )
    for functions, charge in kinds:
        functions.update({name: _charged(one, charge, name, charges) for name, one in functions.items()})
    return environment


def compiled(environment: BoundedEnvironment, text: str) -> Template:
    """Return a template that is ready to be rendered.

    Raises:
        TemplateError: the text is not a template, or is longer than ``LONGEST_TEMPLATE``.
    """
    if len(text) > LONGEST_TEMPLATE:
        raise TemplateRuntimeError(f"it has {len(text):,} characters, more than {LONGEST_TEMPLATE:,}")
    with template_errors():
        return environment.from_string(text)


def render(template: Template, values: Mapping[str, object]) -> str:
    """Return a template, compiled in a ``BoundedEnvironment``, filled with values.

    Raises:
        TemplateError: it can't be rendered; ``TooMuchWork`` where it would do more than ``charges.WORK``.
    """
    environment = template.environment
    if not isinstance(environment, BoundedEnvironment):
        raise TypeError(f"{template!r} was compiled without a limit")
    environment.charges.start()
    with template_errors():
        return template.render(values)


@contextmanager
def template_errors() -> Iterator[None]:
    """Turn whatever the expressions of a template raise into an error of the template."""
    try:
        yield
    except TemplateError:
        raise
    except Exception as problem:
        raise TemplateRuntimeError(f"{type(problem).__name__}: {problem}") from problem


def _charged(function: Callable[..., Any], charge: Charge, name: str, charges: Charges) -> Callable[..., Any]:
    @functools.wraps(function)  # with jinja2's marks on it
    def called(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - filters take and return anything
        return charges.result(function(*charge(name, args, named), **named))

    return called


_Repeated = nodes.For | nodes.Macro | nodes.CallBlock | nodes.Block


class _Charging(CodeGenerator):
    """Generates code that charges for rounds, and for what Python's own operators read and make."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - jinja2's name
        """Find what is charged, and generate the code."""
        for repeated in list(node.find_all(nodes.Stmt)):
            if isinstance(repeated, _Repeated):
                _count_rounds(repeated)
        self._charges: dict[int, str] = {}
        for literal in node.find_all((nodes.List, nodes.Tuple, nodes.Dict)):
            if getattr(literal, "ctx", "load") == "load":
                self._charges[id(literal)] = "result"
        for item in node.find_all(nodes.Getitem):
            if isinstance(item.arg, nodes.Slice):
                self._charges[id(item)] = "cut"
        for operand in node.find_all(nodes.Operand):
            self._charges[id(operand.expr)] = "read"
        for joined in node.find_all(nodes.Concat):
            self._charges.update((id(one), "shown") for one in joined.nodes)
        super().visit_Template(node, frame)

    def visit(self, node: nodes.Node, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - jinja2's signature
        """Generate the code of a node, inside a charge where it has one."""
        charge = getattr(self, "_charges", {}).get(id(node))
        if charge is None:
            return super().visit(node, *args, **named)
        self.write(f"environment.charges.{charge}(")
        super().visit(node, *args, **named)
        self.write(")")
        return None


def _count_rounds(part: _Repeated) -> None:
    """Charge for each round of a loop, and for each use of a macro or block, with the text that is written there."""
    text = sum(len(one.data) for one in part.find_all(nodes.TemplateData))
    count = nodes.Call(nodes.EnvironmentAttribute("charges.round"), [nodes.Const(text)], [], None, None)
    count.set_lineno(part.lineno)
    part.body.insert(0, nodes.ExprStmt(count, lineno=part.lineno))
    if isinstance(part, nodes.For) and part.test is not None:
        part.test = nodes.And(count, part.test, lineno=part.lineno)
