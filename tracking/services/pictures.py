"""Rows ↔ pictures: how what a source said is written down, and read back for the fold."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from fulfillment.models import Parcel
from orders.models import Endpoint
from tracking.carriers.meaning import OURS, Table, Tables, understood
from tracking.models import CarrierEvent, Snapshot
from tracking.status import Eta, Headline, Place, Scan
from tracking.status import Snapshot as Picture

LONGEST = 255


def snapshot_of(
    picture: Picture,
    *,
    source: str,
    endpoint: Endpoint | None,
    channel_id: int | None,
    inbox_id: UUID | None,
    received_at: datetime,
    is_asked: bool = False,
) -> Snapshot:
    """Return the row of a picture, not saved yet."""
    return Snapshot(
        source=source,
        endpoint=endpoint,
        channel_id=channel_id,
        inbox_id=inbox_id,
        provider=picture.provider or OURS,
        source_tracker_id=picture.source_tracker_id,
        carrier=picture.carrier,
        tracking_number=picture.tracking_number,
        tracking_key=Parcel.key_of(picture.tracking_number)[:LONGEST],
        reference=picture.reference,
        stated_at=picture.stated_at,
        received_at=received_at,
        is_asked=is_asked,
        is_complete=picture.is_complete,
        headline_raw=picture.headline.raw,
        headline_detail=picture.headline.detail,
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
            raw_status=scan.raw_status,
            raw_detail=scan.raw_detail,
            code=scan.code,
            message=scan.message,
            city=scan.place.city,
            region=scan.place.region,
            postal_code=scan.place.postal_code,
            country=scan.place.country,
        )


def picture_of(snapshot: Snapshot, tables: Tables) -> Picture:
    """Read a snapshot back, with what its words mean by these tables; its scans are prefetched."""
    return understood(_said(snapshot), tables.get(snapshot.provider) or Table(snapshot.provider))


def _said(snapshot: Snapshot) -> Picture:
    eta = Eta(snapshot.eta_from, snapshot.eta_to) if snapshot.eta_from and snapshot.eta_to else None
    return Picture(
        scans=tuple(_scan(row) for row in snapshot.scans.all()),
        source=snapshot.source,
        provider=snapshot.provider,
        source_tracker_id=snapshot.source_tracker_id,
        carrier=snapshot.carrier,
        tracking_number=snapshot.tracking_number,
        reference=snapshot.reference,
        stated_at=snapshot.stated_at,
        headline=Headline(raw=snapshot.headline_raw, detail=snapshot.headline_detail),
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
        raw_status=row.raw_status,
        raw_detail=row.raw_detail,
        code=row.code,
        message=row.message,
        place=Place(row.city, row.region, row.postal_code, row.country),
    )
