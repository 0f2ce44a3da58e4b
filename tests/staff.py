"""People who work in the admin: one of each role, logged in."""

import re
from html import unescape
from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client

from orders.models import Order
from orders.models.event import Event


def user_of(role: str) -> User:
    user, _ = User.objects.get_or_create(username=role, defaults={"is_staff": True})
    user.groups.set([Group.objects.get(name=role)])
    return user


def client_of(role: str) -> Client:
    client = Client()
    client.force_login(user_of(role))
    return client


def superuser() -> Client:
    client = Client()
    client.force_login(User.objects.get_or_create(username="root", is_staff=True, is_superuser=True)[0])
    return client


def trail(order: Order) -> list[str]:
    return list(Event.objects.filter(order=order).order_by("seq").values_list("kind", flat=True))


def flashes(response: Any) -> list[str]:
    """What the next page says, of a response that redirected; or what the form says that stands there again."""
    said = [str(message) for message in response.wsgi_request._messages]
    wrong = re.findall(r'<p class="ot-error" role="alert">(.*?)</p>', response.content.decode(), re.DOTALL)
    return said + [unescape(each) for each in wrong]
