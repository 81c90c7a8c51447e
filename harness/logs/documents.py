"""Documents that a retriever found, as passages with ``id`` and ``text``: what the context of a case is made of."""

from harness.logs.fields import first, loose, words
from harness.logs.turns import text_of
from harness.records.record import Json

LISTS = (
    "documents",
    "retrieval.documents",
    "data",
    "results",
    "matches",
    "search_results",
    "context",
    "chunks",
    "nodes",
)
TEXTS = (
    *("document.content", "content", "text", "page_content", "pageContent", "chunk", "body", "document.text"),
    *("document", "node.text", "payload.text", "metadata.text", "kwargs.page_content", "snippet", "passage"),
)
IDS = ("document.id", "id", "doc_id", "document_id", "file_id", "metadata.id", "metadata.source", "source", "filename")


def documents_of(value: Json) -> list[Json]:
    """Return the passages in a list of documents, or in an object with such a list; numbered where they have no ids.

    >>> documents_of([{"page_content": "Open on Sundays.", "metadata": {"source": "hours.md"}}, "Closed in August."])
    [{'id': 'hours.md', 'text': 'Open on Sundays.'}, {'id': '2', 'text': 'Closed in August.'}]
    """
    value = loose(value)
    if isinstance(value, dict):
        inner = next((value[name] for name in LISTS if isinstance(loose(value.get(name)), list)), None)
        if inner is not None:
            return documents_of(inner)
        value = [value]
    if isinstance(value, str):
        value = [value]
    made: list[Json] = []
    for number, one in enumerate(value if isinstance(value, list) else [], start=1):
        text, name = _document(one)
        if text.strip():
            made.append({"id": _free(name or str(number), made), "text": text})
    return made


def _document(one: Json) -> tuple[str, str]:
    one = loose(one)
    if isinstance(one, str):
        return one, ""
    if not isinstance(one, dict):
        return "", ""
    inner = one.get("document")
    if isinstance(inner, dict) and not any(key.startswith("document.") for key in one):
        text, name = _document(inner)
        return text, name or words(first(one, *IDS))
    found = first(one, *TEXTS)
    return (found if isinstance(found, str) else text_of(found)), words(first(one, *IDS))


def _free(name: str, made: list[Json]) -> str:
    """Return a name that no passage has yet: several parts of one file have the same."""
    taken = {str(one["id"]).casefold() for one in made if isinstance(one, dict)}
    ways = (name, *(f"{name}#{number}" for number in range(2, len(made) + 3)))
    return next(one for one in ways if one.casefold() not in taken)


def together(one: list[Json], more: list[Json]) -> list[Json]:
    """Return passages with those of another search behind, each once and with a name of its own."""
    made = list(one)
    for passage in more:
        if isinstance(passage, dict) and passage not in made:
            made.append({**passage, "id": _free(words(passage.get("id")) or str(len(made) + 1), made)})
    return made
