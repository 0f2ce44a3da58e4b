"""How a status looks, everywhere: its hue, its icon; the word comes with it, as colour alone says nothing."""

from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from fulfillment.carrier import carrier_name

register = template.Library()


@register.filter
def age(since: datetime, now: datetime) -> str:
    """Return how long it has been: "3 hours", "less than a minute"."""
    return timesince(since, now) if now - since >= timedelta(minutes=1) else "less than a minute"


class Look(NamedTuple):
    """`hue` is one of waiting, moving, look, person, arrived, back; `icon` a symbol of static/img/icons.svg."""

    hue: str
    icon: str


LOOKS = {
    # orders
    "PLACED": Look("waiting", "clipboard"),
    "CONFIRMED": Look("waiting", "clipboard"),
    "IN_FULFILLMENT": Look("moving", "scan"),
    "PARTLY_SHIPPED": Look("moving", "truck"),
    "SHIPPED": Look("moving", "truck"),
    "DELIVERED": Look("arrived", "home"),
    "CANCELLED": Look("waiting", "cross"),
    "RETURNED": Look("back", "store"),
    # shipments
    "PLANNED": Look("waiting", "hourglass"),
    "READY": Look("waiting", "clock"),
    "PICKING": Look("moving", "scan"),
    "PICKED": Look("moving", "scan"),
    "PACKED": Look("moving", "box"),
    "LOST": Look("person", "stop"),
    "RETURNED_TO_SENDER": Look("back", "store"),
    # parcels
    "UNKNOWN": Look("waiting", "clock"),
    "PRE_TRANSIT": Look("waiting", "tag"),
    "IN_TRANSIT": Look("moving", "truck"),
    "EXCEPTION": Look("look", "alert"),
    "OUT_FOR_DELIVERY": Look("moving", "pin"),
    "DELIVERY_ATTEMPT_FAILED": Look("look", "retry"),
    "AVAILABLE_FOR_PICKUP": Look("look", "store"),
    "RETURNING_TO_SENDER": Look("back", "back"),
    "EXPIRED": Look("look", "unknown"),
    # messages
    "QUEUED": Look("waiting", "clock"),
    "SENT": Look("moving", "mail"),
    "BOUNCED": Look("person", "back"),
    "FAILED": Look("person", "stop"),
    "SUPPRESSED": Look("waiting", "cross"),
    "UNCERTAIN": Look("look", "unknown"),
    # what came in
    "RECEIVED": Look("waiting", "clock"),
    "PROCESSED": Look("arrived", "done"),
    "QUARANTINED": Look("person", "stop"),
    "IGNORED": Look("waiting", "cross"),
    # findings of the audit
    "OPEN": Look("person", "alert"),
    "ACKNOWLEDGED": Look("look", "user"),
    "RESOLVED": Look("arrived", "done"),
    "ERROR": Look("person", "stop"),
    "WARNING": Look("look", "alert"),
    # what a page says of an order as a whole
    "WAITING": Look("waiting", "hourglass"),
    "PREPARING": Look("moving", "scan"),
    "HELD": Look("look", "pause"),
    "LATE": Look("look", "clock"),
    "STUCK": Look("look", "alert"),
}


@register.filter
def carrier(code: str) -> str:
    """Return a carrier's name, as people write it."""
    return carrier_name(code)


@register.filter
def hue(status: str) -> str:
    return LOOKS[status].hue


@register.filter
def icon_of(status: str) -> str:
    return LOOKS[status].icon


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon. It is decoration: the word stands beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', _sprite(), name)


@register.inclusion_tag("components/_badge.html")
def badge(status: str, word: str) -> dict[str, str]:
    return {"hue": LOOKS[status].hue, "icon_name": LOOKS[status].icon, "word": word}


@cache
def _sprite() -> str:
    return static("img/icons.svg")
