"""The shop as its own systems reach it: over HTTP, again and again until it answers."""

import json
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx

from config.demo.shop import WAREHOUSE, articles

PATIENCE_SECONDS = 60
RETRY_SECONDS = 0.5
TIMEOUT_SECONDS = 15
IN_FLIGHT = "idempotency_key_in_flight"


class Rejected(Exception):
    """The answer is a no, and will be one again. `code` is the problem's."""

    def __init__(self, response: httpx.Response) -> None:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        self.code = problem.get("code", "")
        super().__init__(f"{response.request.url.path}: {response.status_code} {problem.get('detail', '')}")


class Busy(Rejected):
    """Not now: the same will be taken later."""


class Line:
    """A line to the server. Whatever is sent may be sent again: it happens once."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)

    def send(self, method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str]) -> httpx.Response:
        """Send until there is an answer that is no trouble of the server's. Raises Rejected, httpx.HTTPError."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._send_once(method, path, body, headers)
            except (httpx.HTTPError, Busy):
                if time.monotonic() > deadline:
                    raise
                time.sleep(RETRY_SECONDS)

    def _send_once(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        response = self._http.request(method, path, content=body, headers=dict(headers))
        if response.is_server_error:
            raise Busy(response)
        if response.is_error:
            rejected = Rejected(response)
            raise Busy(response) if rejected.code == IN_FLIGHT else rejected
        return response


class Api:
    """The calls of the API that a shop's own systems make, each with the key of its channel."""

    def __init__(self, line: Line, keys: Mapping[str, str]) -> None:
        self._line, self._keys = line, keys
        self._any = next(iter(keys))

    def place(self, channel: str, order: Mapping[str, Any]) -> dict[str, Any]:
        return self._post(channel, "/orders", order, key=f"place {order['external_id']}")

    def change(self, channel: str, number: str, verb: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Cancel, hold or release."""
        return self._post(channel, f"/orders/{number}/{verb}", body)

    def announce_return(self, channel: str, number: str, reason: str, lines: Mapping[int, int]) -> str:
        """Announce that so many units of these lines come back; return the number of the return."""
        back = [{"line": line, "quantity": units} for line, units in lines.items()]
        answer = self._post(channel, "/returns", {"order": number, "reason": reason, "lines": back})
        return str(answer["number"])

    def free(self) -> Counter[str]:
        """Return SKU → units that can still be promised."""
        found: Counter[str] = Counter()
        path: str | None = f"/api/v1/stock?warehouse={WAREHOUSE}&limit=100"
        while path:
            page = self._line.send("GET", path, headers=self._headers(self._any)).json()
            found.update({each["sku"]: each["free"] for each in page["items"]})
            path = page["next"]
        return found

    def receive(self, units: Mapping[str, int], reference: str) -> None:
        """Book a delivery to the warehouse."""
        bins = {each.sku: each.bin for each in articles()}
        places = {sku: {"bin": bins[sku]} if sku in bins else {} for sku in units}
        lines = [{"sku": sku, "quantity": count, **places[sku]} for sku, count in units.items()]
        body = {"warehouse": WAREHOUSE, "reference": reference, "lines": lines}
        self._post(self._any, "/stock/receipts", body)

    def _post(self, channel: str, path: str, body: Mapping[str, Any], key: str = "") -> dict[str, Any]:
        headers = self._headers(channel) | {"Idempotency-Key": key or str(uuid4())}
        answer = self._line.send("POST", f"/api/v1{path}", body=json.dumps(body).encode(), headers=headers)
        found: dict[str, Any] = answer.json()
        return found

    def _headers(self, channel: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._keys[channel]}", "Content-Type": "application/json"}
