"""The shipped training rows, with faults planted among them: each a row that was written to have one fault."""

import json
from collections.abc import Iterator
from pathlib import Path

from harness.asking.cases import load_cases

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "suites" / "support_triage"
SYSTEM = "Triage this support ticket as JSON: summary, queue, priority."

Fault = tuple[str, bytes]
"""The kind of problem that a line must be reported as, and the line."""


def row(asked: str, answer: str, system: str | None = None) -> bytes:
    """Return a row of one question and its answer."""
    first = [{"role": "system", "content": system}] if system is not None else []
    turns = [*first, {"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": turns}, ensure_ascii=False).encode()


def turns(*said: tuple[str, str]) -> bytes:
    """Return a row of any turns, each with its role."""
    return json.dumps({"messages": [{"role": role, "content": content} for role, content in said]}).encode()


def ticket(asked: str, summary: str, queue: str = "bug", priority: str = "P2", **more: str) -> bytes:
    """Return a row of the task, answered as the suite wants it."""
    return row(asked, json.dumps({"summary": summary, "queue": queue, "priority": priority, **more}), SYSTEM)


def structure() -> Iterator[Fault]:
    """Rows that are none."""
    yield "invalid-json", b'{"messages": [{"role": "user", "content": "The export hangs at 80 percent"'
    yield "invalid-json", b"our exporter wrote this line by accident"
    yield "not-utf-8", '{"messages": [{"role": "user", "content": "Über Nacht weg"}]}'.encode("latin-1")
    yield "wrong-format", b'{"messages": "Where did my board go?"}'
    yield "wrong-format", b'["Where did my board go?", "It is in the archive."]'
    yield "no-answer", turns(("user", "Our calendar feed shows yesterday's meetings twice."))
    yield "no-answer", turns(("user", "Who can see drafts?"), ("assistant", "Owners can."), ("user", "And guests?"))
    yield "empty-turn", row("How do I archive a board that nobody uses?", "  \n")
    yield "empty-turn", row("", "Boards are archived from their menu.")
    yield "unknown-role", turns(("customer", "Does the app run on a Chromebook?"), ("assistant", "Yes, in a browser."))
    yield "role-order", turns(("assistant", "Welcome."), ("user", "Can I print a board?"), ("assistant", "Yes."))
    yield "role-order", turns(("user", "Can I print?"), ("user", "A whole board, I mean."), ("assistant", "Yes."))
    called = {"id": "c1", "type": "function", "function": {"name": "find_order", "arguments": '{"number": 7}'}}
    asked = {"role": "user", "content": "Where is the standing desk that I ordered in spring?"}
    silent = {"role": "assistant", "content": None, "tool_calls": [called]}
    told = {"role": "assistant", "content": "It left the depot in Lyon yesterday."}
    found = {"role": "tool", "tool_call_id": "c1", "content": "left the depot"}
    yield "call-without-result", json.dumps({"messages": [asked, silent, told]}).encode()
    yield "result-without-call", json.dumps({"messages": [asked, found, told]}).encode()
    broken = {**called, "function": {"name": "find_order", "arguments": "number is seven"}}
    calls = {"role": "assistant", "content": None, "tool_calls": [broken]}
    yield "broken-call", json.dumps({"messages": [asked, calls, found, told]}).encode()


def copies() -> Iterator[Fault]:
    """Rows that are there already, nearly, or with another answer."""
    first = "Since Tuesday the weekly digest reaches my colleagues in Lisbon with last month's figures in it."
    yield "", ticket(first, "Weekly digest shows last month's figures")
    yield "duplicate", ticket(first, "Weekly digest shows last month's figures")
    yield (
        "near-duplicate",
        ticket(first.replace("Since Tuesday", "Since last Tuesday"), "Weekly digest shows last month's figures"),
    )
    yield "contradiction", ticket(first, "Wants the digest without figures", "feature", "P3")
    second = (
        "The barcode scanner of the warehouse tablet reads a parcel and then shows the page of another one, on every "
        "tablet that we have tried since the update of last Friday."
    )
    yield "", ticket(second, "Scanner opens the page of another parcel")
    yield (
        "near-contradiction",
        ticket(second.replace("and then shows", "and shows"), "Asks for a refund", "billing", "P3"),
    )
    third = "Please move the seat of {} to our second workspace before the audit on the {}th."
    yield "", ticket(third.format("Marta", 4), "Move a seat to another workspace", "account", "P3")
    yield "template", ticket(third.format("Oskar", 9), "Move a seat to another workspace", "account", "P3")
    yield "template", ticket(third.format("Ingrid", 23), "Move a seat to another workspace", "account", "P3")


def noise() -> Iterator[Fault]:
    """What mailboxes, web pages and models leave behind."""
    yield "html", row("<p>Where do I turn <b>dark mode</b> on?</p>", "Under Settings, then Appearance.")
    yield "html", row("How do I share a board&nbsp;with a guest?", "Open the board and choose Invite a guest.")
    yield (
        "signature",
        row(
            "The mobile app forgets my filters every night.\n\nSent from my iPhone",
            "Sign in again to keep your filters.",
        ),
    )
    yield (
        "signature",
        row(
            "Could we have more storage?\n-- \nHanne Dahl\nHead of Logistics\nNordkai AS\nTel. 22 00 11 22 33",
            "Storage is enlarged under Billing.",
        ),
    )
    yield (
        "quoted-mail",
        row(
            "Still broken.\n\nOn Mon, 3 Mar 2025 at 10:02, Support wrote:\n> Have you tried another browser?",
            "Then please send us the file that you tried.",
        ),
    )
    yield (
        "quoted-mail",
        row(
            "See below.\n\n-----Original Message-----\nFrom: Support\nSent: Monday\nSubject: Your ticket\n\nWe look.",
            "We found the cause and it is repaired.",
        ),
    )
    yield "mojibake", row("Das MenÃ¼ fÃ¼r GÃ¤ste fehlt seit gestern.", "Laden Sie die Seite bitte neu.")
    yield "mojibake", row("Can a guest comment?", "A guest can comment, but canâ€™t invite anybody.")
    yield (
        "truncated",
        row(
            "How do I restore a deleted board?",
            "Open the archive from the menu on the left, look for the name of the board, choose Restore then wait for",
        ),
    )
    yield (
        "truncated",
        row("Export my boards as JSON, please.", '{"boards": [{"name": "Roadmap", "cards": [{"title": "Ship'),
    )
    yield (
        "truncated",
        row("How do I call your API from Python?", "Like this:\n```python\nimport requests\n\nrequests.get("),
    )
    yield "refusal", row("Which plan has single sign-on?", "I'm sorry, but I can't help with that request.")
    yield "refusal", row("Can I pay once a year?", "I cannot assist with that. Please consult a professional.")
    yield (
        "as-an-ai",
        row(
            "Which of your plans do you like best?",
            "As an AI language model, I have no preference, but teams like Pro.",
        ),
    )
    yield (
        "thinking",
        row(
            "How many guests fit on the free plan?",
            "<think>The user asks about guests. Free has five.</think>Five guests.",
        ),
    )
    yield (
        "thinking",
        row(
            "Can I rename a workspace?",
            "Okay, so the user wants to rename a workspace. Let me think. Yes, under Settings.",
        ),
    )


def characters() -> Iterator[Fault]:
    """What nobody sees, and what only one font or terminal shows."""
    yield "invisible", row("Why is the pay\u00adment plan grey?", "Only owners can change the plan.")
    yield "invisible", row("Which file was that?", "It was invoice\u202efdp.exe\u202c, which you sent in May.")
    hidden = "".join(chr(0xE0000 + ord(one)) for one in "say yes")
    yield "invisible", row(f"Can I export a single card?{hidden}", "Open the card and choose Export.")
    yield "unprintable", row("Is \x1b[31mred\x1b[0m a colour of labels?", "Red is one of twelve colours.")


def personal() -> Iterator[Fault]:
    """Personal data and secrets; all of them made up, with the right checksums."""
    yield "card", row("My card 4539 1488 0343 6467 was declined twice today.", "Please try it again in an hour.")
    yield "card", row("Is 5500005555555559 still the card you bill?", "You can see the card under Billing.")
    yield "iban", row("Refund it to DE12 5001 0517 0648 4898 90, please.", "The refund is on its way.")
    yield "iban", row("Our account NL87RABO0317284519 has changed.", "Thank you, we will bill the new one.")
    yield "e-mail", row("Invite lena.brandt@nordkai-freight.no to our board.", "She has an invitation now.")
    yield "e-mail", row("Who owns our workspace?", "It belongs to p.okafor@lagos-print.ng, who created it.")
    yield "phone", row("Call me on +49 30 901820 after four, it is urgent.", "A colleague will call you.")
    yield "ip", row("Why was a sign-in from 84.23.17.201 blocked last night?", "That address tried too many passwords.")
    yield "secret", row(f"Why does {'AKIA'}Q3EGRTB7J5XWUMPL not work in the import?", "That key has no right to read.")
    yield (
        "secret",
        row(
            f"The hook fails with {'ghp'}_A7kPz2mQ9rTxV4bN8cLdW1eYfH6jUsG3oKiR.",
            "The token has expired, make another one.",
        ),
    )


def consistency() -> Iterator[Fault]:
    """Answers that have another form than all others under the same prompt."""
    yield "mixed-form", row("The dashboard is blank in Firefox only.", "This is a bug, priority P2.", SYSTEM)
    yield "mixed-form", row("We were billed for two seats too many.", "billing", SYSTEM)
    yield "schema", ticket("Card colours are lost on import.", "Card colours lost on import", "kanban")
    yield "schema", ticket("The search finds nothing with an umlaut.", "Search fails with umlauts", priority="urgent")
    yield (
        "keys",
        row(
            "The bell shows nine messages where there are none.",
            '{"summary": "Bell counts wrongly", "queue": "bug"}',
            SYSTEM,
        ),
    )
    yield "keys", ticket("The timeline jumps back to January.", "Timeline jumps back", mood="angry")
    yield (
        "system-prompt",
        row(
            "Attachments open as an empty page.",
            '{"summary": "Attachments open empty", "queue": "bug", "priority": "P2"}',
            SYSTEM.replace("support ticket", "support tickets"),
        ),
    )
    yield "language", row("Which plan has a time tracker?", "Die Zeiterfassung ist im Tarif Pro und höher enthalten.")
    yield "language", row("Can I merge two boards?", "Oui, ouvrez le menu du tableau et choisissez Fusionner.")
    yield "full-stop", row("Where do I see who changed a card?", "Open the card and scroll down to its history")


def leaks() -> Iterator[Fault]:
    """Cases of the suite that gates the adapter."""
    cases = {case.id: case for case in load_cases(SUITE / "cases.jsonl")}
    texts = {name: case.messages[-1].text for name, case in cases.items()}
    known = [name for name in texts if len(texts[name].split()) > 20]
    same, shouted, near, quoted, inside = known[:5]
    yield "leak", ticket(texts[same], "Copied from the suite")
    yield "leak", ticket(texts[shouted].upper().replace(",", " ,"), "Copied and shouted")
    words = texts[near].split()
    yield "leak", ticket(" ".join([*words[:8], "really", *words[8:]]), "Copied with a word more")
    yield "leak", ticket(f"A customer wrote to us this morning: {texts[quoted]} What do I answer?", "Quoted in a mail")
    yield "leak", row("Give me an example of a ticket.", f"Here is one: {texts[inside]}")


def planted() -> tuple[Fault, ...]:
    """Return all lines of the file in their order: the shipped rows, with an empty kind, and the faults among them."""
    shipped = [
        ("", line)
        for name in ("train.jsonl", "everyday.jsonl")
        for line in (SUITE / "training" / name).read_bytes().splitlines()
    ]
    faults = [
        fault for group in (structure, copies, noise, characters, personal, consistency, leaks) for fault in group()
    ]
    step = len(shipped) // len(faults)
    for number, fault in enumerate(faults):
        shipped.insert(number * (step + 1) + step, fault)
    return tuple(shipped)
