"""What befalls a parcel on its road, in the words of AfterShip, and where it ends. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from config.demo.shop import COUNTRY, TOWN, ZONE, Person
from tracking.models import Alarm
from tracking.models.tracker import Status

CUSTOMS_UNION = {"PT", "ES", "FR", "DE", "PL", "SE", "DK", "IE", "CZ", "HU", "RO", "GR", "BG"}
AT_SHOP, AT_HUB, AT_DOOR = "shop", "hub", "door"
Checkpoint = dict[str, Any]


class Step(NamedTuple):
    """What befalls a parcel: AfterShip's tag and subtag, the carrier's own words, and where."""

    tag: str
    subtag: str
    message: str
    where: str


BEGIN = (
    Step("InfoReceived", "InfoReceived_001", "Shipment announced", AT_SHOP),
    Step("InTransit", "InTransit_002", "Collected from the sender", AT_SHOP),
    Step("InTransit", "InTransit_007", "Departed from the facility", AT_SHOP),
)
CUSTOMS = (
    Step("InTransit", "InTransit_006", "Presented to customs", AT_HUB),
    Step("InTransit", "InTransit_005", "Released by customs", AT_HUB),
)
ARRIVE = Step("InTransit", "InTransit_003", "Arrived at the delivery hub", AT_HUB)
ON_VAN = Step("OutForDelivery", "OutForDelivery_001", "On the vehicle for delivery", AT_DOOR)
NOBODY_HOME = Step("AttemptFail", "AttemptFail_002", "Nobody home, a card was left", AT_DOOR)
AT_THE_DOOR = Step("Delivered", "Delivered_001", "Delivered", AT_DOOR)
NEVER_HEARD = (
    Step("InTransit", "ferry_cancelled_weather", "The ferry does not sail today", AT_HUB),
    Step("InTransit", "moved_to_cargo_bike", "Goes on by cargo bike", AT_HUB),
    Step("AttemptFail", "courtyard_locked", "The courtyard is locked", AT_DOOR),
)
"""With words that AfterShip has never used before."""
ENDS: dict[str, Sequence[Step]] = {
    "straight": (ARRIVE, ON_VAN, AT_THE_DOOR),
    "attempt": (ARRIVE, ON_VAN, NOBODY_HOME, ON_VAN, AT_THE_DOOR),
    "pickup": (
        ARRIVE,
        Step("AvailableForPickup", "AvailableForPickup_001", "Ready at the parcel shop", AT_DOOR),
        Step("Delivered", "Delivered_002", "Handed over to the recipient", AT_DOOR),
    ),
    "returned": (
        ARRIVE,
        ON_VAN,
        Step("Exception", "Exception_003", "The recipient did not accept it", AT_DOOR),
        Step("Exception", "Exception_010", "On its way back to the sender", AT_HUB),
        Step("Exception", "Exception_011", "Given back to the sender", AT_SHOP),
    ),
    "customs": (Step("Exception", "Exception_018", "Customs asks the recipient for an invoice", AT_HUB),),
    "strange": (ARRIVE, *NEVER_HEARD),
    "lost": (ARRIVE, Step("Exception", "Exception_013", "The parcel cannot be found", AT_HUB)),
}
RIGHT = {
    "straight": Status.DELIVERED,
    "attempt": Status.DELIVERED,
    "pickup": Status.DELIVERED,
    "returned": Status.RETURNED_TO_SENDER,
    "customs": Status.EXCEPTION,
    "strange": Status.DELIVERY_ATTEMPT_FAILED,
    "lost": Status.LOST,
}
"""Where a parcel is at the end of its road."""
BOARD = {"customs": Alarm.Kind.EXCEPTION, "strange": Alarm.Kind.UNKNOWN_WORD, "lost": Alarm.Kind.LOST}
"""Roads that end before a person, who finds them on the board by this."""


def road(end: str, country: str) -> list[Step]:
    """Return all that befalls a parcel to this country."""
    return [*BEGIN, *(() if country in CUSTOMS_UNION else CUSTOMS), *ENDS[end]]


def checkpoint(step: Step, person: Person) -> Checkpoint:
    """Return the scan of a step that is taken now, at its own place."""
    places = {
        AT_SHOP: (TOWN, "", COUNTRY, ZONE),
        AT_HUB: (person.hub, "", person.country, person.zone),
        AT_DOOR: (person.city, person.postal_code, person.country, person.zone),
    }
    city, postal_code, country, zone = places[step.where]
    return {
        "checkpoint_time": datetime.now(ZoneInfo(zone)).isoformat(),
        "tag": step.tag,
        "subtag": step.subtag,
        "message": step.message,
        "city": city,
        "zip": postal_code,
        "country_region": country,
    }
