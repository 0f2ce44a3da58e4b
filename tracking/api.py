"""`POST /carrier-events`: what a carrier says of parcels, told by somebody who has a key."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Body, Router, Schema
from pydantic import Field

from orders.models import Actor
from tracking.carriers.generic import MAX_ITEMS
from tracking.services import take_carrier_events

SCOPE = "carrier-events:write"

router = Router(tags=["Tracking"])

Events = dict[str, Any] | Annotated[list[Any], Field(max_length=MAX_ITEMS)]
EXAMPLE = {
    "carrier": "dhl",
    "tracking_number": "JD014600006281230704",
    "code": "OUT_FOR_DELIVERY",
    "occurred_at": "2026-11-25T08:12:00+01:00",
    "message": "On the delivery vehicle",
    "location": {"city": "Leipzig", "postal_code": "04103", "country": "DE"},
}


class ResultOut(Schema):
    """What became of an event. `unmatched` is kept for 30 days, until its parcel appears."""

    result: str
    path: str = ""
    reason: str = ""


class ResultsOut(Schema):
    """One result for each event, in the order in which they came."""

    results: list[ResultOut]


@router.post("/carrier-events", response=ResultsOut)
def report(request: HttpRequest, events: Body[Events]) -> Any:
    """Take one event or a list of up to 500; one that is wrong does not refuse the others."""
    items = events if isinstance(events, list) else [events]
    taken = take_carrier_events(items, by=Actor.of("key", request.auth))  # type: ignore[attr-defined]  # the ApiKey
    return {"results": taken}
