"""F10: when it is expected, by the first and by the last who said so; frozen once the parcel has arrived."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracking.status.picture import Eta, Journey, Snapshot
from tracking.status.timeline import Timeline

MACHINERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Expectation:
    """The first and the last ETA that count, and who gave the last."""

    first: Eta
    last: Eta
    source: str


def expect(timeline: Timeline, journey: Journey, ended_at: datetime | None) -> Expectation | None:
    """Return what is expected: null erases nothing, what lies before the ship date does not count."""
    given = [each for each in timeline.snapshots if each.eta and _is_possible(each.eta, journey)]
    if ended_at:
        given = [each for each in given if timeline.stated(each) <= ended_at] or given[:1]
    return _expectation(given)


def read_eta(text: str, *, made_at: Sequence[datetime] = ()) -> date | None:
    """Read a source's ETA for an adapter: its date as written, never shifted through a zone.

    `made_at`: when the source's tracker was created and updated; test machinery fills the ETA with these.
    """
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    is_made_up = value.tzinfo is not None and any(abs(value - moment) <= MACHINERY for moment in made_at)
    return None if is_made_up else value.date()


def _is_possible(eta: Eta, journey: Journey) -> bool:
    return journey.shipped_on is None or eta.latest >= journey.shipped_on


def _expectation(given: Sequence[Snapshot]) -> Expectation | None:
    etas = [(each.eta, each.source) for each in given]
    (first, _), (last, source) = etas[0] if etas else (None, ""), etas[-1] if etas else (None, "")
    return Expectation(first, last, source) if first and last else None
