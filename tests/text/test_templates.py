"""Templates that others wrote end, and show what jinja2 would show."""

import pytest
from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from harness.text import charges
from harness.text.charges import TooMuchWork
from harness.text.templates import LONGEST_TEMPLATE, BoundedEnvironment, charged, compiled, render

OPTIONS = {"trim_blocks": True, "lstrip_blocks": True, "extensions": ["jinja2.ext.loopcontrols"]}
TURNS = [{"role": role, "content": f"{role} says <b>hello</b>\n"} for role in ("system", "user", "assistant", "user")]


def rendered(text: str) -> str:
    """Return a template filled with a chat, within the limit."""
    return render(compiled(charged(BoundedEnvironment(**OPTIONS)), text), {"messages": TURNS, "eos": "</s>"})


@pytest.mark.parametrize(
    "text",
    [
        "{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}{{ eos }}\n{% endfor %}",
        "{% for m in messages if m.role != 'user' %}{{ loop.index0 }}/{{ loop.length }}{{ m.content[:4] }}{% endfor %}",
        "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ loop.previtem.role }}{% endfor %}",
        "{% for m in messages[1:] %}{{ m.role ~ ': ' ~ loop.last }}{% else %}none{% endfor %}",
        "{% for m in [] %}x{% else %}none{% endfor %}",
        (
            "{% macro turn(m, end='.') %}{{ m.role + end }}{{ caller() }}{% endmacro %}"
            "{% call turn(messages[0], end='!') %}body{% endcall %}"
        ),
        "{% set s = namespace(n=0) %}{% for m in messages %}{% set s.n = s.n + 2 ** 3 %}{% endfor %}{{ s.n }}",
        "{% set x %}a{{ messages | length }}b{% endset %}{{ x | upper }}{% filter lower %}ABC{% endfilter %}",
        "{% for x in [1, [2, [3]]] recursive %}{{ loop(x) if x is iterable else x }}{% endfor %}",
        "{{ messages | map(attribute='role') | unique | join(', ') }}",
        "{{ messages | selectattr('role', 'eq', 'user') | list | length }}",
        "{{ messages | tojson(indent=2) }} {{ {'a': [1, (2, 3)]} }} {{ messages[0].items() | list }}",
        "{{ '%s is %05.2f' % ('x', 3.14159) }} {{ '{:>8}|{}'.format('a', 2) }} {{ '%d' | format(7) }}",
        "{{ 'a-b-c'.split('-') }} {{ 'a-b'.rsplit('-', 1)[-1] }} {{ ' '.join(['x']) }} {{ 'ab'.replace('a', 'c') }}",
        "{{ 'x' * 3 }} {{ [0] * 2 + [1] }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 1 / 4 }} {{ 2 - 5 }} {{ 'z' | center(7) }}",
        "{{ 'em' in messages[0].role }} {{ 'role' in messages[0] }} {{ 1 < 2 < 3 }} {{ none is defined }}|{{ no }}|",
        "{{ range(3) | list }} {{ dict(a=1).a }} {{ [3, 1, 2] | sort | first }} {{ [1, 2, 3] | batch(2, 0) | list }}",
        "{% block one %}{{ eos | e }}{% endblock %}{{ self.one() }}{{ 2.5 | round(1) }}{{ 'a\nb' | indent }}{{ none }}",
        "{% set a, b = (1, 2) %}{% with c = a %}{{ c ~ b }}{% endwith %}{{ messages | map('length') | sum }}",
        "{% set u = messages | map(attribute='role') %}{{ u | first }}{{ u | first }}{{ u | list }}",
    ],
)
def test_what_chats_need_is_shown_as_jinja2_shows_it(text):
    """Letter by letter."""
    plain = ImmutableSandboxedEnvironment(**OPTIONS).from_string(text)

    assert rendered(text) == plain.render(messages=TURNS, eos="</s>")


def test_a_long_chat_is_far_from_the_limit(monkeypatch):
    """A thousand turns, and a megabyte of text, in a template that looks at much."""
    turns = [{"role": ("user", "assistant")[n % 2], "content": "word " * 200} for n in range(1000)]
    text = (
        "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ fail }}{% endif %}"
        "{% set c = m.content.split('</think>')[-1].lstrip('\n') %}"
        "{% if m.content is string and '<tool>' not in c %}{{ '<|' + m.role + '|>\n' + c | trim + eos }}{% endif %}"
        "{% endfor %}"
    )
    monkeypatch.setattr(charges, "WORK", charges.WORK // 2)
    shown = render(compiled(charged(BoundedEnvironment()), text), {"messages": turns, "eos": "</s>"})

    assert len(shown) > 1_000_000


DOUBLING = 40
TWO_LONG = "{% set a, b = 'x' * 10**5, 'x' * 10**5 %}"
ENDLESS = {
    "loops": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "loops that skip": "{% for i in range(99999) if false %}{% endfor %}" * 40,
    "loops of text": "{% for i in range(4999) %}" + "x" * 10_000 + "{% endfor %}",
    "recursive loop": "{% for x in [[[1] * 60] * 60] * 60 recursive %}{{ loop(x) if x is iterable }}{% endfor %}",
    "macros": "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}",
    "callers": "{% macro f() %}{{ caller() }}{% endmacro %}{% for i in range(9999) %}"
    + "{% call f() %}" * 5
    + "x" * 9999
    + "{% endcall %}" * 5
    + "{% endfor %}",
    "times": "{{ 'a' * 10**12 }}",
    "times, in two steps": "{{ ('a' * 10**5) * 10**5 }}",
    "times, a list": "{{ [1] * 10**12 }}",
    "plus": "{% set a = 'x' * 999 %}" + "{% set a = a + a %}" * DOUBLING,
    "joined": "{% set a = 'x' * 999 %}" + "{% set a = a ~ a %}" * DOUBLING,
    "captured": "{% set a = 'x' * 999 %}" + "{% set a %}{{ a }}{{ a }}{% endset %}" * DOUBLING,
    "lists": "{% set a = [1] %}" + "{% set a = [a, a] %}" * DOUBLING,
    "tuples": "{% set a = (1, 1) %}" + "{% set a = (a, a) %}" * DOUBLING,
    "objects": "{% set a = {} %}" + "{% set a = {1: a, 2: a} %}" * DOUBLING,
    "called objects": "{% set a = {} %}" + "{% set a = dict(x=a, y=a) %}" * DOUBLING,
    "namespaces": "{% set a = namespace() %}" + "{% set a = namespace(x=a, y=a) %}" * DOUBLING + "{{ a }}",
    "namespace in itself": "{% set a = namespace() %}{% set a.a = a %}{{ a }}",
    "power": "{{ 9 ** (9 ** 9) }}",
    "factors": "{% set a = 3 ** 5000 %}" + "{% set a = a * a %}" * DOUBLING,
    "round": "{{ 1.5 | round(10**12, 'ceil') }}",
    "center": "{{ 'a' | center(10**12) }}",
    "ljust": "{{ 'a'.ljust(10**12) }}",
    "zfill": "{{ 'a'.zfill(10**12) }}",
    "expandtabs": "{{ '\t'.expandtabs(10**12) }}",
    "expandtabs by name": "{{ '\t'.expandtabs(tabsize=10**12) }}",
    "percent": "{{ '%1000000000000d' % 1 }}",
    "percent from a value": "{{ '%*d' % (10**12, 1) }}",
    "format filter": "{{ '%1000000000000d' | format(1) }}",
    "format": "{{ '{:1000000000000}'.format(1) }}",
    "format from a value": "{{ '{:{}}'.format(1, 10**12) }}",
    "format again and again": "{% set a = 'x' * 99999 %}{{ ('{0}' * 9999).format(a) }}",
    "replace": "{{ ('a' * 10**5).replace('a', 'b' * 10**5) }}",
    "replace filter": "{{ ('a' * 10**5) | replace('a', 'b' * 10**5) }}",
    "join filter": "{{ range(9999) | join('x' * 10**5) }}",
    "join filter, lazily": "{{ range(9999) | map('string') | join('x' * 10**5) }}",
    "join": "{{ ('x' * 10**5).join(range(9999) | map('string')) }}",
    "batch": "{{ [1] | batch(10**12, 'x') | list }}",
    "slice": "{{ [1] | slice(10**12) | list }}",
    "indent": "{{ 'a\nb' | indent(10**12) }}",
    "tojson": "{{ [[1]] | tojson }}{{ (['x' * 10**5] * 9999) | tojson | length }}",
    "as text": "{{ (['x' * 10**5] * 9999) | string | length }}",
    "striptags": "{{ ('<!--' * 25000) | striptags }}",
    "rfind": "{{ ('a' * 10**5).rfind('b' + 'a' * 50000) }}",
    "translate": "{{ 'x'.translate({120: 'y' * 10**5}) }}",
    "to_bytes": "{{ (1).to_bytes(10**12, 'big') }}",
    "compared": TWO_LONG + "{% for i in range(4999) %}{% if a == b %}{% endif %}{% endfor %}",
    "looked for": "{% set a = 'x' * 10**5 %}{% for i in range(4999) %}{% if 'y' in a %}{% endif %}{% endfor %}",
    "tested": TWO_LONG + "{% for i in range(4999) %}{% if a is eq(b) %}{% endif %}{% endfor %}",
    "sliced": "{% set a = 'x' * 10**5 %}{% for i in range(4999) %}{% set b = a[1:] %}{% endfor %}",
    "mapped": "{{ ([range(9999)] * 9999) | map('list') | map('length') | sum }}",
    "arguments": "{% for i in range(9999) %}{% set c = cycler(*range(9999)) %}{% endfor %}",
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_what_no_chat_needs_is_refused_before_it_takes_time_or_memory(monkeypatch, text):
    """With a tenth of the limit, so that the tests are quick; the outcome is the same on every machine."""
    monkeypatch.setattr(charges, "WORK", charges.WORK // 10)

    with pytest.raises(TooMuchWork):
        rendered(text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ 'a' + 1 }}", "TypeError"),
        ("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "RecursionError"),
        ("{{ " + "(" * 900 + "1" + ")" * 900 + " }}", "RecursionError"),
        ("{% if 1 %}" * 150 + "{% endif %}" * 150, "too many"),
        ("{% include 'other' %}", "no loader"),
        ("{{ range(10**9) }}", "Range too big"),
        ("{{ lipsum(10**9) }}", "'lipsum' is undefined"),
        ("{{ messages.append(1) }}", "unsafe"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% for", "unexpected"),
        ("x" * (LONGEST_TEMPLATE + 1), "200,001 characters"),
    ],
)
def test_whatever_a_template_raises_is_an_error_of_the_template(text, told):
    """Of one kind, for one `except`."""
    with pytest.raises(TemplateError, match=told):
        rendered(text)


def test_each_rendering_starts_anew(monkeypatch):
    """What one rendering spent is not taken from the next one."""
    template = compiled(charged(BoundedEnvironment()), "{% for i in range(100) %}{{ n }}{% endfor %}")
    monkeypatch.setattr(charges, "WORK", 200_000)

    assert {len(render(template, {"n": n})) for n in range(9)} == {100}


def test_a_template_without_a_limit_is_not_rendered():
    """Nobody gets by with another environment by mistake."""
    with pytest.raises(TypeError, match="without a limit"):
        render(ImmutableSandboxedEnvironment().from_string("x"), {})
