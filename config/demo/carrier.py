"""The simulated carrier: it scans parcels on their road, and AfterShip tells of it by signed webhooks over HTTP.

It is as bad as real ones: it tells twice, out of order, and one of twenty not at all.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from config.demo.client import Line
from config.demo.provider import event, signed, tracking
from config.demo.road import BOARD, Checkpoint, checkpoint, road
from config.demo.shop import Person
from orders.models import Endpoint

CARRIER = "kestrel-parcels"
TWICE = 0.2
LOST_ONE_IN = 20


@dataclass(slots=True)
class Journey:
    """A parcel on its road: all that has befallen it, and how much of that a webhook has told."""

    number: str
    end: str
    scans: Sequence[Checkpoint] = ()
    told: int = 0


@dataclass(slots=True)
class Account:
    """What the carrier did: webhooks written, told twice and lost; parcels of which an older one came after a newer."""

    written: int = 0
    twice: int = 0
    lost: int = 0
    overtaken: set[str] = field(default_factory=set)


class Carrier:
    """Kestrel Parcels, whose webhooks come to a hook of ours. Where it cannot be asked it loses none."""

    def __init__(self, line: Line, hook: Endpoint, *, seed: int, is_lossy: bool) -> None:
        self.hook, self.is_lossy = hook, is_lossy
        self.account, self.journeys = Account(), dict[str, Journey]()
        self._line = line
        self._random = Random(seed)  # noqa: S311 - which scans are told twice

    def carry(
        self, number: str, person: Person, end: str, *, known: Sequence[Checkpoint] = (), is_scrambled: bool = False
    ) -> Iterator[None]:
        """Scan the parcel at each place of its road that is not known yet; the caller lets time pass in between.

        Where it is scrambled every second scan but the last is told after the one that follows it.
        """
        journey = self.journeys[number] = Journey(number, end, tuple(known), len(known))
        steps, late = road(end, person.country)[len(known) :], 0
        for place, step in enumerate(steps):
            is_end = place == len(steps) - 1
            journey.scans = (*journey.scans, checkpoint(step, person))
            if is_scrambled and place % 2 and not is_end:
                late = len(journey.scans)
            else:
                self._tell(journey, len(journey.scans), is_end=is_end)
                if late:
                    self._tell(journey, late)
                late = 0
            yield

    def scans_of(self, number: str) -> Sequence[Checkpoint]:
        """Return all that has befallen a parcel, told or not."""
        return self.journeys[number].scans if number in self.journeys else ()

    def untold(self) -> list[str]:
        """Return the parcels of which the newest was not told."""
        return [each.number for each in self.journeys.values() if each.told < len(each.scans)]

    def stuck(self) -> list[str]:
        """Return the parcels whose road ends before a person."""
        return [each.number for each in self.journeys.values() if each.end in BOARD]

    def mumble(self) -> None:
        """Send what nobody can use: of a parcel without a number."""
        self._send({"event": "tracking_update", "event_id": f"mumble-{self._random.random()}", "msg": {"id": "as_?"}})

    def _tell(self, journey: Journey, count: int, *, is_end: bool = False) -> None:
        """Tell of the first so many scans, unless it gets lost on the way."""
        account = self.account
        account.written += 1
        if self._is_lost(is_end=is_end):
            account.lost += 1
            return
        if count < journey.told:
            account.overtaken.add(journey.number)
        self._send(event(tracking(CARRIER, journey.number, journey.scans[:count])))
        journey.told = max(journey.told, count)

    def _is_lost(self, *, is_end: bool) -> bool:
        """Lose one of twenty; every other time the last of a parcel, which none after it makes good."""
        is_due = self.account.written // LOST_ONE_IN > self.account.lost
        return self.is_lossy and is_due and (is_end or self.account.lost % 2 == 1)

    def _send(self, body: dict[str, Any]) -> None:
        """Deliver to our hook, sometimes twice."""
        raw = json.dumps(body, ensure_ascii=False).encode()
        is_doubled = self._random.random() < TWICE
        self.account.twice += is_doubled
        for _ in range(2 if is_doubled else 1):
            self._line.send("POST", self.hook.path, body=raw, headers=signed(raw, self.hook.secrets[0]))
