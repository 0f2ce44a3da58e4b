"""The trail of an order as staff reads it: its events, and among them what was sent, scanned and noted.

Each is a line: when, who, what, from what to what. Who may not read the trail, or messages, gets none of them here.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fulfillment.carrier import carrier_name
from fulfillment.models import Parcel, Shipment
from notifications.models import Message
from orders.admin import badges, words
from orders.models import Actor, ApiKey, Endpoint, Event, Note, Order
from tracking.models.tracker import Status as TrackerStatus

SYSTEM = {
    "calendar": "the calendar",
    "carriers": "the carriers",
    "allocate": "the allocation",
    "import": "an import",
    "look-up": "the look-up page",
    "release": "an upgrade",
}
Reader = Callable[[str], bool]
"""Says whether whoever looks has this permission."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the trail. `before` and `after` are statuses in words, where the line changed one."""

    at: datetime
    who: str
    what: str
    group: str
    icon: str
    hue: str = badges.WAITING
    status: str = ""
    """A status that the line speaks of: icon and hue are then its own."""
    details: Sequence[str] = ()
    before: str = ""
    after: str = ""
    url: str = ""
    place: tuple[int, int] = (0, 0)


ICONS = {
    words.ORDER: "clipboard",
    words.WAREHOUSE: "box",
    words.PARCEL: "truck",
    words.MESSAGE: "mail",
    words.NOTE: "user",
}


def trail_of(order: Order, parcels: Sequence[Parcel], may: Reader, group: str = "") -> list[Line]:
    """Return the lines that the reader may see, newest first; those of one group where one is named."""
    lines: list[Line] = []
    notes = {note.pk: note for note in order.notes.all()} if may("orders.view_note") else {}
    if may("orders.view_event"):
        lines += _events(order, notes)
    lines += _lone_notes(notes)
    if may("notifications.view_message"):
        lines += [_message(message) for message in order.messages.all()]
    if may("tracking.view_carrierevent"):
        lines += _scans(parcels)
    kept = [line for line in lines if group in {"", line.group}]
    return sorted(kept, key=lambda line: (line.at, line.place), reverse=True)


def _events(order: Order, notes: dict[int, Note]) -> Iterator[Line]:
    """Tell the events; one that tells of a note takes the note's text, and the note out of `notes`."""
    events = list(order.events.order_by("seq"))
    names = names_of({event.by for event in events})
    changes = _changes(events)
    for event in events:
        note = notes.pop(_note_of(event), None)
        is_note = bool(note) and event.kind == "order.noted"
        group = words.NOTE if is_note else words.GROUP_OF[event.kind.partition(".")[0]]
        before, after = changes.get(event.seq, ("", ""))
        yield Line(
            event.at,
            names[event.by],
            note.text if note and is_note else words.told(event.kind, event.facts),
            group,
            ICONS[group],
            _hue(event.kind),
            details=words.details(event.kind, event.facts) + ([note.text] if note and not is_note else []),
            before=before,
            after=after,
            place=(1, event.seq),
        )


def _note_of(event: Event) -> int:
    """Return the id of the note that the event tells of, or 0. (A released hold says only that there was one.)"""
    told = event.facts.get("note")
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


HUES = {
    "order.delivered": badges.ARRIVED,
    "order.delayed": badges.PERSON,
    "order.held": badges.LOOK,
    "order.cancelled": badges.WAITING,
    "order.lines_cancelled": badges.WAITING,
    "order.returned": badges.BACK,
    "shipment.delivered": badges.ARRIVED,
    "shipment.lost": badges.PERSON,
    "shipment.returned_to_sender": badges.BACK,
    "parcel.delivered": badges.ARRIVED,
    "parcel.lost": badges.PERSON,
    "parcel.exception": badges.LOOK,
    "parcel.delivery_attempt_failed": badges.LOOK,
    "parcel.silent": badges.LOOK,
    "parcel.returning_to_sender": badges.BACK,
    "parcel.returned_to_sender": badges.BACK,
}


def _hue(kind: str) -> str:
    return HUES.get(kind, badges.WAITING)


def _targets(model: type[Any]) -> dict[str, str]:
    """Event kind → the status in words that its transition leads to."""
    labels = dict(model.Status.choices)
    transitions = model._meta.get_field("status").get_all_transitions(model)
    return {each.custom["kind"]: labels[each.target] for each in transitions}


ORDER_TARGETS = _targets(Order)
SHIPMENT_TARGETS = _targets(Shipment)


def _changes(events: Iterable[Event]) -> dict[int, tuple[str, str]]:
    """Number of an event → the status before and after it, told again from the start."""
    found = {}
    order = str(Order.Status.PLACED.label)
    shipments: dict[str, str] = {}
    for event in events:
        if event.kind in ORDER_TARGETS:
            found[event.seq] = (order, ORDER_TARGETS[event.kind])
            order = ORDER_TARGETS[event.kind]
        elif event.kind in SHIPMENT_TARGETS:
            number = event.facts.get("shipment", "")
            before = shipments.get(number, str(Shipment.Status.PLANNED.label))
            shipments[number] = SHIPMENT_TARGETS[event.kind]
            found[event.seq] = (before, shipments[number])
    return found


def _lone_notes(notes: dict[int, Note]) -> Iterator[Line]:
    """Tell the notes that came with something else, as the release of a hold."""
    names = names_of({note.by for note in notes.values()})
    for note in notes.values():
        yield Line(note.at, names[note.by], note.text, words.NOTE, ICONS[words.NOTE], place=(2, note.pk))


def _message(message: Message) -> Line:
    return Line(
        message.sent_at or message.created_at,
        f"to the {message.recipient}",
        words.MESSAGES.get(message.kind, "A message"),
        words.MESSAGE,
        "mail",
        details=[message.get_status_display(), *([message.note] if message.note else [])],
        status=message.status,
        url=reverse("admin:notifications_message_change", args=[message.pk]),
        place=(3, 0),
    )


def _scans(parcels: Sequence[Parcel]) -> Iterator[Line]:
    for parcel in parcels:
        tracker = getattr(parcel, "tracker", None)
        for n, scan in enumerate(tracker.timeline if tracker else []):
            at = _moment(scan.get("at") or "") or _moment(scan.get("wall") or "")
            if at:
                yield _scan(parcel, scan, at, n)


def _scan(parcel: Parcel, scan: dict[str, Any], at: datetime, n: int) -> Line:
    status = scan.get("status") or ""
    label = dict(TrackerStatus.choices).get(status, "")
    what = scan.get("message") or label or "Scanned"
    place = [scan["place"]] if scan.get("place") else []
    details = [*place, str(parcel), *([label] if label and label != what else [])]
    return Line(
        at,
        carrier_name(parcel.carrier) or "the carrier",
        what,
        words.PARCEL,
        "pin",
        status=status,
        details=details,
        place=(0, n),
    )


def _moment(text: str) -> datetime | None:
    """Read an instant; a carrier's wall clock without a zone counts as ours, as far as the order of lines goes."""
    moment = None
    with suppress(ValueError):  # well formed, and no such day
        moment = parse_datetime(text)
    return timezone.make_aware(moment) if moment and timezone.is_naive(moment) else moment


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return who they are in words: users by name, keys and endpoints as their pages call them."""
    parsed = {text: Actor.parse(text) for text in actors}
    known: dict[str, dict[str, Any]] = {}
    tables: dict[str, Any] = {"user": User, "key": ApiKey, "endpoint": Endpoint}
    for kind, model in tables.items():
        ids = {each.id for each in parsed.values() if each.kind == kind and each.id.isdecimal()}
        rows = model.objects.filter(pk__in=ids) if ids else ()
        known[kind] = {str(row.pk): row for row in rows}
    return {text: _name(who, known) for text, who in parsed.items()}


def _name(who: Actor, known: dict[str, dict[str, Any]]) -> str:
    row = known.get(who.kind, {}).get(who.id)
    match who.kind:
        case "user":
            return (row.get_full_name() or row.get_username()) if row else f"a user who is gone ({who.id})"
        case "key":
            return f"API key {row.prefix}…" if row else f"API key {who.id}"
        case "endpoint":
            return f"{words.provider_name(row.provider)} endpoint" if row else f"endpoint {who.id}"
        case "link":
            return "the customer"
    return SYSTEM.get(who.id, "the system")
