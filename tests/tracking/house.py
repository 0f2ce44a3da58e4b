"""A provider's API on loopback: it answers of parcels as each house does, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.tracking.payloads import PAYLOADS, Step

UNKNOWN = (404, {"error": "no such tracker"})


class Asked:
    """A request, taken apart."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        url = urlsplit(handler.path)
        self.method, self.path, self.headers = handler.command, url.path, dict(handler.headers)
        self.query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.body = json.loads(handler.rfile.read(length) or b"null")


class ProviderApi:
    """Knows ways of parcels. `trouble`: answers (status, body, headers) that come before all others."""

    def __init__(self, provider: str) -> None:
        self.provider, self.ways = provider, dict[str, Sequence[Step]]()
        self.asked: list[Asked] = []
        self.trouble: list[tuple[int, Any, dict[str, str]]] = []
        self.before: Callable[[], object] = lambda: None
        self.of_others: list[dict[str, Any]] = []
        self.is_registered = True

    def answer(self, asked: Asked) -> tuple[int, Any, dict[str, str]]:
        self.asked.append(asked)
        self.before()
        if self.trouble:
            return self.trouble.pop(0)
        status, body = getattr(self, f"_{self.provider.removeprefix('17')}")(asked)
        return status, body, {}

    def of(self, number: str) -> dict[str, Any]:
        """Return the parcel as the provider's hook would hold it."""
        whole = PAYLOADS[self.provider](number, self.ways[number])
        return dict(whole.get("result") or whole.get("msg") or whole.get("data"))

    def _one(self, asked: Asked, prefix: str, name: str) -> str:
        """Return the number that is asked of, by the provider's own name or by a query."""
        last = asked.path.rsplit("/", 1)[1]
        return asked.query.get(name) or (last.removeprefix(prefix) if last.startswith(prefix) else "")

    def _easypost(self, asked: Asked) -> tuple[int, Any]:
        number = self._one(asked, "trk_", "tracking_code")
        if asked.query:
            return 200, {"trackers": [self.of(number)] if number in self.ways else [], "has_more": False}
        return (200, self.of(number)) if number in self.ways else UNKNOWN

    def _aftership(self, asked: Asked) -> tuple[int, Any]:
        number = self._one(asked, "as_", "tracking_numbers")
        found = self.of(number) if number in self.ways else None
        if asked.query:
            return 200, {"meta": {"code": 200}, "data": {"trackings": [found] if found else []}}
        return (200, {"meta": {"code": 200}, "data": found}) if found else UNKNOWN

    def _karrio(self, asked: Asked) -> tuple[int, Any]:
        number = self._one(asked, "trk_", "tracking_number")
        if asked.query:
            return 200, {"count": 1, "results": [self.of(number)] if number in self.ways else []}
        return (200, self.of(number)) if number in self.ways else UNKNOWN

    def _track(self, asked: Asked) -> tuple[int, Any]:
        numbers, keys = (
            [each["number"] for each in asked.body],
            {each["number"]: each.get("carrier") for each in asked.body},
        )
        if not asked.path.endswith("gettrackinfo"):
            return 200, {"code": 0, "data": {"accepted": asked.body, "rejected": []}}
        rejected = [{"number": each, "error": {"code": -18019902}} for each in numbers if each not in self.ways]
        accepted = [self.of(each) for each in numbers if each in self.ways]
        accepted += [each for each in self.of_others if keys.get(each["number"]) in {None, each["carrier"]}]
        return 200, {"code": 0, "data": {"accepted": accepted, "rejected": rejected}}


@contextmanager
def serving(api: ProviderApi) -> Iterator[str]:
    """Serve it, and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            status, body, headers = api.answer(Asked(self))
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(raw))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
