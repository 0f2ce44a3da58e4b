"""The shift on the floor: waves and carts, the dock, the carrier's van. Stories beside those of orders.

Of everything the people of the demo leave something for the visitor.
"""

import logging
from collections.abc import Callable
from functools import partial
from uuid import uuid4

from django.db.models import F

from config.demo.carrier import CARRIER
from config.demo.client import Rejected
from config.demo.loop import Story
from config.demo.shop import WAREHOUSE
from config.demo.staff import Staff, typed, worker
from config.demo.stockroom import AT_DOCK
from fulfillment import ledger
from fulfillment.models import Bin, Cart, Count, PickTask, Receipt, ReceiptLine, Scan
from fulfillment.reports import propose_bin
from fulfillment.services import (
    Act,
    claim_cart,
    close_manifest,
    read_walk,
    release_wave,
    scan_on_cart,
    scan_to_close,
    scan_to_load,
    scan_to_move,
    short_pick,
)
from fulfillment.services.claims import cart_of
from fulfillment.services.loading import waiting_for
from orders.lifecycle import Refused

FIRST, MORNING_GATHERING, GATHERING, PAUSE = 10.0, 14.0, 30.0, 120.0
ON_WAVE, SLOTS = 8, 3
STOP_SECONDS = 8.0
VAN_SECONDS, LEAST_IN_VAN, STAYS = 60.0, 4, 2
DOCK_SECONDS = 40.0

logger = logging.getLogger(__name__)


class Shift:
    """Mia releases waves, Sam walks with carts, Nina clears the dock, Otto loads the van."""

    def __init__(self, staff: Staff) -> None:
        self.staff = staff
        self.house = ledger.open_warehouse(WAREHOUSE)
        self.nina, self.sam, self.otto, self.mia = (worker(name) for name in ("nina", "sam", "otto", "mia"))

    def stories(self) -> list[Story]:
        return [self.waves(), self.walks(), self.dock(), self.vans()]

    def waves(self) -> Story:
        """Let orders gather, which nobody begins alone then, and release them together."""
        yield FIRST
        gathering = MORNING_GATHERING
        while True:
            self.staff.is_gathering = True
            yield gathering
            self.staff.is_gathering, gathering = False, GATHERING
            attempt(partial(release_wave, self.house, by=self.mia, limit=ON_WAVE, slots=SLOTS))
            yield PAUSE

    def walks(self) -> Story:
        while True:
            yield STOP_SECONDS
            attempt(self._walk)

    def _walk(self) -> None:
        """Go on to the next stop; with a new cart only where another one is left."""
        free = Cart.objects.free().of_warehouse(self.house)
        cart = cart_of(self.sam, self.house)
        if cart is None and free.count() > 1:
            cart = claim_cart(self.house, by=self.sam)
        walk = read_walk(cart, self.sam) if cart else None
        if walk is None or walk.task is None:
            return
        task = walk.task
        if not Count.objects.filter(cause=Count.Cause.SHORT).exists():
            short_pick(walk, Act(uuid4(), self.sam), PickTask.Reason.EMPTY, task.pk)
            return
        sku = task.shipment_line.order_line.product.sku
        for code in [task.bin.code, sku, *typed(task.picked + 1, task.quantity)]:
            walk = scan_on_cart(walk, Act(uuid4(), self.sam, code))[1]

    def dock(self) -> Story:
        """Put one delivery away, article by article, and close it; the other one stays for the visitor."""
        for receipt in Receipt.objects.open().filter(warehouse=self.house, reference=AT_DOCK.number):
            yield DOCK_SECONDS
            while line := receipt.lines.filter(received__gt=F("put_away")).select_related("product").first():
                self._put_away(line)
                yield DOCK_SECONDS
            act = Act(uuid4(), self.nina, receipt.reference)
            attempt(partial(scan_to_close, receipt, act))

    def _put_away(self, line: ReceiptLine) -> None:
        act, target = Act(uuid4(), self.nina, line.product.sku), propose_bin(self.house, line.product)
        if target:
            dock = ledger.standing_bin(self.house, Bin.Kind.DOCK)
            scan_to_move(dock, target.bin, line.product, line.at_dock, act, Scan.Step.PUT_AWAY)

    def vans(self) -> Story:
        while True:
            yield VAN_SECONDS
            waiting = list(waiting_for(self.house, CARRIER).order_by("shipped_at"))
            if len(waiting) >= LEAST_IN_VAN + STAYS:
                for parcel in waiting[:-STAYS]:
                    scan_to_load(self.house, CARRIER, Act(uuid4(), self.otto, parcel.number))
                close_manifest(self.house, CARRIER, Act(uuid4(), self.otto))


def attempt(act: Callable[[], object]) -> None:
    """Do something that a visitor may have done before, or made impossible."""
    try:
        act()
    except (Refused, Rejected) as no:
        logger.debug("%s", no)
