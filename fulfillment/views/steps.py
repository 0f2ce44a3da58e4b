"""What the screens have in common that are filled in scan by scan."""

from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Case, When
from django.http import Http404, HttpRequest, QueryDict
from django.urls import reverse

from fulfillment.models import Scan, Warehouse
from fulfillment.models.stock import WarehouseQuerySet
from fulfillment.services.undo_booking import to_take_back
from fulfillment.views.access import actor, may
from fulfillment.views.step_forms import StepForm

Form = TypeVar("Form", bound=StepForm)
HERE = "floor_warehouse"
SHOWN = 10


def fill(request: HttpRequest, form: type[Form]) -> Form:
    """Return the form as far as it is filled in; where no warehouse is named, in the one where the person is."""
    mine = Warehouse.objects.of(request.user)
    given: QueryDict = (request.POST or request.GET).copy()
    if not given.get("warehouse"):
        given["warehouse"] = here(request).code
    is_trusted = request.user.has_perm("fulfillment.adjust_stock")
    filled = form(given, warehouses=mine, is_trusted=is_trusted, is_asking=request.method != "POST")
    if "warehouse" not in filled.errors and request.session.get(HERE) != given["warehouse"]:
        request.session[HERE] = given["warehouse"]
    return filled


def here(request: HttpRequest) -> Warehouse:
    """Return the warehouse where this person was last, or the first of theirs."""
    found = mine_from_here(request).first()
    if found is None:
        raise Http404("no warehouse")
    return found


def mine_from_here(request: HttpRequest) -> WarehouseQuerySet:
    """Return the warehouses of this person, the one where they were last before the others."""
    last = request.GET.get("warehouse") or request.session.get(HERE, "")
    is_last = Case(When(code=last, then=0), default=1)
    return Warehouse.objects.of(request.user).order_by(is_last, "priority", "code")


def steps(request: HttpRequest, form: StepForm, asks: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Return what every such screen shows: the field that is asked for, and what was filled in before."""
    asked, ask = asks[form.step]
    head = form.typed(*form.HEAD)
    return {
        "form": form,
        "given": form.cleaned_data,
        "asked": asked,
        "ask": ask,
        "typed": form.typed(),
        "again": urlencode(head) if form.typed() != head else "",
        "product": form.cleaned_data.get("sku") if form.is_begun else None,
        "warehouses": [] if form.is_begun else places_of(request),
        "doubted": form.doubted if may(request, "count") else None,
    }


def places_of(request: HttpRequest) -> list[Warehouse]:
    """Return the warehouses to choose from; none where there is no choice."""
    mine = list(Warehouse.objects.of(request.user))
    return mine if len(mine) > 1 else []


def mine(request: HttpRequest, step: str) -> dict[str, Any]:
    """Return what this person did in a step, the latest first, and what of it can be taken back."""
    done = Scan.objects.filter(by=str(actor(request)), step=step, result__in=Scan.DONE)
    booked = list(done.select_related("undone_by").order_by("-pk")[:SHOWN])
    return {"booked": booked, "last": to_take_back(booked)}


def again(name: str, given: dict[str, str]) -> str:
    return f"{reverse(name)}?{urlencode(given)}"
