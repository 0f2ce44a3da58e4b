"""The simulated working day: orders come in, goods arrive, and everything goes on at its pace."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import count

from django.db import close_old_connections

from config.demo.carrier import Carrier
from config.demo.client import Api, Line
from config.demo.desk import ReturnsDesk
from config.demo.loop import Loop, Story
from config.demo.patience import Patience, is_under_way
from config.demo.plan import MORNING, Planner, Purchase
from config.demo.seed import hook
from config.demo.shift import Shift
from config.demo.shop import CHANNELS, articles, people
from config.demo.staff import Staff
from config.demo.stories import Pace, Stories
from orders.models import Order
from tracking.services import run_audit, sweep_alarms

SIMULATION = "SIM"
"""Begins the external ids of `simulate`; whatever else comes in by the demo's channels the long day looks after."""

QUICK = Pace(arrival=0.1, floor=0.2, scan=0.4, look=0.4, van=2.0, hold=2.0)
EASY = Pace(arrival=5.0, floor=4.0, scan=9.0, look=3.0, van=90.0, hold=60.0)
MORNING_ARRIVAL = 0.6
FIRST_AUDIT, AUDIT_SECONDS = 40.0, 600.0
WATCH_SECONDS = 30.0

LOW, REFILL = 15, 50
LOOK_SECONDS = 0.5

Tell = Callable[[], None]


class Day:
    """One run through the house that answers at `url`."""

    def __init__(self, url: str, keys: Mapping[str, str], *, pace: Pace, speed: float, seed: int, prefix: str) -> None:
        line = Line(url)
        self.api, self.loop, self.pace, self.prefix = Api(line, keys), Loop(speed), pace, prefix
        self.carrier = Carrier(line, hook(), seed=seed)
        self.staff = Staff()
        self.stories = Stories(self.loop, pace, self.api, self.staff, self.carrier)
        free = self.api.free()
        made = [each.sku for each in articles() if not each.opening and not free[each.sku]]
        self.planner = Planner(prefix, seed=seed, made=made)
        self.is_over = False
        self._notes = count(1)

    def simulate(self, orders: int, tell: Tell) -> None:
        """Bring so many orders, all quotas filled, to their end, and wait for scans and mails. Raises Stalled."""
        purchases = self.planner.quotas(orders)
        self._fetch(self._missing(purchases))
        self.loop.tell(self._look(tell, Patience(self.prefix)), is_aside=True)
        self.loop.tell(self._van(), is_aside=True)
        self.loop.tell(self._arrivals(purchases))
        self.loop.run()
        self.loop.tell(self._settle())
        self.loop.run()

    def go_on(self, orders: int, tell: Tell) -> None:
        """Let so many orders come in, one after the other, and look after all there are, for ever."""
        self.loop.tell(self._look(tell))
        aside = [self._van(), self._adopt(), self._long_day(orders), self._mumbles(), self._audits(), self._watch()]
        for story in [*aside, *Shift(self.staff).stories(), ReturnsDesk(self.api).story()]:
            self.loop.tell(story, is_aside=True)
        self.loop.run()

    def _arrivals(self, purchases: Iterable[Purchase]) -> Story:
        for purchase in purchases:
            self.loop.tell(self.stories.of(purchase))
            yield self.pace.arrival

    def _long_day(self, orders: int) -> Story:
        for place, purchase in enumerate(self.planner.day(orders)):
            is_morning = place < len(MORNING)
            self.loop.tell(self.stories.of(purchase, MORNING[place][1] if is_morning else 1.0))
            yield MORNING_ARRIVAL if is_morning else self.pace.arrival
        self.is_over = True

    def _audits(self) -> Story:
        """Let the books be checked, as a shop does every night."""
        yield FIRST_AUDIT
        while True:
            run_audit()
            yield AUDIT_SECONDS

    def _watch(self) -> Story:
        """Let parcels that need a person be found sooner than the house would, which looks every five minutes."""
        while True:
            yield WATCH_SECONDS
            sweep_alarms()

    def _van(self) -> Story:
        """Bring what is waited for, and fill up what runs low."""
        while True:
            yield self.pace.van
            free = self.api.free()
            low = {each.sku: REFILL for each in articles() if each.opening and free[each.sku] < LOW}
            self._fetch(low | self.stories.backlog.take())

    def _adopt(self) -> Story:
        """Look after orders that visitors placed, and after those of former days."""
        strangers = Order.objects.open().filter(channel__name__in=CHANNELS)
        while True:
            for order in strangers.exclude(external_id__startswith=SIMULATION).select_related("customer"):
                if order.number not in self.stories.placed:
                    self.loop.tell(self.stories.adopt(order))
            yield self.pace.look

    def _mumbles(self) -> Story:
        """Let the carrier send what cannot be understood: that is quarantined, for a person to look at."""
        for number, person in enumerate(people()[:3]):
            yield self.pace.scan
            self.carrier.mumble(f"KP{number:09d}PT", person)

    def _look(self, tell: Tell, patience: Patience | None = None) -> Story:
        """Tell how things stand; where there is a patience, raise Stalled when it ends."""
        while True:
            yield LOOK_SECONDS * self.loop.speed
            close_old_connections()
            tell()
            if patience:
                patience.look()

    def _settle(self) -> Story:
        while is_under_way(self.prefix):
            yield LOOK_SECONDS * self.loop.speed

    def _missing(self, purchases: Iterable[Purchase]) -> dict[str, int]:
        """Return what the shelves lack for these purchases."""
        wanted: Counter[str] = Counter()
        for purchase in purchases:
            wanted.update({article.sku: units for article, units in purchase.lines if article.opening})
        return dict(wanted - self.api.free())

    def _fetch(self, units: Mapping[str, int]) -> None:
        if units:
            self.api.receive(units, reference=f"Delivery note {self.prefix}-{next(self._notes)}")
