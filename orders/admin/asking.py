"""Asking an endpoint's provider: the buttons of its page, and how it stands between us."""

from typing import Any

from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.safestring import SafeString

from orders.admin import badges
from orders.admin.acting import Act, ActForm, text_field
from orders.admin.words import counted
from orders.blockers import Reason
from orders.models import Endpoint
from orders.signatures import SCHEMES
from tracking.carriers.asking import WAYS
from tracking.models import Contact, Heard, Question
from tracking.services import ask_for_missing, begin_asking, end_asking, is_known_well, why_never_asked

CHANGE = "orders.change_endpoint"
NEXT_STEPS: dict[str, str] = {
    Contact.Alarm.SILENT: "Look at the provider's own pages: are its webhooks switched on, and is the address the one "
    "above? Until it tells again, “Ask for missing” fills the gap, where it can be asked.",
    Contact.Alarm.LOSES: "Nothing is missing here: we asked for it. Tell the provider that some do not reach us.",
}


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
        hint="Of every parcel that is under way and of which no other endpoint tells, as fast as the provider allows.",
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
    mark, sentence = _hooks(endpoint, contact)
    return {
        "panel": "admin/orders/endpoint/contact.html",
        "contact": contact,
        "mark": mark,
        "sentence": sentence,
        "next_step": NEXT_STEPS.get(contact.alarm) if contact else "",
        "can_be_asked": endpoint.provider in WAYS,
        "is_asked": is_asked,
        "counts": counts,
        "next_at": contact.next_at if contact and contact.trouble else _next(questions),
        "heard": heard,
    }


def _next(questions: Any) -> Any:
    return questions.open().order_by("next_at").values_list("next_at", flat=True).first()


def waits_for_secret(endpoint: Endpoint) -> bool:
    return not (endpoint.secrets or SCHEMES[endpoint.provider].is_token_enough)


def alarm_mark(endpoint: Endpoint, contact: Contact | None) -> SafeString | None:
    """Return what stands against its webhooks. What came since ends it, when we listen next."""
    if contact is None or contact.alarm_at is None:
        return None
    last = endpoint.last_received_at
    if contact.alarm == Contact.Alarm.SILENT and last and last > contact.alarm_at:
        return badges.mark(badges.MOVING, "clock", "Heard again")
    return badges.mark(badges.PERSON, "alert", str(Contact.Alarm(contact.alarm).label))


def _hooks(endpoint: Endpoint, contact: Contact | None) -> tuple[SafeString, str]:
    """Return how its webhooks stand, in a word or two, and the sentence beneath."""
    if waits_for_secret(endpoint):
        name = SCHEMES[endpoint.provider].name
        return (
            badges.mark(badges.PERSON, "stop", "No secret yet"),
            f"All that comes is refused until the secret that {name} shows is entered.",
        )
    if alarm := alarm_mark(endpoint, contact):
        return alarm, ""
    if endpoint.last_received_at is None:
        return badges.mark(badges.WAITING, "clock", "Nothing heard yet"), ""
    if not is_known_well(endpoint, timezone.now()):
        return badges.mark(badges.ARRIVED, "done", "Heard"), "For too short a time to know its habits."
    return badges.mark(badges.ARRIVED, "done", "All is well"), ""


def _contact(endpoint: Endpoint) -> Contact | None:
    return Contact.objects.filter(endpoint=endpoint).first()
