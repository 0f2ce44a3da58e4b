"""`POST /carrier-events`: what a carrier says of parcels, told by somebody who has a key."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Body, Router
from pydantic import BaseModel, ConfigDict, Field

from orders.api.answers import answer
from orders.api.auth import ApiRequest, actor, requires
from orders.idempotency import once
from tracking.carriers.generic import MAX_ITEMS
from tracking.services import take_carrier_events

router = Router(tags=["Tracking"])

EXAMPLE = {
    "carrier": "dhl",
    "tracking_number": "JD014600006281230704",
    "code": "OUT_FOR_DELIVERY",
    "occurred_at": "2026-11-25T08:12:00+01:00",
    "message": "On the delivery vehicle",
    "location": {"city": "Leipzig", "postal_code": "04103", "country": "DE"},
}
Events = Annotated[
    dict[str, Any] | Annotated[list[Any], Field(max_length=MAX_ITEMS)], Field(json_schema_extra={"example": EXAMPLE})
]


class ResultOut(BaseModel):
    """What became of an event: accepted, duplicate, invalid; or unmatched, then it waits 30 days for its parcel."""

    model_config = ConfigDict(from_attributes=True)

    result: str
    path: str = ""
    reason: str = ""


class ResultsOut(BaseModel):
    """One result for each event, in the order in which they came."""

    results: list[ResultOut]


@router.post("/carrier-events", auth=requires("carrier-events:write"), response=ResultsOut)
@once
def report(request: ApiRequest, events: Body[Events]) -> HttpResponse:
    """Take one event or a list of up to 500, of parcels of the key's channel; one that is wrong refuses no other."""
    items = events if isinstance(events, list) else [events]
    taken = take_carrier_events(items, by=actor(request), channel=request.auth.channel)
    return answer(ResultsOut(results=[ResultOut.model_validate(each) for each in taken]))
