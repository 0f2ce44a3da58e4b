"""What stands on the papers of the warehouse."""

from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Address:
    """A name and the lines under it, as they are printed; the last one is the country."""

    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of an article."""

    quantity: int
    name: str
    sku: str


@dataclass(frozen=True, slots=True)
class Box:
    """One parcel of a shipment. Where nobody said what is in it, it holds nothing here."""

    number: str
    place: int
    of: int
    weight_grams: int | None = None
    goods: tuple[Goods, ...] = ()


@dataclass(frozen=True, slots=True)
class Slip:
    """What lies in the parcels of a shipment, for whoever opens them; `to_follow` comes later."""

    shop: str
    order: str
    shipment: str
    placed: date
    sender: Address
    to: Address
    boxes: tuple[Box, ...]
    to_follow: tuple[Goods, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What is stuck on a parcel."""

    box: Box
    sender: Address
    to: Address
    method: str
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """Units of an article to fetch from a bin, and where on the cart they go."""

    bin: str
    goods: Goods
    slot: str = ""


@dataclass(frozen=True, slots=True)
class PickList:
    """A walk: of a shipment, or of a cart."""

    number: str
    warehouse: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A parcel on a manifest."""

    number: str
    tracking_number: str
    to: str
    weight_grams: int | None


@dataclass(frozen=True, slots=True)
class Handover:
    """The parcels that a carrier takes along."""

    number: str
    warehouse: Address
    carrier: str
    closed_at: datetime
    by: str
    rows: tuple[Row, ...] = field(default_factory=tuple)
