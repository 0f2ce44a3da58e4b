"""What is learnt of lanes: 40 of them simulated for a quarter, and a million delivered parcels learnt from at once.

The quarter: gaps between scans lognormal (median 6–30 h, σ 0.8), 30 % longer at its end than at its beginning; nothing
moves on Sundays, one scan in twenty is missing, one parcel in a hundred is lost and says nothing more. Lanes are learnt
every night from what arrived until then, by the product's own functions; judged is what was shipped after the first
month. Beside them a rule that many shops use: five days.

A lane's P95 gap is the silence that 19 of 20 of its parcels never exceed on their whole way; what it truly is we know
from many ways more.
"""

import random
import statistics
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.bench.measure import Report  # noqa: E402
from tests.bench.million import fill  # noqa: E402
from tracking.lanes import (  # noqa: E402
    FIVE_DAYS,
    NEWEST,
    RECENT,
    Lane,
    Lanes,
    Quiet,
    Stats,
    Trip,
    is_late_at,
    learn,
    measure,
    moment,
    too_quiet_at,
    worked,
)
from tracking.services import known_lanes, learn_lanes  # noqa: E402

NOTHING = Stats(0, 0, 0, 0, Quiet(0, 0))
SEED = 20261128
LANES = 40
DAYS = 91
MONTH = 28
A_DAY = 60
DRIFT = 0.3
SIGMA = 0.8
MEDIANS = (6, 30)
MISSING = 0.05
LOST = 0.01
BEGIN = datetime(2026, 8, 31, tzinfo=UTC)
GAPS = (4, 6)
WAYS = 20_000
THREE_DAYS = timedelta(days=3)
MILLION = 1_000_000
SECONDS = 60


@dataclass
class Parcel:
    """As it was: its scans that somebody saw, and when it arrived, if it did."""

    lane: Lane
    shipped_at: datetime
    scans: list[datetime]
    delivered_at: datetime | None

    @property
    def day(self) -> int:
        return (self.shipped_at - BEGIN).days


@dataclass
class Verdict:
    """How a rule did: what it held on each lane, sound parcels it cried out for, lost ones it found."""

    held: list[float] = field(default_factory=list)
    cried: int = 0
    sound: int = 0
    found: int = 0
    lost: int = 0

    @property
    def share_held(self) -> float:
        return statistics.fmean(self.held)

    @property
    def within(self) -> int:
        return sum(0.85 <= held <= 0.95 for held in self.held)


@dataclass(frozen=True)
class Route:
    """How a lane is: the median of its gaps in hours at the beginning, and how many there are on a way."""

    lane: Lane
    median: float
    gaps: int

    def way(self, age: float, chance: random.Random) -> list[float]:
        """Return the gaps of a way that begins at this age of the quarter, from 0 to 1."""
        scale = log(self.median * (1 + DRIFT * age))
        return [chance.lognormvariate(scale, SIGMA) for _ in range(self.gaps)]


def p95_gap(route: Route, chance: random.Random) -> float:
    """Return the silence in hours that 19 of 20 parcels never exceed, as it is at the beginning: from many ways."""
    longest = sorted(max(_seen(route.way(0, chance), chance)) for _ in range(WAYS))
    return longest[int(0.95 * WAYS)]


def _seen(gaps: Sequence[float], chance: random.Random) -> Iterator[float]:
    """Yield the gaps between the scans that somebody saw: after a missing one, two gaps are one."""
    silence = 0.0
    for place, gap in enumerate(gaps, start=1):
        silence += gap
        if place == len(gaps) or chance.random() >= MISSING:
            yield silence
            silence = 0.0


def simulate(route: Route, chance: random.Random, days: int) -> list[Parcel]:
    shipped = sorted(chance.uniform(0, days * 24) for _ in range(days * A_DAY))
    return [_parcel(route, BEGIN + timedelta(hours=hours), chance) for hours in shipped]


def _parcel(route: Route, shipped_at: datetime, chance: random.Random) -> Parcel:
    clock, moments = worked(shipped_at, UTC), []
    for gap in route.way((shipped_at - BEGIN) / timedelta(days=DAYS), chance):
        clock += gap
        moments.append(moment(clock, UTC))
    scans, delivered_at = moments[:-1], moments[-1]
    if chance.random() < LOST:
        scans, delivered_at = scans[: chance.randrange(route.gaps)], None
    return Parcel(route.lane, shipped_at, [scan for scan in scans if chance.random() >= MISSING], delivered_at)


def nights(by_lane: dict[Lane, list[Parcel]], days: int) -> list[Lanes]:
    """Return what is known on each day, learnt in the night before it from what the product would read then."""
    arrivals = [sorted(_trips(parcels), key=lambda trip: trip.arrived_at) for parcels in by_lane.values()]
    dawns = [BEGIN + timedelta(days=day) for day in range(days)]
    return [Lanes(learn((trip for trips in arrivals for trip in _newest(trips, dawn)), dawn)) for dawn in dawns]


def _trips(parcels: Sequence[Parcel]) -> Iterator[Trip]:
    for each in parcels:
        if each.delivered_at and (hours := measure(each.shipped_at, each.scans, each.delivered_at, UTC)):
            yield Trip(each.lane, each.delivered_at, hours)


def _newest(trips: Sequence[Trip], dawn: datetime) -> Sequence[Trip]:
    end = bisect_right(trips, dawn, key=lambda trip: trip.arrived_at)
    return trips[min(bisect_left(trips, dawn - RECENT, key=lambda trip: trip.arrived_at), max(end - NEWEST, 0)) : end]


@dataclass(frozen=True)
class Rule:
    """What says when a parcel arrives at the latest, when its silence is an alarm, and when it is past its window."""

    latest: Callable[[Stats, datetime], datetime]
    alarm: Callable[[Stats, datetime], datetime]
    late: Callable[[Stats, datetime], datetime]


LEARNT = Rule(
    latest=lambda stats, shipped_at: stats.window(shipped_at, UTC).latest,
    alarm=lambda stats, since: too_quiet_at(stats.quiet, since, UTC),
    late=lambda stats, shipped_at: is_late_at(stats, shipped_at, UTC),
)
FIXED = Rule(
    latest=lambda _, shipped_at: shipped_at + FIVE_DAYS,
    alarm=lambda _, since: since + FIVE_DAYS,
    late=lambda _, __: datetime.max.replace(tzinfo=UTC),
)


def judge(rule: Rule, by_route: dict[Route, list[Parcel]], known: list[Lanes]) -> Verdict:
    """Let a rule speak of each parcel with what was known on that day."""
    verdict, chance = Verdict(), random.Random(SEED)
    for route, parcels in by_route.items():
        on = [_known(lanes, route.lane) for lanes in known]
        judged, p95 = [each for each in parcels if each.day >= MONTH], p95_gap(route, chance)
        sound = [(each, end) for each in judged if (end := each.delivered_at)]
        verdict.held.append(statistics.fmean(end <= rule.latest(on[each.day], each.shipped_at) for each, end in sound))
        verdict.sound += len(sound)
        verdict.cried += sum(_is_cried_for(rule, each, end, on) for each, end in sound)
        lost = [each for each in judged if each.delivered_at is None]
        verdict.lost += len(lost)
        verdict.found += sum(_is_found(rule, each, on, p95) for each in lost)
    return verdict


def _known(lanes: Lanes, lane: Lane) -> Stats:
    found = lanes.nearest(lane)
    return found[1] if found else NOTHING


def _is_cried_for(rule: Rule, each: Parcel, end: datetime, on: Sequence[Stats]) -> bool:
    line = [each.shipped_at, *each.scans, end]
    quiet = any(rule.alarm(on[_day(since, on)], since) < until for since, until in pairwise(line))
    return quiet or rule.late(on[each.day], each.shipped_at) < end


def _is_found(rule: Rule, each: Parcel, on: Sequence[Stats], p95: float) -> bool:
    """Say whether the alarm comes within three days after the P95 gap of the lane, as it was then."""
    since = each.scans[-1] if each.scans else each.shipped_at
    drift = 1 + DRIFT * ((each.shipped_at - BEGIN) / timedelta(days=DAYS))
    due = moment(worked(since, UTC) + p95 * drift, UTC) + THREE_DAYS
    return rule.alarm(on[_day(since, on)], since) <= due


def _day(at: datetime, on: Sequence[Stats]) -> int:
    return min((at - BEGIN).days, len(on) - 1)


def recompute(report: Report, by_lane: dict[Lane, list[Parcel]], known: list[Lanes], *, quick: bool) -> None:
    """Learn in the database from parcels that went these ways; compare with what the functions alone learn."""
    dawn = BEGIN + timedelta(days=len(known) - 1)
    ways = [
        (lane, each.shipped_at, each.scans, each.delivered_at)
        for lane, parcels in by_lane.items()
        for each in parcels
        if each.delivered_at and each.delivered_at <= dawn
    ]
    wanted = len(ways) if quick else MILLION
    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    fill(ways, wanted)
    report.say(f"{wanted:,} delivered parcels written in {time.perf_counter() - begun:.0f} s ({connection.vendor})")
    begun = time.perf_counter()
    count = learn_lanes(now=dawn)
    seconds = time.perf_counter() - begun
    report.judge(f"seconds to learn {count} lanes of {wanted:,} parcels", seconds, SECONDS, at_most=True)
    found = known_lanes()
    off = [abs(found.known[lane].p90 / known[-1].known[lane].p90 - 1) for lane in by_lane if lane in found.known]
    report.judge("lanes learnt as from the parcels themselves", sum(each < 0.02 for each in off), len(by_lane))


def show(report: Report, name: str, it: Verdict) -> None:
    report.say(f"{name}: P90 holds {it.share_held:.1%} of parcels, {min(it.held):.1%} to {max(it.held):.1%} a lane")
    report.say(f"  {it.within} of {len(it.held)} lanes hold 85 to 95 %")
    report.say(
        f"  {it.found} of {it.lost} lost parcels found in time; {it.cried} of {it.sound} sound ones cried out for"
    )


def run(*, quick: bool) -> None:
    report, chance, days = Report(quick), random.Random(SEED), 42 if quick else DAYS
    lanes = [Lane(f"carrier-{n % 4}", "standard", "MAIN", "ES", f"{n:02}") for n in range(4 if quick else LANES)]
    routes = [Route(lane, chance.uniform(*MEDIANS), chance.randint(*GAPS)) for lane in lanes]
    by_route = {route: simulate(route, chance, days) for route in routes}
    by_lane = {route.lane: parcels for route, parcels in by_route.items()}
    begun = time.perf_counter()
    known = nights(by_lane, days)
    report.say(f"{days} nights learnt in {time.perf_counter() - begun:.0f} s")
    ours, fixed = judge(LEARNT, by_route, known), judge(FIXED, by_route, known)
    show(report, "learnt", ours)
    show(report, "five days for every lane", fixed)
    report.judge("% of parcels held by P90, at least", 100 * ours.share_held, 85)
    report.judge("% of parcels held by P90, at most", 100 * ours.share_held, 95, at_most=True)
    report.judge("% of lost parcels found in time", 100 * ours.found / ours.lost, 95)
    report.judge("% of sound parcels cried out for", 100 * ours.cried / ours.sound, 2, at_most=True)
    report.judge("lanes within 85 to 95 %, over the fixed rule's", ours.within, fixed.within + 1)
    report.judge("sound parcels cried out for, of the fixed rule's", ours.cried / fixed.cried, 1, at_most=True)
    recompute(report, by_lane, known, quick=quick)
    report.end()


if __name__ == "__main__":
    run(quick="--quick" in sys.argv)
