"""What comes back to the shop, announced by its customer or brought by its carrier: what it is, and how far."""

from dataclasses import dataclass

from fulfillment.models import Return
from tracking.models.tracker import Status as Whereabouts
from tracking.timeline.dates import day
from tracking.timeline.journey import Back, Box, Journey
from tracking.timeline.words import RETURNS, say

Status = Return.Status
LOOKED_AT = (Status.INSPECTED, Status.CLOSED)


@dataclass(frozen=True, slots=True)
class ReturnCard:
    """A return: what comes or came back, and who does what next."""

    title: str
    status: str
    word: str
    contents: list[str]
    says: str


def returns_of(journey: Journey) -> list[ReturnCard]:
    total = len(journey.returns)
    return [
        _card(journey, back, f"Return {place} of {total}" if total > 1 else "Return")
        for place, back in enumerate(journey.returns, start=1)
    ]


def _card(journey: Journey, back: Back, title: str) -> ReturnCard:
    """List what was announced until somebody has looked at what came: while it is counted, nothing is sure."""
    asked, came = day(back.of.requested_at), day(back.of.received_at) if back.of.received_at else ""
    box = next((each for each in journey.boxes if each.parcel.pk == back.of.parcel_id), None)
    look, word, sentence = RETURNS[_stage(back, box)]
    contents = back.came if back.of.status in LOOKED_AT else back.announced
    ask = f" Questions? {journey.write}." if back.of.status == Status.DECLINED and journey.write else ""
    says = say(sentence, carrier=box.carrier if box else "", asked=asked, came=came) + ask
    return ReturnCard(title, look, word, journey.goods(contents), says)


def _stage(back: Back, box: Box | None) -> str:
    """Say how far it is: of a parcel that its carrier brings, as far as its carrier says."""
    if box is None or back.of.status != Status.IN_TRANSIT:
        return str(back.of.status)
    return "BACK" if box.status == Whereabouts.RETURNED_TO_SENDER else "BROUGHT"
