"""Whose an answer is: where two carriers use one number, it may be another's parcel."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fulfillment.models import Parcel
from tracking.carriers.asking import Envelope, Wanted
from tracking.carriers.payload import part


def number_of(envelope: Envelope) -> str:
    """Return the tracking number that an answer is of, as we compare them."""
    it = part(envelope.get("result") or envelope.get("msg") or envelope.get("data"))
    return Parcel.key_of(str(it.get("tracking_code") or it.get("tracking_number") or it.get("number") or ""))


def of_asked_carriers(found: Sequence[Envelope], wanted: Iterable[Wanted]) -> list[Envelope]:
    """Keep what is of a carrier that was asked of. Where none was, and two have the number, nobody can tell whose
    parcel is ours: then neither is kept.
    """
    asked, there = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for one in wanted:
        asked[Parcel.key_of(one.number)] |= {one.carrier} - {""}
    for each in found:
        there[number_of(each)].add(_carrier_of(each))

    def is_ours(each: Envelope) -> bool:
        number = number_of(each)
        return _carrier_of(each) in asked[number] or (not asked[number] and len(there[number]) == 1)

    return [each for each in found if is_ours(each)]


def _carrier_of(envelope: Envelope) -> str:
    return str(part(envelope.get("data")).get("carrier") or "")
