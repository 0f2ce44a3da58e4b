"""Rows ↔ pictures: how what a source said is written down, and read back for the fold."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from fulfillment.models import Parcel
from orders.models import Endpoint
from tracking.models import CarrierEvent, Snapshot
from tracking.status import Eta, Headline, Place, Scan
from tracking.status import Snapshot as Picture


def snapshot_of(
    picture: Picture,
    *,
    source: str,
    endpoint: Endpoint | None,
    channel_id: int | None,
    inbox_id: UUID | None,
    received_at: datetime,
) -> Snapshot:
    """Return the row of a picture, not saved yet."""
    return Snapshot(
        source=source,
        endpoint=endpoint,
        channel_id=channel_id,
        inbox_id=inbox_id,
        source_tracker_id=picture.source_tracker_id,
        carrier=picture.carrier,
        tracking_number=picture.tracking_number,
        tracking_key=Parcel.key_of(picture.tracking_number),
        stated_at=picture.stated_at,
        received_at=received_at,
        is_complete=picture.is_complete,
        headline_status=picture.headline.status,
        headline_reason=picture.headline.reason,
        headline_raw=picture.headline.raw,
        headline_is_action_required=picture.headline.is_action_required,
        headline_is_unmapped=picture.headline.is_unmapped,
        eta_from=picture.eta.earliest if picture.eta else None,
        eta_to=picture.eta.latest if picture.eta else None,
        delivered_at=picture.delivered_at,
        is_return=picture.is_return,
        digest=picture.digest(),
    )


def scans_of(snapshot: Snapshot, picture: Picture) -> Iterable[CarrierEvent]:
    """Yield the rows of its scans."""
    for seq, scan in enumerate(picture.scans):
        yield CarrierEvent(
            snapshot=snapshot,
            seq=seq,
            at=scan.at,
            wall=scan.wall,
            is_zone_true=scan.is_zone_true,
            status=scan.status,
            reason=scan.reason,
            is_action_required=scan.is_action_required,
            is_unmapped=scan.is_unmapped,
            raw_status=scan.raw_status,
            code=scan.code,
            message=scan.message,
            city=scan.place.city,
            region=scan.place.region,
            postal_code=scan.place.postal_code,
            country=scan.place.country,
        )


def picture_of(snapshot: Snapshot) -> Picture:
    """Read a snapshot back; its scans are prefetched."""
    eta = Eta(snapshot.eta_from, snapshot.eta_to) if snapshot.eta_from and snapshot.eta_to else None
    return Picture(
        scans=tuple(_scan(row) for row in snapshot.scans.all()),
        source=snapshot.source,
        source_tracker_id=snapshot.source_tracker_id,
        carrier=snapshot.carrier,
        tracking_number=snapshot.tracking_number,
        stated_at=snapshot.stated_at,
        headline=Headline(
            snapshot.headline_status,
            snapshot.headline_reason,
            snapshot.headline_raw,
            snapshot.headline_is_action_required,
            snapshot.headline_is_unmapped,
        ),
        eta=eta,
        is_complete=snapshot.is_complete,
        delivered_at=snapshot.delivered_at,
        is_return=snapshot.is_return,
    )


def _scan(row: CarrierEvent) -> Scan:
    return Scan(
        at=row.at,
        wall=row.wall,
        is_zone_true=row.is_zone_true,
        seq=row.seq,
        status=row.status,
        reason=row.reason,
        is_action_required=row.is_action_required,
        is_unmapped=row.is_unmapped,
        raw_status=row.raw_status,
        code=row.code,
        message=row.message,
        place=Place(row.city, row.region, row.postal_code, row.country),
    )
