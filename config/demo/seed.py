"""Setting the shop up, once: channels, goods, opening stock, staff, what the warehouse has before it, the carrier's
hook. And whose database this is.
"""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from config.demo.provider import PROVIDER
from config.demo.shop import CHANNELS, SHIPPING, TITLE, WAREHOUSE, articles
from config.demo.stockroom import furnish
from fulfillment import ledger
from fulfillment.ledger.stock import Arrival
from fulfillment.models import Staff
from fulfillment.services import give_badge, give_pin, new_badge, receive_stock
from orders.lifecycle import AlreadyApplied, Refused
from orders.models import SCOPES, Actor, ApiKey, Channel, Endpoint, Order, Product, ShippingMethod
from orders.services import issue_key, open_endpoint, revoke_key, save_products
from orders.signatures import new_secret
from tracking.services import begin_asking, end_asking

STAFF = {  # user → first name, role. Sam, Nina and Otto work by themselves; alice and bob are for who visits
    "alice": ("Alice", "picker"),
    "sam": ("Sam", "picker"),
    "nina": ("Nina", "picker"),
    "bob": ("Bob", "packer"),
    "otto": ("Otto", "packer"),
    "carol": ("Carol", "support"),
    "mia": ("Mia", "manager"),
    "dan": ("Dan", "auditor"),
    "eve": ("Eve", "integrator"),
    "ada": ("Ada", "admin"),
}
SCOPED = ("sam",)
"""Works in the demo's warehouse alone, whatever other is opened; the others in all."""
ON_FLOOR = ("alice", "sam", "bob", "mia")
MAIL = "demo.example.com"
BY = Actor.system("demo")
KEY_LIFE = timedelta(days=2)


class NotOurs(Refused):
    """The database is somebody's shop, not the demo's."""

    code = "not_a_demo"


def refuse_foreign() -> None:
    """Raise NotOurs where orders or users are that the demo did not make."""
    if Order.objects.exclude(channel__name__in=CHANNELS).exists():
        sentence = "This database holds orders that the demo did not make. Point DATABASE_URL to an empty one."
        raise NotOurs(sentence)
    taken = User.objects.filter(username__in=STAFF).exclude(email__endswith=f"@{MAIL}").first()
    if taken:
        raise NotOurs(f"This database has a user {taken.username} that the demo did not make.")


def seed() -> None:
    """Make of the shop what is not there yet. Raises NotOurs."""
    refuse_foreign()
    with transaction.atomic():
        for name, title in CHANNELS.items():
            Channel.objects.get_or_create(name=name, defaults={"title": title, "email": f"help@{MAIL}"})
        for code, (name, handling, at_best, at_worst) in SHIPPING.items():
            days = {"handling_days": handling, "transit_days_from": at_best, "transit_days_to": at_worst}
            ShippingMethod.objects.get_or_create(code=code, defaults={"name": name, **days})
        _hire()
    _fill()
    furnish()
    hook()


def _hire() -> None:
    for username, (first_name, role) in STAFF.items():
        given = {"first_name": first_name, "email": f"{username}@{MAIL}", "is_staff": True, "password": "!"}
        user, is_new = User.objects.get_or_create(username=username, defaults=given)
        if is_new:
            user.groups.add(Group.objects.get(name=role))


def _fill() -> None:
    """Put the goods on their shelves: a receipt that is booked once."""
    columns = ("sku", "name", "department", "brand", "package_size", "weight_grams")
    known = set(Product.objects.values_list("sku", flat=True))
    rows = [{name: getattr(each, name) for name in columns} for each in articles()]
    save_products([row for row in rows if row["sku"] not in known])
    products = {product.sku: product for product in Product.objects.all()}
    shelf = [each for each in articles() if each.opening]
    arrivals = [Arrival(products[each.sku], each.opening, each.bin, n) for n, each in enumerate(shelf)]
    warehouse = ledger.open_warehouse(WAREHOUSE)
    with contextlib.suppress(AlreadyApplied):
        receive_stock(warehouse, arrivals, by=BY, reference="Opening stock", operation="demo: opening stock")


def hook() -> Endpoint:
    """Return the carrier's hook; a new one where there is none, or none whose secret can be read."""
    known = Endpoint.objects.filter(provider=PROVIDER, channel=None, mode=Endpoint.Mode.LIVE, is_active=True)
    found = next((each for each in known if each.secrets), None)
    return found or open_endpoint(provider=PROVIDER, secrets=[new_secret()])


@contextlib.contextmanager
def asked(endpoint: Endpoint, key: str) -> Iterator[None]:
    """Let the house ask the carrier as long as its day lasts: then nobody answers, and nobody else is to be asked."""
    begin_asking(endpoint, key)
    try:
        yield
    finally:
        with contextlib.suppress(Refused):  # a visitor has ended it
            end_asking(endpoint)


def set_password(password: str) -> None:
    """Let all of the staff log in with it. One hash for all: it takes a while, and they share the password."""
    User.objects.filter(username__in=STAFF).update(password=make_password(password))


def badges() -> dict[str, tuple[str, str]]:
    """Give who works on the floor a badge and a PIN; those of the start before open nothing any more."""
    given = {}
    for username in ON_FLOOR:
        staff, is_new = Staff.objects.get_or_create(user=User.objects.get(username=username))
        if is_new and username in SCOPED:
            staff.warehouses.add(ledger.open_warehouse(WAREHOUSE))
        badge, pin = new_badge(), f"{secrets.randbelow(10**6):06d}"
        give_badge(staff, badge)
        give_pin(staff, pin)
        given[username] = (badge, pin)
    return given


def visitors_key() -> str:
    """Return a key for whoever looks around; the one of the start before opens nothing any more."""
    name = "For visitors of the demo"
    for old in ApiKey.objects.filter(channel__name__in=CHANNELS, name=name, revoked_at=None):
        revoke_key(old)
    return issue_key(Channel.objects.get(title=TITLE, name__in=CHANNELS), name=name, scopes=list(SCOPES))[1]


@contextlib.contextmanager
def days_keys() -> Iterator[dict[str, str]]:
    """Yield a key of each channel for one simulated day: it opens nothing any more when the day is over."""
    scopes, ends = ["orders:read", "orders:write", "stock:read", "stock:write"], timezone.now() + KEY_LIFE
    channels = Channel.objects.filter(name__in=CHANNELS)
    keys = {each.name: issue_key(each, name="A simulated day", scopes=scopes, expires_at=ends) for each in channels}
    try:
        yield {channel: secret for channel, (_, secret) in keys.items()}
    finally:
        for key, _ in keys.values():
            revoke_key(key)
