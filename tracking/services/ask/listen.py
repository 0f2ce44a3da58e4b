"""Listening: does each endpoint's provider still tell us by itself, and all of it? A gap is filled by asking."""

import contextlib
import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from django.utils.formats import date_format

from fulfillment.services.calendar import Calendar
from orders.lifecycle import Refused
from orders.models import Endpoint
from orders.promise import on_weekdays
from orders.signatures import SCHEMES
from tracking.carriers import ADAPTERS
from tracking.carriers.meaning import OURS
from tracking.models import Contact, Heard
from tracking.services.ask.plan import under_way
from tracking.services.ask.silence import UNLIKELY, Rests, chance_of_silence, has_habits
from tracking.services.ask.wish import ask_for_missing

HISTORY, LATELY = timedelta(days=28), timedelta(days=7)
LEAST_NEWS, LEAST_SHARE = 3, 0.005

Verdict = tuple[str, str]
"""An alarm, and its words."""

logger = logging.getLogger(__name__)


def listen(*, now: datetime | None = None) -> int:
    """Judge every open endpoint; return how many alarms began or ended. One that fails does not hold up the others."""
    now = now or timezone.now()
    live = Endpoint.objects.filter(is_active=True, mode=Endpoint.Mode.LIVE, provider__in=list(ADAPTERS))
    return sum(_listen_to(endpoint, now) for endpoint in live.order_by("pk"))


def _listen_to(endpoint: Endpoint, now: datetime) -> bool:
    try:
        return _note(endpoint, judge(endpoint, now), now)
    except Exception:  # see above; logged with all that is known
        logger.exception("endpoint %s could not be judged", endpoint.pk)
        return False


def judge(endpoint: Endpoint, now: datetime) -> Verdict:
    """Say what is wrong with what we hear of an endpoint's provider, if anything is."""
    hours = Heard.objects.filter(endpoint=endpoint, hour_at__gt=now - HISTORY)
    heard = list(hours.filter(deliveries__gt=0).values_list("hour_at", flat=True))
    if chance_of_silence(heard, now, _holidays(now)) < UNLIKELY and under_way(endpoint, now).exists():
        return Contact.Alarm.SILENT, _silent(endpoint, now)
    sums = hours.filter(hour_at__gt=now - LATELY).aggregate(news=Sum("news"), told=Sum("deliveries"))
    news, told = sums["news"] or 0, sums["told"] or 0
    if news >= LEAST_NEWS and news >= LEAST_SHARE * (news + told):
        return Contact.Alarm.LOSES, f"In the last seven days {news} parcels had news that no webhook told us: we asked."
    return Contact.Alarm.NONE, ""


def is_known_well(endpoint: Endpoint, now: datetime) -> bool:
    """Say whether there is history enough to judge what is not heard."""
    hours = Heard.objects.filter(endpoint=endpoint, hour_at__gt=now - HISTORY, deliveries__gt=0)
    return has_habits(list(hours.values_list("hour_at", flat=True)))


def _holidays(now: datetime) -> Rests:
    """Say whether an hour belongs to a working day on which no warehouse sends: carriers rest on those as well."""
    calendar = Calendar(timezone.localdate(now - HISTORY))
    return lambda hour: on_weekdays(day := timezone.localdate(hour)) and not calendar.opens(day)


def _silent(endpoint: Endpoint, now: datetime) -> str:
    name = "its sender" if endpoint.provider == OURS else SCHEMES[endpoint.provider].name
    last = Heard.objects.filter(endpoint=endpoint, deliveries__gt=0).aggregate(last=Max("hour_at"))["last"] or now
    since = date_format(timezone.localtime(last + timedelta(hours=1)), "j M, H:i")
    return f"Nothing has come since {since}, which is not its habit: {name} has probably switched our hook off."


def _note(endpoint: Endpoint, verdict: Verdict, now: datetime) -> bool:
    """Write the verdict where it is another; who has just fallen silent is asked of all that is under way."""
    alarm, words = verdict
    with transaction.atomic():
        contact, _ = Contact.objects.get_or_create(endpoint=endpoint)
        fresh = Contact.objects.filter(pk=contact.pk).exclude(alarm=alarm)
        is_news = fresh.update(alarm=alarm, alarm_words=words, alarm_at=now if alarm else None)
        Contact.objects.filter(pk=contact.pk, alarm=alarm).exclude(alarm_words=words).update(alarm_words=words)
    if is_news and alarm == Contact.Alarm.SILENT:
        with contextlib.suppress(Refused):  # who cannot be asked, or not now
            ask_for_missing(endpoint, now=now)
    return bool(is_news)
