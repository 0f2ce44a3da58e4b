"""The name of a channel, as the commands that make one if it is missing take it."""

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from orders.models import Channel


def refuse_odd_name(name: str, *, returncode: int = 1) -> None:
    """Raise CommandError where no channel can have this name: `get_or_create` would not look."""
    try:
        Channel._meta.get_field("name").clean(name, None)
    except ValidationError:
        sentence = f"{name} is no name for a channel: letters, digits, hyphens and underscores, 64 at most."
        raise CommandError(sentence, returncode=returncode) from None


def channel_named(name: str) -> Channel:
    """Return the channel, made if there is none. Raises CommandError."""
    refuse_odd_name(name)
    return Channel.objects.get_or_create(name=name)[0]
