"""AfterShip, as the demo's carrier uses it: what it writes of a parcel, how it signs, and its API on loopback.

Its webhooks may get lost; whoever asks is told the truth.
"""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from config.demo.road import Checkpoint
from tracking.models import CarrierEvent, Snapshot

PROVIDER, OURS = "aftership", "as_"
LOOPBACK = "127.0.0.1"
TRACKINGS = "/tracking/2024-10/trackings"
Book = Callable[[str], Sequence[Checkpoint]]
"""Number → all that has befallen the parcel."""


def tracking(carrier: str, number: str, scans: Sequence[Checkpoint]) -> dict[str, Any]:
    """Return the parcel as it stood after these scans."""
    last = scans[-1]
    return {
        "id": f"{OURS}{number}",
        "tracking_number": number,
        "slug": carrier,
        "tag": last["tag"],
        "subtag": last["subtag"],
        "updated_at": last["checkpoint_time"],
        "checkpoints": list(scans),
    }


def event(it: dict[str, Any]) -> dict[str, Any]:
    """Return the webhook that tells of it; the same picture has the same name."""
    return {
        "event": "tracking_update",
        "event_id": f"{it['id']}-{len(it['checkpoints'])}",
        "ts": int(datetime.fromisoformat(it["updated_at"]).timestamp()),
        "msg": it,
    }


def signed(body: bytes, secret: str) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"Content-Type": "application/json", "aftership-hmac-sha256": base64.b64encode(mac).decode()}


def heard_of(parcel: int) -> list[Checkpoint]:
    """Return the scans of a parcel that the house knows of a former day, as they were told."""
    snapshots = Snapshot.objects.filter(tracker__parcel=parcel, provider=PROVIDER)
    scans = [list(each.scans.all()) for each in snapshots.prefetch_related("scans")]
    return [_retold(scan) for scan in max(scans, key=len, default=[]) if scan.at]


def _retold(scan: CarrierEvent) -> Checkpoint:
    return {
        "checkpoint_time": scan.at.isoformat() if scan.at else "",
        "tag": scan.raw_status,
        "subtag": scan.raw_detail,
        "message": scan.message,
        "city": scan.city,
        "zip": scan.postal_code,
        "country_region": scan.country,
    }


def port_of_api() -> int | None:
    """Return where the house asks AfterShip, if that is on this machine: the real one is left alone."""
    url = urlsplit(settings.PROVIDER_URLS[PROVIDER])
    return url.port if url.hostname == LOOPBACK else None


@contextmanager
def answering(port: int, key: str, carrier: str, book: Book) -> Iterator[None]:
    """Answer whoever asks with this key."""

    class Api(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            is_known = hmac.compare_digest(self.headers.get("as-api-key", ""), key)
            status, data = _answer(urlsplit(self.path), carrier, book) if is_known else (401, {})
            raw = json.dumps({"meta": {"code": status}, "data": data}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, port), Api)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(url: Any, carrier: str, book: Book) -> tuple[int, dict[str, Any]]:
    """Answer of one tracking by its id, or of those with a number."""
    asked = parse_qs(url.query).get("tracking_numbers", [])
    number = asked[0] if asked else url.path.removeprefix(f"{TRACKINGS}/{OURS}")
    scans = book(number)
    found = tracking(carrier, number, scans) if scans else {}
    if asked:
        return 200, {"trackings": [found] if found else []}
    return (200, found) if found else (404, {})
