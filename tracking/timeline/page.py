"""The whole page of one order, for whoever holds its link: no full name, no address, nothing about the visitor."""

from dataclasses import dataclass

from orders.blockers import reasons
from tracking.timeline.dates import day
from tracking.timeline.headline import Headline, headline_of
from tracking.timeline.journey import Journey, journey_of
from tracking.timeline.parcels import ParcelCard, WaitingCard, cancelled_of, ordered_of, parcels_of, waiting_of
from tracking.timeline.promise import promise_of
from tracking.timeline.returns import ReturnCard, returns_of
from tracking.timeline.steps import Step, steps_of


@dataclass(frozen=True, slots=True)
class Help:
    """What can still be done, and why the rest cannot. `email`: where to write, "" where nobody would read it."""

    question: str
    sentences: list[str]
    email: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`ordered` is empty where one card alone lists all of it."""

    number: str
    shop: str
    placed_on: str
    person: str
    city: str
    headline: Headline
    promise: str
    steps: list[Step]
    parcels: list[ParcelCard]
    waiting: list[WaitingCard]
    returns: list[ReturnCard]
    cancelled: list[str]
    ordered: list[str]
    help: Help


def page_of(order_id: int) -> OrderPage:
    journey = journey_of(order_id)
    order, ordered = journey.order, ordered_of(journey)
    parcels, waiting, cancelled = parcels_of(journey), waiting_of(journey), cancelled_of(journey)
    told = [*(each.contents for each in parcels), *(each.contents for each in waiting), cancelled]
    return OrderPage(
        number=order.number,
        shop=journey.shop,
        placed_on=day(order.placed_at),
        person=redacted(order.ship_name or order.customer.name),
        city=order.ship_city,
        headline=headline_of(journey),
        promise=promise_of(journey),
        steps=steps_of(journey),
        parcels=parcels,
        waiting=waiting,
        returns=returns_of(journey),
        cancelled=cancelled,
        ordered=[] if ordered in told else ordered,
        help=_help(journey),
    )


def redacted(name: str) -> str:
    """Return the first name and an initial: "Ana R."; of a name in one word without capitals its first sign."""
    words = name.split()
    if not words:
        return ""
    if len(words) > 1:
        return f"{words[0]} {words[-1][0]}."
    return words[0] if words[0] != words[0].swapcase() else f"{words[0][0]}…"


def _help(journey: Journey) -> Help:
    email = journey.order.channel.email
    if journey.is_finished:
        return Help("Something wrong?", [], email)
    if journey.boxes and not journey.rest:
        return Help("Something wrong?", ["It has left, so it can no longer be changed or cancelled."], email)
    if reasons(journey.order, "cancel"):
        still = "What has not left can still be cancelled; what is on its way cannot."
    else:
        still = "Nothing has left yet, so it can still be changed or cancelled."
    return Help("Want to change something?", [still], email)
