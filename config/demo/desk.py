"""The returns desk of the demo: customers send something back, and each return comes a little farther than the last."""

from functools import partial
from itertools import cycle
from uuid import uuid4

from config.demo.client import Api
from config.demo.loop import Story
from config.demo.shift import attempt
from config.demo.shop import CHANNELS, WAREHOUSE
from config.demo.staff import worker
from fulfillment import ledger
from fulfillment.models import Bin, Return
from fulfillment.services import Act
from fulfillment.services.returns import Outcome, approve_return, decline_return, send_return
from fulfillment.services.scan_return import close_by_press, grade_by_scan, scan_to_return
from orders.models import Order

SOON_SECONDS, LATER_SECONDS, SOON = 15.0, 150.0, 6
REASONS = (Return.Reason.NOT_WANTED, Return.Reason.DAMAGED, Return.Reason.WRONG_ITEM, Return.Reason.NOT_AS_EXPECTED)


class ReturnsDesk:
    """Mia says whether it may come back, Otto takes it in and looks at it."""

    def __init__(self, api: Api) -> None:
        self.api, self.house = api, ledger.open_warehouse(WAREHOUSE)
        self.otto, self.mia = worker("otto"), worker("mia")

    def story(self) -> Story:
        ways = (self._announce, self._take_in, self._send, self._finish, self._decline)
        for place, (way, reason) in enumerate(zip(cycle(ways), cycle(REASONS), strict=False)):
            while not (order := self._delivered()):
                yield SOON_SECONDS
            attempt(partial(way, order, reason))
            yield SOON_SECONDS if place < SOON else LATER_SECONDS

    def _delivered(self) -> Order | None:
        delivered = Order.objects.filter(channel__name__in=CHANNELS, status=Order.Status.DELIVERED, returns=None)
        return delivered.select_related("channel").order_by("pk").first()

    def _announce(self, order: Order, reason: str) -> Return:
        number = self.api.announce_return(order.channel.name, order.number, reason, {1: 1})
        return Return.objects.get(number=number)

    def _send(self, order: Order, reason: str) -> Return:
        announced = approve_return(self._announce(order, reason), by=self.mia)
        return send_return(announced, by=self.mia)

    def _decline(self, order: Order, reason: str) -> Return:
        return decline_return(self._announce(order, reason), by=self.mia)

    def _take_in(self, order: Order, reason: str) -> Return:
        coming = self._send(order, reason)
        sku = coming.lines.get().order_line.product.sku
        scan_to_return(coming, self._act(sku), lambda: ledger.standing_bin(self.house, Bin.Kind.RETURNS))
        return coming

    def _finish(self, order: Order, reason: str) -> Return:
        """Take it in, and put it where it is sold from again."""
        back = self._take_in(order, reason)
        line = back.lines.select_related("order_line__product").get()
        shelf = self.house.bins.filter(kind=Bin.Kind.PICK, stock__product=line.order_line.product).first()
        if shelf:
            grade_by_scan(back, line.pk, Outcome.RESTOCK, self._act(shelf.code))
            close_by_press(back, self._act())
        return back

    def _act(self, text: str = "") -> Act:
        return Act(uuid4(), self.otto, text)
