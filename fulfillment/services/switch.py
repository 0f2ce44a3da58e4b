"""Who stands at a shared device: known by a badge or a PIN, for the floor alone.

A badge is a long random text; of it, and of the PIN, digests are kept. Wrong PINs are counted before they are checked.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from fulfillment.models import Staff
from orders.access import person
from orders.lifecycle import Refused

BADGE = "BADGE-"
"""What every badge begins with: so that it is known in whatever field it is scanned into."""
BADGE_BYTES, SHORTEST_BADGE = 17, 26
TRIES, LOCKED_FOR = 5, timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Met:
    """Who it is; or nobody, and what is said then."""

    user: User | None
    sentence: str = ""


class BadgeTaken(Refused):
    """Somebody else wears this badge."""

    code = "badge_taken"


class FloorBackend(BaseBackend):
    """Marks a session that a badge or a PIN opened. It lets nobody in by itself, and permits nothing."""

    def get_user(self, user_id: int) -> User | None:
        found = person(user_id)
        return found if found and found.is_active else None


FLOOR_BACKEND = f"{FloorBackend.__module__}.{FloorBackend.__qualname__}"


def is_badge(text: str) -> bool:
    return text.strip().upper().startswith(BADGE)


def digest_of(badge: str) -> str:
    return salted_hmac("fulfillment.badge", badge.strip().upper(), algorithm="sha256").hexdigest()


def new_badge() -> str:
    return BADGE + base64.b32encode(secrets.token_bytes(BADGE_BYTES)).decode().rstrip("=")


def give_badge(staff: Staff, badge: str) -> None:
    """Let this badge, and no other, stand for the person. Raises BadgeTaken."""
    digest = digest_of(badge)
    if Staff.objects.filter(badge_digest=digest).exclude(pk=staff.pk).exists():
        raise BadgeTaken("Somebody else wears this badge. Take another.")
    Staff.objects.filter(pk=staff.pk).update(badge_digest=digest)


def give_pin(staff: Staff, pin: str) -> None:
    Staff.objects.filter(pk=staff.pk).update(pin=make_password(pin), tries=0, tried_at=None)


def take_back(staff: Staff) -> None:
    """Let neither badge nor PIN stand for the person any longer."""
    Staff.objects.filter(pk=staff.pk).update(badge_digest=None, pin="")


def by_badge(badge: str) -> Met:
    """Say whose badge it is."""
    staff = _staff().filter(badge_digest=digest_of(badge)).first()
    return Met(staff.user) if staff else Met(None, "Nobody here wears this badge. Ask whoever leads the shift.")


def by_pin(username: str, pin: str) -> Met:
    """Say who has this name and PIN. After TRIES wrong ones nobody has, for a while."""
    staff = _staff().filter(user__username=username).exclude(pin="").first()
    if staff is None:
        make_password(pin)  # a name that nobody has takes as long
    elif not _count_try(staff):
        return Met(
            None, f"That PIN was wrong {TRIES} times. Wait {LOCKED_FOR.seconds // 60} minutes, or scan the badge."
        )
    elif check_password(pin, staff.pin):
        Staff.objects.filter(pk=staff.pk).update(tries=0, tried_at=None)
        return Met(staff.user)
    return Met(None, "Name and PIN do not belong together. Type both again.")


def _staff() -> QuerySet[Staff]:
    """Keep those who may be switched to: a superuser logs in with a password, always."""
    return Staff.objects.filter(user__is_active=True, user__is_superuser=False).select_related("user")


def _count_try(staff: Staff) -> bool:
    """Count a try before it is judged, so that many at once count as well; refuse it beyond TRIES."""
    now, mine = timezone.now(), Staff.objects.filter(pk=staff.pk)
    is_over = Q(tried_at=None) | Q(tried_at__lte=now - LOCKED_FOR)
    if mine.filter(is_over).update(tries=1, tried_at=now):
        return True
    return bool(mine.filter(tries__lt=TRIES).update(tries=F("tries") + 1, tried_at=now))
