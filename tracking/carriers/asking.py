"""How each provider that can be asked is asked of parcels, and what its answers hold. Pure: no line, no clock.

Each parcel of an answer is put into the envelope that the provider's hook has, so that one adapter reads both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tracking.carriers.payload import moment, part

Envelope = dict[str, Any]


class Wanted(NamedTuple):
    """A parcel of which we ask: its number, the provider's own name for it, and for its carrier, where we have heard
    those.
    """

    number: str
    tracker_id: str = ""
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. The key stands in a header, never in the address.

    `is_of_one`: its path names one parcel as the provider does, so that there may be nothing there.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    auth: tuple[str, str] | None = None
    is_of_one: bool = False


class Way(NamedTuple):
    """How a provider is asked: of how many parcels at once, with how many seconds between two requests.

    `is_by_carrier`: a number is one of a carrier there. `watch_again` and `register` are requests that make it watch
    numbers: those it stopped to watch, and those it does not know.
    """

    request: Callable[[str, Sequence[Wanted]], Request]
    read: Callable[[Any], Sequence[Envelope]]
    gap_seconds: float
    most: int = 1
    is_by_carrier: bool = False
    watch_again: Callable[[str, Sequence[Wanted]], Request] | None = None
    register: Callable[[str, Sequence[Wanted]], Request] | None = None


def _easypost(key: str, wanted: Sequence[Wanted]) -> Request:
    one = wanted[0]
    if one.tracker_id:
        return Request("GET", f"/v2/trackers/{one.tracker_id}", {}, auth=(key, ""), is_of_one=True)
    return Request("GET", "/v2/trackers", {}, {"tracking_code": one.number}, auth=(key, ""))


def _read_easypost(answer: Any) -> list[Envelope]:
    return [
        {"description": "tracker.updated", "created_at": each.get("updated_at"), "result": each}
        for each in _list_in(answer, "trackers")
    ]


def _aftership(key: str, wanted: Sequence[Wanted]) -> Request:
    one, path = wanted[0], "/tracking/2024-10/trackings"
    if one.tracker_id:
        return Request("GET", f"{path}/{one.tracker_id}", {"as-api-key": key}, is_of_one=True)
    return Request("GET", path, {"as-api-key": key}, {"tracking_numbers": one.number})


def _read_aftership(answer: Any) -> list[Envelope]:
    data = part(part(answer).get("data"))
    found = _list_in(data.get("tracking") or data, "trackings")
    return [{"event": "tracking_update", "ts": _unix(each.get("updated_at")), "msg": each} for each in found]


def _karrio(key: str, wanted: Sequence[Wanted]) -> Request:
    one = wanted[0]
    headers = {"Authorization": f"Token {key}"}
    if one.tracker_id:
        return Request("GET", f"/v1/trackers/{one.tracker_id}", headers, is_of_one=True)
    return Request("GET", "/v1/trackers", headers, {"tracking_number": one.number})


def _read_karrio(answer: Any) -> list[Envelope]:
    return [{"event": "tracker_updated", "data": each} for each in _list_in(answer, "results")]


def _seventeentrack(path: str) -> Callable[[str, Sequence[Wanted]], Request]:
    def request(key: str, wanted: Sequence[Wanted]) -> Request:
        return Request("POST", f"/track/v2.2/{path}", {"17token": key}, body=[_named(each) for each in wanted])

    return request


def _named(one: Wanted) -> dict[str, Any]:
    """Name a number, with the key of its carrier: two carriers may use the same."""
    key = one.carrier
    return {"number": one.number} | ({"carrier": int(key)} if key.isascii() and key.isdigit() else {})


def _read_seventeentrack(answer: Any) -> list[Envelope]:
    """Read what is accepted; what is rejected (not registered, no carrier found) is a number that it does not know."""
    accepted = part(part(answer).get("data")).get("accepted")
    return [
        {"event": "TRACKING_UPDATED", "data": each}
        for each in (accepted if isinstance(accepted, list) else [])
        if part(each).get("track_info")
    ]


def _list_in(answer: Any, name: str) -> list[Mapping[str, Any]]:
    """Return the objects of a list; an object without that list is one itself, if it names a parcel."""
    given = part(answer)
    found = given.get(name)
    if isinstance(found, list):
        return [each for each in found if isinstance(each, dict)]
    return [given] if given.get("id") else []


def _unix(value: Any) -> int | None:
    found = moment(value)
    return int(found.timestamp()) if found else None


WAYS: Mapping[str, Way] = {
    "easypost": Way(_easypost, _read_easypost, gap_seconds=0.25),
    "aftership": Way(_aftership, _read_aftership, gap_seconds=0.15),  # ten a second
    "karrio": Way(_karrio, _read_karrio, gap_seconds=0.1),  # our own house, or a neighbour's
    "17track": Way(
        _seventeentrack("gettrackinfo"),
        _read_seventeentrack,
        gap_seconds=0.4,  # three a second
        most=40,
        is_by_carrier=True,
        watch_again=_seventeentrack("retrack"),
        register=_seventeentrack("register"),
    ),
}
"""By the provider of the endpoint; of the others we can only hear."""
