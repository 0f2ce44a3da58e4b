"""A status as people see it: its word, its icon, and a hue that says only status (look: never colour alone)."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

WAITING, MOVING, LOOK, PERSON, ARRIVED, BACK = "waiting", "moving", "look", "person", "arrived", "back"

Badge = tuple[str, str]
"""Hue and icon."""

ORDER: dict[str, Badge] = {
    "PLACED": (WAITING, "clipboard"),
    "CONFIRMED": (WAITING, "clock"),
    "IN_FULFILLMENT": (MOVING, "scan"),
    "PARTLY_SHIPPED": (MOVING, "truck"),
    "SHIPPED": (MOVING, "truck"),
    "DELIVERED": (ARRIVED, "done"),
    "CANCELLED": (WAITING, "cross"),
    "RETURNED": (BACK, "back"),
}
SHIPMENT: dict[str, Badge] = {
    "PLANNED": (WAITING, "hourglass"),
    "READY": (WAITING, "clipboard"),
    "PICKING": (MOVING, "scan"),
    "PICKED": (MOVING, "check"),
    "PACKED": (MOVING, "box"),
    "SHIPPED": (MOVING, "truck"),
    "DELIVERED": (ARRIVED, "done"),
    "CANCELLED": (WAITING, "cross"),
    "LOST": (PERSON, "stop"),
    "RETURNED_TO_SENDER": (BACK, "back"),
}
TRACKER: dict[str, Badge] = {
    "UNKNOWN": (WAITING, "unknown"),
    "PRE_TRANSIT": (WAITING, "tag"),
    "IN_TRANSIT": (MOVING, "truck"),
    "EXCEPTION": (LOOK, "alert"),
    "OUT_FOR_DELIVERY": (MOVING, "truck"),
    "DELIVERY_ATTEMPT_FAILED": (LOOK, "retry"),
    "AVAILABLE_FOR_PICKUP": (LOOK, "store"),
    "RETURNING_TO_SENDER": (BACK, "back"),
    "DELIVERED": (ARRIVED, "done"),
    "RETURNED_TO_SENDER": (BACK, "back"),
    "LOST": (PERSON, "stop"),
    "EXPIRED": (LOOK, "clock"),
    "CANCELLED": (WAITING, "cross"),
}
MESSAGE: dict[str, Badge] = {
    "QUEUED": (WAITING, "clock"),
    "SENT": (MOVING, "mail"),
    "DELIVERED": (ARRIVED, "done"),
    "BOUNCED": (PERSON, "back"),
    "FAILED": (PERSON, "stop"),
    "SUPPRESSED": (WAITING, "cross"),
    "UNCERTAIN": (LOOK, "unknown"),
}
INBOX: dict[str, Badge] = {
    "RECEIVED": (WAITING, "clock"),
    "PROCESSED": (ARRIVED, "done"),
    "QUARANTINED": (PERSON, "stop"),
    "IGNORED": (WAITING, "cross"),
}
FINDING: dict[str, Badge] = {
    "OPEN": (PERSON, "alert"),
    "ACKNOWLEDGED": (LOOK, "user"),
    "RESOLVED": (ARRIVED, "done"),
    "ERROR": (PERSON, "stop"),
    "WARNING": (LOOK, "alert"),
}
TABLES = {
    "order": ORDER,
    "shipment": SHIPMENT,
    "tracker": TRACKER,
    "message": MESSAGE,
    "inbox": INBOX,
    "finding": FINDING,
}


def icon(name: str) -> SafeString:
    """Draw an icon of the house's sprite; it says nothing that no word says."""
    sprite = static("img/icons.svg")
    return format_html('<svg class="ot-icon" aria-hidden="true"><use href="{}#{}"></use></svg>', sprite, name)


def badge(table: dict[str, Badge], status: str, word: str) -> SafeString:
    hue, name = table[status]
    return mark(hue, name, word)


def mark(hue: str, icon_name: str, word: str) -> SafeString:
    return format_html('<span class="ot-badge ot-{}">{}{}</span>', hue, icon(icon_name), word)


def cell(main: object, beneath: object) -> SafeString:
    """Two lines of a list's cell: what is looked for, and what tells more of it."""
    return format_html(
        '<span class="ot-cell"><span class="ot-line-of">{}</span><span class="ot-under">{}</span></span>', main, beneath
    )


def code(text: object) -> SafeString:
    return format_html('<span class="ot-code">{}</span>', text)


def under(hue: str, icon_name: str, word: str) -> SafeString:
    """The same in small, beneath what it is said of."""
    return format_html('<span class="ot-hue ot-{}">{}{}</span>', hue, icon(icon_name), word)
