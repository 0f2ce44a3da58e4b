"""The people on the floor: they scan, pick, pack and ship as the demo's users, by the services behind `/floor/`."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import uuid4

from django.contrib.auth.models import User
from django.utils import timezone

from config.demo.carrier import CARRIER
from fulfillment import ledger
from fulfillment.models import Shipment
from fulfillment.services import Act, ParcelDraft, close_box, scan_to_pack, scan_to_pick, scan_to_ship
from fulfillment.services.boxes import grams_of
from fulfillment.services.claims import cart_with
from fulfillment.services.scan_pack import box_of, packing_of
from orders.models import Actor

BOX_GRAMS = 140
HANDS_OFF = timedelta(minutes=5)


def worker(username: str) -> Actor:
    return Actor.of("user", User.objects.get(username=username))


class Staff:
    """Nina picks, Otto packs and ships. While orders gather for a wave Nina begins none; carts she leaves alone."""

    def __init__(self) -> None:
        self._nina, self._otto = worker("nina"), worker("otto")
        self._ours = {str(each) for each in (self._nina, self._otto, worker("sam"))}
        self.is_gathering = False

    def go_on(self, shipment: Shipment, boxes: int = 1) -> None:
        """Take the next step with a shipment: empty a bin, pack all of it, or ship it. Raises Refused."""
        if self._is_in_other_hands(shipment):
            return
        match shipment.status:
            case Shipment.Status.READY if self.is_gathering:
                return
            case Shipment.Status.READY | Shipment.Status.PICKING:
                if not cart_with(shipment):
                    self._pick(shipment)
            case Shipment.Status.PICKED:
                self._pack(shipment)
            case Shipment.Status.PACKED:
                act = Act(uuid4(), self._otto, shipment.number)
                scan_to_ship(shipment, act, lambda _: _parcels(shipment, boxes))

    def _is_in_other_hands(self, shipment: Shipment) -> bool:
        """Say whether a visitor scanned it a moment ago."""
        last = shipment.scans.filter(at__gt=timezone.now() - HANDS_OFF).order_by("-pk").first()
        return last is not None and last.by not in self._ours

    def _pick(self, shipment: Shipment) -> None:
        """Walk to the next bin, scan it and the article, and type how many."""
        stop = next(stop for stop in ledger.walk(shipment) if stop.left)
        codes = [stop.bin.code] if stop.bin else []
        for code in [*codes, stop.line.order_line.product.sku, *typed(stop.taken + 1, stop.total)]:
            scan_to_pick(shipment, Act(uuid4(), self._nina, code))

    def _pack(self, shipment: Shipment) -> None:
        for item in box_of(shipment):
            if item.missing:
                for code in [item.line.order_line.product.sku, *typed(item.checked + 1, item.wanted)]:
                    scan_to_pack(shipment, Act(uuid4(), self._otto, code))
        if (packing := packing_of(shipment)).is_all_in:
            grams = BOX_GRAMS + (grams_of(packing.contents) or 0)
            close_box(shipment, Act(uuid4(), self._otto, weight_grams=grams))


def typed(counted: int, wanted: int) -> list[str]:
    """Return what is typed once so many are counted by scan."""
    return [str(wanted)] if wanted > counted else []


def _parcels(shipment: Shipment, boxes: int) -> Sequence[ParcelDraft]:
    """Share the units out among the boxes, and weigh each."""
    units = [
        (line.order_line.number, line.order_line.product.weight_grams or 0)
        for line in shipment.lines.filter(quantity__gt=0).select_related("order_line__product")
        for _ in range(line.quantity)
    ]
    shares = [units[place::boxes] for place in range(min(boxes, len(units)))]
    return [_parcel(share) for share in shares]


def _parcel(units: Sequence[tuple[int, int]]) -> ParcelDraft:
    lines: dict[int, int] = {}
    for number, _ in units:
        lines[number] = lines.get(number, 0) + 1
    contents: Mapping[int, int] = lines
    grams = BOX_GRAMS + sum(weight for _, weight in units)
    return ParcelDraft(CARRIER, f"KP{secrets.randbelow(10**9):09d}PT", grams, contents)
