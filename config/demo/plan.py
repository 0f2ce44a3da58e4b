"""What will be ordered, and what befalls each order: drawn by a seed, in fixed quotas. Pure: touches nothing."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from config.demo.shop import CHANNELS, SHIPPING, Article, Person, articles, people

FULL_QUOTAS_FROM = 50


class Kind(Enum):
    """What befalls an order."""

    PLAIN = "goes its way"
    WAITS = "waits for stock"
    COMPLETE = "waits for stock, and goes when all is there"
    SPLIT = "goes in two shipments"
    BOXES = "goes in two parcels"
    HELD = "is held and released"
    PART = "is cancelled in part"
    ATTEMPT = "is tried in vain once, and its scans come out of order"
    SCRAMBLED = "its scans come out of order"
    PICKUP = "is collected from a shop"
    CANCELLED = "is cancelled"
    CANCELLED_WAITING = "is to go when all is there, and is cancelled meanwhile"
    RETURNED = "is refused at the door and comes back"
    LATE = "reaches us days after it was placed"
    KEPT = "is held until somebody releases it"
    CUSTOMS = "is kept by customs"
    LOST = "gets lost"
    STRANGE = "is scanned with words that nobody has explained"


QUOTAS = {  # kind → of a hundred orders, and at least
    Kind.WAITS: (5, 2),
    Kind.COMPLETE: (4, 2),
    Kind.SPLIT: (6, 2),
    Kind.BOXES: (6, 2),
    Kind.HELD: (6, 2),
    Kind.PART: (6, 2),
    Kind.ATTEMPT: (6, 2),
    Kind.SCRAMBLED: (6, 2),
    Kind.PICKUP: (4, 1),
    Kind.CANCELLED: (3, 1),
    Kind.CANCELLED_WAITING: (2, 1),
    Kind.RETURNED: (2, 1),
    Kind.LATE: (4, 1),
}
STUCK = {Kind.CUSTOMS: (1, 1), Kind.STRANGE: (1, 1), Kind.LOST: (1, 1)}
"""As QUOTAS: these come to no end by themselves, a person has to do something."""
NEEDS_MADE = {Kind.WAITS, Kind.COMPLETE, Kind.SPLIT, Kind.CANCELLED_WAITING}
NEEDS_TWO_LINES = {Kind.PART, Kind.BOXES}
MORNING = (  # the first orders of a day in the demo, and how long they take: together they fill every surface
    (Kind.PLAIN, 0.5),
    (Kind.BOXES, 1.0),
    (Kind.SPLIT, 0.5),
    (Kind.STRANGE, 0.1),
    (Kind.LOST, 0.1),
    (Kind.PLAIN, 0.1),
    (Kind.LATE, 3.0),
    (Kind.HELD, 1.0),
    (Kind.CANCELLED, 1.0),
    (Kind.ATTEMPT, 0.2),
    (Kind.WAITS, 1.0),
    (Kind.PLAIN, 0.2),
    (Kind.KEPT, 1.0),
    (Kind.RETURNED, 0.1),
    (Kind.CUSTOMS, 0.1),
    (Kind.PICKUP, 0.5),
    (Kind.PART, 0.3),
    (Kind.PLAIN, 3.0),
    (Kind.SCRAMBLED, 0.1),
    (Kind.COMPLETE, 1.0),
    (Kind.LATE, 0.5),
    (Kind.PLAIN, 5.0),
    (Kind.PLAIN, 0.1),
    (Kind.WAITS, 1.0),
    (Kind.PLAIN, 0.3),
)
RARE = 40
"""One order in so many of a long day ends badly, or is left to the visitor."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order to be placed."""

    external_id: str
    kind: Kind
    person: Person
    channel: str
    shipping: str
    lines: Sequence[tuple[Article, int]]

    @property
    def made(self) -> list[tuple[Article, int]]:
        """Return the lines that wait."""
        return [(article, units) for article, units in self.lines if not article.opening]


class Planner:
    """Draws purchases. Of what is made to order it takes the SKUs of `made` alone: those of which none is left."""

    def __init__(self, prefix: str, *, seed: int, made: Collection[str]) -> None:
        self._random = Random(seed)  # noqa: S311 - the same seed, the same day
        self._prefix, self._number = prefix, 0
        self._shelf = [each for each in articles() if each.opening]
        late = [each for each in articles() if each.sku in made]
        half = (len(late) + 1) // 2
        self._made = {True: late[half:], False: late[:half]}  # is it of two shipments: they wait for goods of their own

    def quotas(self, orders: int) -> list[Purchase]:
        """Return so many purchases with the quotas filled, in random order."""
        kinds = [kind for kind, count in quotas(orders).items() for _ in range(count)]
        kinds += [Kind.PLAIN] * (orders - len(kinds))
        self._random.shuffle(kinds)
        return [self.draw(kind) for kind in kinds]

    def day(self, orders: int) -> Iterator[Purchase]:
        """Yield the purchases of a long day: the morning, then whatever comes."""
        for kind, _ in MORNING[:orders]:
            yield self.draw(kind)
        often = [kind for kind, (share, _) in QUOTAS.items() for _ in range(share)]
        often += [Kind.PLAIN] * (100 - len(often))
        for number in range(orders - len(MORNING)):
            rare = self._random.choice([Kind.KEPT, Kind.CUSTOMS, Kind.LOST, Kind.STRANGE])
            yield self.draw(self._random.choice(often) if (number + 1) % RARE else rare)

    def draw(self, kind: Kind) -> Purchase:
        self._number += 1
        return Purchase(
            external_id=f"{self._prefix}-{self._number:04d}",
            kind=kind,
            person=self._random.choice(people()),
            channel=self._random.choices(list(CHANNELS), [6, 3, 1])[0],
            shipping=self._random.choices(list(SHIPPING), [7, 2, 1])[0],
            lines=self._lines(kind),
        )

    def _lines(self, kind: Kind) -> list[tuple[Article, int]]:
        least = 2 if kind in NEEDS_TWO_LINES else 1
        count = max(least, self._random.choices([1, 2, 3, 4], [5, 4, 2, 1])[0])
        lines = [
            (article, self._random.choices([1, 2, 3], [7, 3, 1])[0])
            for article in self._random.sample(self._shelf, count)
        ]
        if kind not in NEEDS_MADE:
            return lines
        made = (self._random.choice(self._made[kind is Kind.SPLIT]), 1)
        return [made] if kind is Kind.WAITS else [*lines, made]


def quotas(orders: int) -> dict[Kind, int]:
    """Return how many of each kind befall so many orders; of a few orders half are special, one of each kind."""
    wanted = QUOTAS | STUCK
    if orders >= FULL_QUOTAS_FROM:
        return {kind: max(least, orders * share // 100) for kind, (share, least) in wanted.items()}
    return dict.fromkeys(list(wanted)[: orders // 2], 1)
