"""Asking an endpoint's provider: the buttons of its page, and how it stands between us."""

from typing import Any

from django.db.models import Count, Max, Q

from orders.admin import badges
from orders.admin.acting import Act, ActForm, text_field
from orders.admin.words import counted
from orders.blockers import Reason
from orders.models import Endpoint
from tracking.carriers.asking import WAYS
from tracking.models import Contact, Heard, Question
from tracking.services import ask_for_missing, begin_asking, end_asking, why_never_asked

CHANGE = "orders.change_endpoint"


class KeyOfApiForm(ActForm):
    key = text_field("Key of its API", help_text="As the provider shows it. Nobody can look it up here later.")


def _why_not_begin(endpoint: Endpoint) -> list[Reason]:
    reason = why_never_asked(endpoint.provider)
    return [Reason("only_tells", reason, "nobody")] if reason else []


def _why_not_ask(endpoint: Endpoint) -> list[Reason]:
    if reasons := _why_not_begin(endpoint):
        return reasons
    contact = _contact(endpoint)
    if contact and contact.is_asking:
        return []
    return [Reason("no_key", "There is no key of its API yet.", "nobody")]


def _missing(endpoint: Endpoint, *_: object) -> str:
    count = ask_for_missing(endpoint)
    return f"It is asked of {counted(count, 'parcel', 'parcels')} now." if count else "Nothing is under way."


ACTS = (
    Act(
        "ask",
        "Ask for missing",
        CHANGE,
        _missing,
        "{} is asked.",
        _why_not_ask,
        hint="Of every parcel that is under way, as fast as the provider allows.",
        is_telling=True,
    ),
    Act(
        "ask-key",
        "Enter the key of its API",
        CHANGE,
        lambda endpoint, _by, data: begin_asking(endpoint, data["key"]) and None,
        "{} is asked from now on.",
        _why_not_begin,
        KeyOfApiForm,
        hint="Parcels that its webhooks are silent about are then asked of.",
    ),
    Act(
        "ask-no-more",
        "Ask no more",
        CHANGE,
        lambda endpoint, _by, _data: end_asking(endpoint),
        "{} is not asked any more, and its key is forgotten.",
        _why_not_ask,
        style="danger",
    ),
)


def panel(endpoint: Endpoint) -> dict[str, Any]:
    """Return what the endpoint's page shows: what we hear, and what we ask."""
    contact = _contact(endpoint)
    questions = Question.objects.filter(endpoint=endpoint)
    counts = questions.aggregate(
        open=Count("pk", filter=Q(ended="")),
        unknown=Count("pk", filter=Q(ended=Question.End.UNKNOWN)),
        stopped=Count("pk", filter=Q(ended="") & Q(stopped_at__isnull=False)),
        last=Max("asked_at"),
    )
    heard = Heard.objects.filter(endpoint=endpoint, deliveries__gt=0).order_by("-hour_at").first()
    is_asked = bool(contact and contact.is_asking)
    return {
        "panel": "admin/orders/endpoint/contact.html",
        "contact": contact,
        "mark": _mark(contact),
        "can_be_asked": endpoint.provider in WAYS,
        "is_asked": is_asked,
        "counts": counts,
        "next_at": contact.next_at if contact and contact.trouble else _next(questions),
        "heard": heard,
    }


def _next(questions: Any) -> Any:
    return questions.open().order_by("next_at").values_list("next_at", flat=True).first()


def _mark(contact: Contact | None) -> Any:
    if contact and contact.alarm:
        return badges.mark(badges.PERSON, "alert", str(Contact.Alarm(contact.alarm).label))
    if contact and contact.trouble:
        return badges.mark(badges.LOOK, "alert", "Does not answer")
    return badges.mark(badges.ARRIVED, "done", "All is well")


def _contact(endpoint: Endpoint) -> Contact | None:
    return Contact.objects.filter(endpoint=endpoint).first()
