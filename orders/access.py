"""Who is logged in: the person, and with them all that they may do, in one query. Every page asks."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, User
from django.db.models import OuterRef, Subquery, Value

from orders.models.joined import Joined

_DIRECT = User.user_permissions.through.objects.filter(user=OuterRef("pk"))
_BY_GROUP = Group.permissions.through.objects.filter(group__user=OuterRef("pk"))


def person(user_id: Any) -> User | None:
    """Return the user, who knows already what is permitted; a superuser needs no list."""
    found = User.objects.annotate(direct=_names(_DIRECT), by_group=_names(_BY_GROUP)).filter(pk=user_id).first()
    if found is not None and not found.is_superuser:
        names = f"{found.direct or ''} {found.by_group or ''}" if found.is_active else ""
        found._perm_cache = set(names.split())  # type: ignore[attr-defined]  # noqa: SLF001 - where Django keeps it
    return found


class PeopleBackend(ModelBackend):
    """Name and password, as Django has them."""

    def get_user(self, user_id: Any) -> User | None:
        found = person(user_id)
        return found if found is not None and self.user_can_authenticate(found) else None


def _names(granted: Any) -> Subquery:
    """Gather the names of permissions in one text, with blanks between."""
    names = Joined("permission__content_type__app_label", Value("."), "permission__codename")
    return Subquery(granted.order_by().annotate(names=names).values("names"))
