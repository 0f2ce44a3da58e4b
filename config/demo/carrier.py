"""The simulated carrier: it scans parcels on their road, and tells of it by signed webhooks over HTTP.

It is as bad as real ones: it tells twice, late, and out of order. A scan's time is when it happened, at its own place.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from config.demo.client import Line
from config.demo.shop import COUNTRY, TOWN, ZONE, Person
from orders.models import Endpoint

CARRIER = "kestrel-parcels"
TWICE = 0.2
CUSTOMS_UNION = {"PT", "ES", "FR", "DE", "PL", "SE", "DK", "IE", "CZ", "HU", "RO", "GR", "BG"}

AT_SHOP, AT_HUB, AT_DOOR = "shop", "hub", "door"


class Step(NamedTuple):
    """What befalls a parcel: in the carrier's code and words, and where."""

    code: str
    message: str
    where: str


BEGIN = (
    Step("label_created", "Shipment announced", AT_SHOP),
    Step("accepted", "Collected from the sender", AT_SHOP),
    Step("departed", "Departed from the facility", AT_SHOP),
)
CUSTOMS = (
    Step("customs_clearance", "Presented to customs", AT_HUB),
    Step("customs_released", "Released by customs", AT_HUB),
)
ARRIVE = Step("arrived", "Arrived at the delivery hub", AT_HUB)
ON_VAN = Step("out_for_delivery", "On the vehicle for delivery", AT_DOOR)
NOBODY_HOME = Step("recipient_unavailable", "Nobody home, a card was left", AT_DOOR)
AT_THE_DOOR = Step("delivered", "Delivered", AT_DOOR)
ENDS: dict[str, Sequence[Step]] = {
    "straight": (ARRIVE, ON_VAN, AT_THE_DOOR),
    "attempt": (ARRIVE, ON_VAN, NOBODY_HOME, ON_VAN, AT_THE_DOOR),
    "pickup": (
        ARRIVE,
        Step("available_for_pickup", "Ready at the parcel shop", AT_DOOR),
        Step("collected", "Handed over to the recipient", AT_DOOR),
    ),
    "returned": (
        ARRIVE,
        ON_VAN,
        Step("refused", "The recipient did not accept it", AT_DOOR),
        Step("returning_to_sender", "On its way back to the sender", AT_HUB),
        Step("returned_to_sender", "Given back to the sender", AT_SHOP),
    ),
    "customs": (Step("customs_documents", "Customs asks the recipient for an invoice", AT_HUB),),
    "strange": (
        ARRIVE,
        Step("ferry_cancelled_weather", "The ferry does not sail today", AT_HUB),
        Step("moved_to_cargo_bike", "Goes on by cargo bike", AT_HUB),
        Step("courtyard_locked", "The courtyard is locked", AT_DOOR),
    ),
    "lost": (ARRIVE, Step("lost", "The parcel cannot be found", AT_HUB)),
}


def road(end: str, country: str) -> list[Step]:
    """Return all that befalls a parcel to this country."""
    return [*BEGIN, *(() if country in CUSTOMS_UNION else CUSTOMS), *ENDS[end]]


class Carrier:
    """Kestrel Parcels, which has a hook of ours and its secret."""

    def __init__(self, line: Line, hook: Endpoint, *, seed: int) -> None:
        self._line, self._hook = line, hook
        self._random = Random(seed)  # noqa: S311 - which scans are told twice

    def carry(
        self, number: str, person: Person, end: str, *, told: int = 0, is_scrambled: bool = False
    ) -> Iterator[None]:
        """Scan the parcel at each place of its road that was not told yet; the caller lets time pass in between.

        Where it is scrambled every second scan but the last is told after the one that follows it.
        """
        steps = road(end, person.country)[told:]
        late: list[dict[str, Any]] = []
        for place, step in enumerate(steps):
            scan = _scan(number, step, person)
            if is_scrambled and place % 2 and place < len(steps) - 1:
                late.append(scan)
            else:
                self.tell([scan])
                if late:
                    self.tell([late.pop()])
            yield

    def mumble(self, number: str, person: Person) -> None:
        """Send what nobody can use: a scan without a time."""
        self.tell([_scan(number, ARRIVE, person) | {"occurred_at": None}])

    def tell(self, scans: list[dict[str, Any]]) -> None:
        """Deliver to our hook, sometimes twice."""
        body, name, now = json.dumps(scans, ensure_ascii=False), str(uuid4()), timezone.now()
        headers = {
            "Content-Type": "application/json",
            "Webhook-Id": name,
            "Webhook-Timestamp": str(int(now.timestamp())),
            "Webhook-Signature": Webhook(self._hook.secrets[0]).sign(name, now, body),
        }
        for _ in range(2 if self._random.random() < TWICE else 1):
            self._line.send("POST", self._hook.path, body=body.encode(), headers=headers)


def _scan(number: str, step: Step, person: Person) -> dict[str, Any]:
    places = {
        AT_SHOP: (TOWN, "", COUNTRY, ZONE),
        AT_HUB: (person.hub, "", person.country, person.zone),
        AT_DOOR: (person.city, person.postal_code, person.country, person.zone),
    }
    city, postal_code, country, zone = places[step.where]
    return {
        "carrier": CARRIER,
        "tracking_number": number,
        "code": step.code,
        "occurred_at": datetime.now(ZoneInfo(zone)).isoformat(),
        "message": step.message,
        "location": {"city": city, "postal_code": postal_code, "country": country},
    }
