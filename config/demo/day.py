"""The simulated working day: orders come in, goods arrive, and everything goes on at its pace."""

import contextlib
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count

from django.db import close_old_connections

from config.demo.carrier import CARRIER, Carrier
from config.demo.client import Api, Line
from config.demo.desk import ReturnsDesk
from config.demo.loop import Loop, Story
from config.demo.patience import Patience, is_under_way
from config.demo.plan import MORNING, Planner, Purchase
from config.demo.provider import answering, port_of_api
from config.demo.seed import asked, hook
from config.demo.shift import Shift, attempt
from config.demo.shop import CHANNELS, articles
from config.demo.staff import Staff
from config.demo.stories import Pace, Stories
from orders.models import Inbox, Order
from tracking.models import Contact, Question
from tracking.services import ask_for_missing, listen, run_audit, sweep_alarms

SIMULATION = "SIM"
"""Begins the external ids of `simulate`; whatever else comes in by the demo's channels the long day looks after."""

QUICK = Pace(arrival=0.1, floor=0.2, scan=0.4, look=0.4, van=2.0, hold=2.0)
EASY = Pace(arrival=5.0, floor=4.0, scan=9.0, look=3.0, van=90.0, hold=60.0)
MORNING_ARRIVAL = 0.6
FIRST_AUDIT, AUDIT_SECONDS = 40.0, 600.0
WATCH_SECONDS = 30.0
ASK_SECONDS, LISTEN_SECONDS = 45.0, 15.0
MUMBLES = 3

LOW, REFILL = 15, 50
LOOK_SECONDS = 0.5

Tell = Callable[[], None]


class Day:
    """One run through the house that answers at `url`."""

    def __init__(self, url: str, keys: Mapping[str, str], *, pace: Pace, speed: float, seed: int, prefix: str) -> None:
        line = Line(url)
        self.api, self.loop, self.pace, self.prefix = Api(line, keys), Loop(speed), pace, prefix
        self.asked_at = port_of_api()
        self.carrier = Carrier(line, hook(), seed=seed, is_lossy=self.asked_at is not None)
        self.staff = Staff()
        self.stories = Stories(self.loop, pace, self.api, self.staff, self.carrier)
        free = self.api.free()
        made = [each.sku for each in articles() if not each.opening and not free[each.sku]]
        self.planner = Planner(prefix, seed=seed, made=made)
        self.is_over = False
        self.asked_for: list[str] = []
        self._notes = count(1)

    def simulate(self, orders: int, tell: Tell) -> None:
        """Bring so many orders, all quotas filled, to their end, or before a person, and wait for scans and mails.

        Raises Stalled.
        """
        purchases = self.planner.quotas(orders)
        self._fetch(self._missing(purchases))
        self.loop.tell(self._look(tell, Patience(self.prefix)), is_aside=True)
        self.loop.tell(self._van(), is_aside=True)
        self.loop.tell(self._arrivals(purchases))
        with self._answering():
            self.loop.run()
            self.loop.tell(self._evening())
            self.loop.run()

    def go_on(self, orders: int, tell: Tell) -> None:
        """Let so many orders come in, one after the other, and look after all there are, for ever."""
        self.loop.tell(self._look(tell))
        aside = [self._van(), self._adopt(), self._long_day(orders), self._mumbles(), self._audits(), self._watch()]
        for story in [*aside, self._ask(), *Shift(self.staff).stories(), ReturnsDesk(self.api).story()]:
            self.loop.tell(story, is_aside=True)
        with self._answering():
            self.loop.run()

    @contextlib.contextmanager
    def _answering(self) -> Iterator[None]:
        """Let the house ask the carrier of its parcels, and be answered."""
        if self.asked_at is None:
            yield
            return
        key = secrets.token_urlsafe(24)
        with answering(self.asked_at, key, CARRIER, self.carrier.scans_of), asked(self.carrier.hook, key):
            yield

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

    def _ask(self) -> Story:
        """Press "Ask for missing" on the page of the carrier's hook, and listen at once whether it tells us all."""
        while self.asked_at is not None:
            yield ASK_SECONDS
            attempt(lambda: ask_for_missing(self.carrier.hook))
            yield LISTEN_SECONDS
            listen()

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
        for _ in range(MUMBLES):
            yield self.pace.scan
            self.carrier.mumble()

    def _look(self, tell: Tell, patience: Patience | None = None) -> Story:
        """Tell how things stand; where there is a patience, raise Stalled when it ends."""
        while True:
            yield LOOK_SECONDS * self.loop.speed
            close_old_connections()
            tell()
            if patience:
                patience.look()

    def _evening(self) -> Story:
        """Once all that was told is understood, ask for what got lost, and wait until everybody has been told."""
        yield from self._while(self._is_to_understand)
        self.asked_for = self.carrier.untold()
        if self.asked_at is not None:
            ask_for_missing(self.carrier.hook)
        yield from self._while(self._is_asking)
        yield from self._while(self._is_to_understand)
        yield from self._while(lambda: is_under_way(self.prefix, self.carrier.stuck()))
        listen()
        sweep_alarms()

    def _while(self, is_so: Callable[[], bool]) -> Story:
        while is_so():
            yield LOOK_SECONDS * self.loop.speed

    def _is_to_understand(self) -> bool:
        return Inbox.objects.waiting().filter(endpoint=self.carrier.hook).exists()

    def _is_asking(self) -> bool:
        mine = Contact.objects.filter(endpoint=self.carrier.hook).exclude(lease_token=None)
        wanted = Question.objects.open().filter(endpoint=self.carrier.hook, is_urgent=True)
        return mine.exists() or wanted.exists()  # so: who meets trouble puts back first, then lets go

    def _missing(self, purchases: Iterable[Purchase]) -> dict[str, int]:
        """Return what the shelves lack for these purchases."""
        wanted: Counter[str] = Counter()
        for purchase in purchases:
            wanted.update({article.sku: units for article, units in purchase.lines if article.opening})
        return dict(wanted - self.api.free())

    def _fetch(self, units: Mapping[str, int]) -> None:
        if units:
            self.api.receive(units, reference=f"Delivery note {self.prefix}-{next(self._notes)}")
