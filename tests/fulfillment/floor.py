"""Somebody on the floor: logged in with a role, scanning into plain forms, without script."""

import re
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group, User
from django.test import Client

from fulfillment.models import Scan, Shipment
from orders.models import Actor, Order
from tests.factories import shipment as shipment_of


def person(role: str, name: str = "alice") -> User:
    user = User.objects.create_user(name, is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


class Floor:
    """A person, and the screen of a step of one shipment."""

    def __init__(self, order: Order, step: str = "pick", *, user: User | None = None) -> None:
        self.user = user or User.objects.filter(username="alice").first() or person("manager")
        self.client = Client()
        self.client.force_login(self.user)
        self.shipment = shipment_of(order)
        self.step = step

    @property
    def url(self) -> str:
        return f"/floor/{self.shipment.number}/{self.step}/"

    @property
    def by(self) -> Actor:
        return Actor.of("user", self.user)

    def post(self, *, operation: str | None = None, follow: bool = True, **fields: Any) -> Any:
        sent = {"operation": operation or str(uuid4()), **fields}
        return self.client.post(self.url, sent, follow=follow)

    def scan(self, *texts: str) -> str:
        """Scan one text after the other; return what the last one was answered."""
        for text in texts:
            response = self.post(scanned=text)
            assert response.status_code == 200
        return said(response)

    def screen(self) -> str:
        return words(self.client.get(self.url))

    def status(self) -> str:
        return Shipment.objects.get(pk=self.shipment.pk).status

    def results(self) -> list[str]:
        return list(Scan.objects.values_list("result", flat=True))


class Scanner:
    """A person with a scanner, on whatever screen the last scan led to."""

    def __init__(self, role: str = "picker", name: str = "alice", url: str = "/floor/") -> None:
        self.user = User.objects.filter(username=name).first() or person(role, name)
        self.client = Client()
        self.client.force_login(self.user)
        self.url = url

    @property
    def by(self) -> Actor:
        return Actor.of("user", self.user)

    def post(self, to: str = "", **fields: Any) -> str:
        response = self.client.post(to or self.url, {"operation": str(uuid4()), **fields}, follow=True)
        assert response.status_code == 200
        self.url = response.request["PATH_INFO"]
        return said(response)

    def scan(self, *texts: str) -> str:
        for text in texts:
            answer = self.post(scanned=text)
        return answer

    def press(self, word: str, to: str = "") -> str:
        """Press the button that says so, with all that its form carries; it is sent to where it stands, if not `to`."""
        page = self.client.get(self.url).content.decode()
        form = next(form for form in page.split("<form")[1:] if word in form)
        form = form.split("</form>")[0]
        fields = {
            tag.split('name="')[1].split('"')[0]: tag.split('value="')[1].split('"')[0]
            for tag in form.split("<")
            if 'name="' in tag and 'value="' in tag and not (tag.startswith("button") and word not in tag.split(">")[1])
        }
        return self.post(to, **{k: v for k, v in fields.items() if k != "csrfmiddlewaretoken"})

    def page(self) -> str:
        return words(self.client.get(self.url))


def words(response: Any) -> str:
    """Return the words of a page, with single blanks between them."""
    main = response.content.decode().split('<main id="main">')[-1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def said(response: Any) -> str:
    """Return what the page says of the last scan."""
    found = re.findall(r'data-tone="(\w+)">(.*?)</p>', response.content.decode(), re.DOTALL)
    return " / ".join(f"{tone}: {' '.join(re.sub(r'<[^>]+>', ' ', text).split())}" for tone, text in found)
