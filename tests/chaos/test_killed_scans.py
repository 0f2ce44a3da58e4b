"""The web server is killed while somebody scans: what was answered is booked, once, and no log knows the customer."""

import random
import threading
import time
from uuid import uuid4

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from fulfillment import ledger
from fulfillment.audit import tasks_beyond_what_is_reserved
from fulfillment.models import Cart, PickTask, Scan
from fulfillment.services import claim_cart, release_wave
from orders.models import Actor
from tests.chaos.test_web import Web, web
from tests.factories import ALICE, Shop, stages
from tests.fulfillment.floor import person
from tests.processes import environment, eventually, python

__all__ = ["web"]
pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True)]
UNITS, KILLS = 24, 3


class Scanner:
    """Somebody with a cart, whose device sends a scan again until it is answered."""

    def __init__(self, web: Web, cart: Cart, user: User) -> None:
        self.url, self.tries, self.answered = f"{web.url}/floor/carts/{cart.pk}/", 0, 0
        inside = Client()
        inside.force_login(user)
        session = inside.cookies[settings.SESSION_COOKIE_NAME].value
        self.token = "c" * 32
        self.cookies = {settings.SESSION_COOKIE_NAME: session, settings.CSRF_COOKIE_NAME: self.token}

    def scan(self, text: str) -> None:
        sent = {"operation": str(uuid4()), "scanned": text, "csrfmiddlewaretoken": self.token}
        while True:
            self.tries += 1
            try:
                with httpx.Client(cookies=self.cookies, timeout=10, trust_env=False) as device:
                    answer = device.post(self.url, data=sent, headers={"HX-Request": "true"})
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            self.answered += 1
            return


@pytest.fixture
def styles(db: None) -> None:
    """What `up` gathers before it opens, and pages name."""
    assert python("manage.py", "collectstatic", "--noinput", "-v0", env=environment()).wait(60) == 0


@pytest.mark.usefixtures("styles")
def test_no_unit_is_lost_or_counted_twice_though_the_server_is_killed(web: Web, shop: Shop) -> None:
    shop.receive(shop.mug, 2 * UNITS, bin="A-01-1")
    order = shop.order((shop.mug, UNITS))
    release_wave(shop.warehouse, by=ALICE)
    user = person("picker", "paula")
    scanner = Scanner(web, claim_cart(shop.warehouse, by=Actor.of("user", user)), user)

    def walk() -> None:
        for text in ("A-01-1", *["MUG-01"] * UNITS):
            scanner.scan(text)

    walking = threading.Thread(target=walk)
    walking.start()
    for n in range(1, KILLS + 1):
        eventually(lambda n=n: scanner.answered >= UNITS * n // (KILLS + 2), 60)
        time.sleep(random.random() / 20)
        web.kill()
        web.start()
    walking.join()
    connections.close_all()
    assert scanner.tries > scanner.answered == UNITS + 1, "some were in the middle of it"
    assert Scan.objects.filter(result="RIGHT", quantity=1).count() == UNITS
    assert (stages(order), PickTask.objects.get().status) == ([{"picked": UNITS}], "DONE")
    assert (list(ledger.verify()), list(tasks_beyond_what_is_reserved())) == ([], [])
    log, customer = web.log.read_text(), order.customer
    assert not [text for text in (customer.name, customer.email, customer.phone, "Calle Mayor") if text in log]
