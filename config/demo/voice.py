"""What the carrier did and what the house made of it: each figure counted on both sides, by him and from the database.

All of them have to be the same: every parcel ends right, whatever was doubled, overtaken, lost or said in new words.
"""

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Count, QuerySet, Sum

from config.demo.carrier import LOST_ONE_IN, Carrier
from config.demo.provider import PROVIDER
from config.demo.road import BOARD, NEVER_HEARD, RIGHT
from config.demo.tally import WIDTH, lines
from orders.models import Endpoint
from tracking.admin.alarms import NEXT
from tracking.models import Alarm, CarrierCode, Contact, Heard, Snapshot, Tracker, UnmappedCode
from tracking.services.ask.listen import LEAST_NEWS


class Pair(NamedTuple):
    """So many there are in the house, and so many there must be."""

    name: str
    found: int
    wanted: int


def news_of(hook: Endpoint) -> int:
    """Return how many answers were news so far."""
    found: int | None = Heard.objects.filter(endpoint=hook).aggregate(news=Sum("news"))["news"]
    return found or 0


class Voice:
    """The account of a run. `asked_for`: what nobody had told of when it was asked for; `before` the news before."""

    def __init__(self, carrier: Carrier, asked_for: Collection[str], before: int) -> None:
        self._carrier, self._numbers = carrier, list(carrier.journeys)
        self._news = news_of(carrier.hook)
        self._contact = Contact.objects.filter(endpoint=carrier.hook).first()
        self.pairs = list(self._pairs(asked_for, before))

    @property
    def faults(self) -> list[str]:
        account, wrong = self._carrier.account, [each for each in self.pairs if each.found != each.wanted]
        short = account.written // LOST_ONE_IN - account.lost
        found = [
            (self._carrier.is_lossy and not 0 <= short <= 1, f"{account.lost} of {account.written} got lost."),
            ((self.alarm == Contact.Alarm.LOSES) != (self._news >= LEAST_NEWS), f"The detector says “{self.words}”."),
        ]
        odd = [(True, f"{each.found} {each.name}, and not {each.wanted}.") for each in wrong]
        return [sentence for is_so, sentence in [*found, *odd] if is_so]

    @property
    def alarm(self) -> str:
        return self._contact.alarm if self._contact else ""

    @property
    def words(self) -> str:
        return self._contact.alarm_words if self._contact and self.alarm else "All is well."

    def table(self) -> str:
        account = self._carrier.account
        did = [("Webhooks", account.written), ("  told twice", account.twice), ("  lost on their way", account.lost)]
        head = f"{'Of these':<{WIDTH + 2}}{'found':>6}{'to find':>9}"
        rows = [f"  {each.name:<{WIDTH}}{each.found:>6}{each.wanted:>9}" for each in self.pairs]
        return "\n".join([*lines(did), head, *rows, f"The detector: {self.words}", *self._board()])

    def _pairs(self, asked_for: Collection[str], before: int) -> Iterator[Pair]:
        account, ends = self._carrier.account, {each.number: each.end for each in self._carrier.journeys.values()}
        told = self._snapshots().filter(is_asked=False).count()
        statuses = dict(self._trackers().values_list("parcel__tracking_number", "status"))
        yield Pair("reached us, and are kept once", told, account.written - account.lost)
        yield Pair("parcels were told out of order", len(self._overtaken()), len(account.overtaken))
        yield Pair("parcels had news when we asked", self._news - before, len(asked_for))
        right = sum(statuses.get(number) == RIGHT[end] for number, end in ends.items())
        yield Pair("parcels are where they should be", right, len(ends))
        if "strange" in ends.values():
            yield Pair("unknown words are in their queue", *self._words())
        stuck = {(number, BOARD[end].value) for number, end in ends.items() if end in BOARD}
        on_board = set(self._alarms().values_list("parcel__tracking_number", "kind"))
        yield Pair("parcels wait for a person", len(on_board & stuck), len(stuck))
        yield Pair("parcels wait for nothing", len(on_board - stuck), 0)

    def _words(self) -> tuple[int, int]:
        """Count those that wait to be explained, and those that nobody has explained yet."""
        words = {step.subtag for step in NEVER_HEARD}
        known = CarrierCode.objects.filter(provider=PROVIDER, code__in=words).count()
        return UnmappedCode.objects.filter(provider=PROVIDER, code__in=words).count(), len(words) - known

    def _overtaken(self) -> set[str]:
        """Return the parcels of which an older picture reached us after a newer one."""
        sizes = self._snapshots().filter(is_asked=False).annotate(size=Count("scans"))
        rows = sizes.order_by("tracking_number", "inbox__received_at").values_list("tracking_number", "size")
        return {number for (number, size), (same, then) in pairwise(rows) if number == same and then < size}

    def _board(self) -> Iterator[str]:
        for alarm in self._alarms().select_related("parcel"):
            yield f"On the board: {alarm.parcel.tracking_number}. {alarm.reason} {NEXT[Alarm.Kind(alarm.kind)]}"

    def _alarms(self) -> "QuerySet[Alarm]":
        return Alarm.objects.standing().filter(parcel__tracking_number__in=self._numbers)

    def _snapshots(self) -> "QuerySet[Snapshot]":
        return Snapshot.objects.filter(endpoint=self._carrier.hook, tracking_number__in=self._numbers)

    def _trackers(self) -> "QuerySet[Tracker]":
        return Tracker.objects.filter(parcel__tracking_number__in=self._numbers)
