"""What staff entered: one scan, in our own words, of a parcel that they chose."""

import json
from datetime import UTC, datetime

from tracking.carriers.meaning import OURS
from tracking.status import Place, Scan, Snapshot


def read(raw: bytes, carrier: str, tracking_number: str) -> Snapshot:
    """Read what `enter_scan` wrote down."""
    said = json.loads(raw)
    at = datetime.fromisoformat(said["at"])
    scan = Scan(
        at=at.astimezone(UTC),
        wall=at.replace(tzinfo=None).isoformat(),
        raw_status=said["status"],
        raw_detail=said["reason"],
        message=said["message"],
        place=Place(city=said["city"], country=said["country"]),
    )
    return Snapshot(
        scans=(scan,),
        provider=OURS,
        carrier=carrier.strip().lower()[:64],
        tracking_number=tracking_number,
        reference=said["parcel"],
    )
