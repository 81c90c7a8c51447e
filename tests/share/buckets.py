"""A small object store for tests: the calls of the S3 protocol, which Google's XML API shares, that sharing makes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from tests.loopback import listening

Answer = tuple[int, dict[str, str], bytes]
DATED = "2026-11-27T12:00:00.000Z"
PAGE = 3
"""Names in one answer of a list: few, so that lists have several pages."""


@dataclass
class Buckets:
    """What is there by ``/bucket/name``, and what was asked. ``refuses`` is the status of every answer, if set."""

    host: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    refuses: int = 0
    _parts: dict[str, dict[int, bytes]] = field(default_factory=dict)

    def answer(self, method: str, address: str, headers: dict[str, str], content: bytes) -> Answer:
        """Do what was asked, and return status, headers and the answer."""
        parts = urlsplit(address)
        path, query = unquote(parts.path), parse_qs(parts.query, keep_blank_values=True)
        self.asked.append(f"{method} {path}")
        self.signed.append(headers.get("authorization", ""))
        if self.refuses:
            return self.refuses, {}, b"<Error><Code>Refused</Code><Message>not you: wJalr9XUtnFEMI</Message></Error>"
        if "list-type" in query:
            return 200, {}, self._listed(path.strip("/"), query).encode()
        return (
            self._written(method, path, query, content)
            if method in {"PUT", "POST"}
            else self._read(method, path, headers)
        )

    def _written(self, method: str, path: str, query: dict[str, list[str]], content: bytes) -> Answer:
        """Keep an object, or a part of one."""
        if "uploads" in query:
            self._parts[path] = {}
            return 200, {}, _xml("InitiateMultipartUploadResult", "<UploadId>one</UploadId>").encode()
        if method == "POST":
            kept = self._parts.pop(path)
            self.objects[path] = b"".join(kept[number] for number in sorted(kept))
            tag = f"<ETag>{_tag(self.objects[path])}</ETag>"
            return 200, {}, _xml("CompleteMultipartUploadResult", tag).encode()
        if "partNumber" in query:
            self._parts[path][int(query["partNumber"][0])] = content
        else:
            self.objects[path] = content
        return 200, {"ETag": _tag(content)}, b""

    def _read(self, method: str, path: str, headers: dict[str, str]) -> Answer:
        """Give an object, or a range of it, or delete it."""
        found = self.objects.get(path)
        if found is None:
            return 404, {}, b"<Error><Code>NoSuchKey</Code><Message>no such key</Message></Error>"
        if method == "DELETE":
            del self.objects[path]
            return 204, {}, b""
        about = {"ETag": _tag(found), "Last-Modified": "Fri, 27 Nov 2026 12:00:00 GMT"}
        if wanted := headers.get("range"):
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            cut = found[int(first) : int(last) + 1 if last else None]
            shown = f"bytes {first}-{int(first) + len(cut) - 1}/{len(found)}"
            return 206, {**about, "Content-Range": shown}, cut
        return 200, about, found

    def _listed(self, bucket: str, query: dict[str, list[str]]) -> str:
        prefix, delimiter = query.get("prefix", [""])[0], query.get("delimiter", [""])[0]
        start = query.get("continuation-token", query.get("start-after", [""]))[0]
        names, folders = [], set()
        for path in sorted(self.objects):
            name = path.removeprefix(f"/{bucket}/")
            if name == path or not name.startswith(prefix) or name <= start:
                continue
            inside, found, _ = name.removeprefix(prefix).partition(delimiter) if delimiter else (name, "", "")
            if found:
                folders.add(f"{prefix}{inside}/")
            else:
                names.append(name)
        more, names = len(names) > PAGE, names[:PAGE]
        shown = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{DATED}</LastModified>"
            f"<ETag>{_tag(self.objects[f'/{bucket}/{name}'])}</ETag>"
            f"<Size>{len(self.objects[f'/{bucket}/{name}'])}</Size></Contents>"
            for name in names
        )
        shown += "".join(f"<CommonPrefixes><Prefix>{escape(one)}</Prefix></CommonPrefixes>" for one in sorted(folders))
        shown += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        shown += f"<NextContinuationToken>{escape(names[-1])}</NextContinuationToken>" if more else ""
        return _xml("ListBucketResult", f"<Name>{bucket}</Name><KeyCount>{len(names)}</KeyCount>{shown}")


@contextmanager
def object_store() -> Iterator[Buckets]:
    """Serve an empty object store until the end of the block."""
    buckets = Buckets()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, given, body = buckets.answer(self.command, self.path, headers, content)
            self.send_response(status)
            for name, value in {**given, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _do  # noqa: N815 - names of the standard library

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with listening(Handler) as host:
        buckets.host = host
        yield buckets


def _tag(content: bytes) -> str:
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _xml(name: str, inner: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</{name}>'
