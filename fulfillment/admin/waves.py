"""Waves, their carts and the picks of a walk: who has what, how far it is, what is late, what was not there."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Max, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString

from fulfillment import reports
from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.wave_acts import ACTS, LEAD, ReleaseForm
from fulfillment.models import Cart, PickTask, Scan, Warehouse, Wave
from fulfillment.services import release_wave
from orders.admin import badges
from orders.admin.acting import ActingAdmin, flashing
from orders.admin.base import ReadOnlyAdmin, actor
from orders.admin.filters import choice_filter, field_filter
from orders.admin.trail import names_of

Status = PickTask.Status
ENDED = (Status.DONE, Status.SHORT)
CLAIMED = Q(status=Status.CLAIMED)
FIGURES = {
    "every": Count("pk"),
    "ended": Count("pk", filter=Q(status__in=ENDED)),
    "shorts": Count("pk", filter=Q(status=Status.SHORT)),
    "left": Count("cart", filter=Q(status__in=PickTask.TO_DO), distinct=True),
    "holder": Max("claimed_by", filter=CLAIMED),
    "until": Max("lease_until", filter=CLAIMED),
}
"""What is counted of picks: all, ended, short, carts with something left; who walks, until when."""
NO_PICKS = {"every": 0, "ended": 0, "shorts": 0, "left": 0, "holder": None, "until": None}
STATES = [("free", "Nobody walks with it"), ("held", "Somebody walks with it"), ("late", "Late"), ("done", "Done")]


@admin.register(Wave)
class WaveAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Waves, newest first; the next is released here as on the floor."""

    add_label = "Release a wave"
    list_display = ("number", "warehouse", "progress", "carts_left", "shorts", "released_at", "who")
    list_filter = (warehouse_filter(),)
    list_select_related = ("warehouse",)
    ordering = ("-pk",)
    fields = ("number", "warehouse", "progress", "carts_left", "shorts", "released_at", "who")
    readonly_fields = fields

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return _counted(super().get_object(request, object_id, from_field), "cart__wave")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        _count(changelist.result_list, "cart__wave")
        _name(changelist.result_list, "by")
        return changelist

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(LEAD)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ReleaseForm(request.POST or None, thing=None, warehouses=Warehouse.objects.of(request.user))
        if form.is_valid():
            given = form.cleaned_data
            named = {name: given[name] for name in ("limit", "slots", "operation")}
            with flashing(request, form, "The wave is released."):
                release_wave(given["warehouse"], by=actor(request), **named)
        if not form.is_valid():
            return self.form_page(request, form, "What is due first goes to the floor", "Release")
        return redirect("admin:fulfillment_wave_changelist")

    def more_of(self, request: HttpRequest, thing: Wave) -> dict[str, Any]:
        [row] = reports.rows_of([thing])
        return {"panel": "admin/fulfillment/wave/carts.html", "carts": row.carts}

    @display(description="Wave", ordering="pk")
    def number(self, wave: Wave) -> str:
        return str(wave)

    @display(description="Picks done")
    def progress(self, wave: Any) -> str:
        return f"{wave.ended} of {wave.every}"

    @display(description="Carts under way")
    def carts_left(self, wave: Any) -> int:
        return int(wave.left)

    @display(description="Not enough there")
    def shorts(self, thing: Any) -> str:
        return str(thing.shorts or "—")

    @display(description="Released by")
    def who(self, wave: Any) -> str:
        return _named(wave, wave.by)


def _in_state(carts: QuerySet[Any], chosen: str) -> QuerySet[Any]:
    every = PickTask.objects.all()
    left, claimed, held = (Q(pk__in=tasks.values("cart")) for tasks in (every.to_do(), every.claimed(), every.held()))
    return carts.filter({"free": left & ~claimed, "held": held, "late": claimed & ~held, "done": ~left}[chosen])


def _state(cart: Any) -> str:
    if not cart.left:
        return "done"
    if not cart.holder:
        return "free"
    return "held" if cart.until > timezone.now() else "late"


def _when(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else "—"


@admin.register(Cart)
class CartAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """Carts: who walks with which, under a lease that each scan renews. It is late once that has run out."""

    warehouse_path = "wave__warehouse"
    acts = ACTS
    list_display = ("number_", "where", "kind_", "state", "progress", "shorts", "lease")
    list_filter = (choice_filter("state", "Status", lambda: STATES, _in_state), warehouse_filter("wave__warehouse"))
    list_select_related = ("wave__warehouse",)
    ordering = ("-wave", "number")
    fields = ("number_", "where", "kind_", "state", "lease", "progress", "shorts", "scans_late")
    readonly_fields = fields

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        return _counted(super().get_object(request, object_id, from_field), "cart")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        _count(changelist.result_list, "cart")
        _name(changelist.result_list, "holder")
        return changelist

    def more_of(self, request: HttpRequest, thing: Cart) -> dict[str, Any]:
        tasks = thing.tasks.select_related("bin", "shipment_line__order_line__product", "shipment_line__shipment")
        found = list(tasks.order_by("place", "pk"))
        _name(found, "claimed_by")
        return {"panel": "admin/fulfillment/cart/tasks.html", "tasks": found}

    @display(description="Cart")
    def number_(self, cart: Cart) -> SafeString:
        return badges.code(str(cart))

    @display(description="Warehouse")
    def where(self, cart: Cart) -> str:
        return str(cart.wave.warehouse)

    @display(description="Kind")
    def kind_(self, cart: Cart) -> str:
        return str(cart.get_kind_display())

    @display(description="Status")
    def state(self, cart: Any) -> SafeString:
        hue, icon, word = {
            "done": (badges.ARRIVED, "done", "Done"),
            "free": (badges.WAITING, "hourglass", "Nobody walks with it"),
            "late": (badges.LOOK, "alert", f"Late: {_named(cart, cart.holder)}"),
        }.get(_state(cart), (badges.MOVING, "box", _named(cart, cart.holder)))
        return badges.mark(hue, icon, word)

    @display(description="Picks done")
    def progress(self, cart: Any) -> str:
        return f"{cart.ended} of {cart.every}"

    @display(description="Not enough there")
    def shorts(self, cart: Any) -> str:
        return str(cart.shorts or "—")

    @display(description="Theirs until")
    def lease(self, cart: Any) -> str:
        return _when(cart.until)

    @display(description="Scans that came too late")
    def scans_late(self, cart: Cart) -> int:
        return Scan.objects.filter(task__cart=cart, result=Scan.Result.LATE).count()


@admin.register(PickTask)
class PickTaskAdmin(ScopedAdmin, ReadOnlyAdmin):
    """The picks of all walks, newest first."""

    warehouse_path = "cart__wave__warehouse"
    list_display = ("article", "where", "cart", "units", "state", "who", "until")
    list_filter = (
        field_filter("status", "Status", lambda: Status.choices),
        field_filter("reason", "Why too few", lambda: PickTask.Reason.choices),
        warehouse_filter("cart__wave__warehouse"),
    )
    list_select_related = ("cart", "bin", "shipment_line__order_line__product", "shipment_line__shipment")
    search_fields = ("bin__code", "shipment_line__order_line__product__sku", "shipment_line__shipment__number")
    search_help_text = "Bin, SKU or number of the shipment"
    ordering = ("-pk",)
    fields = ("article", "where", "cart", "shipment", "units", "state", "who", "until")
    readonly_fields = fields

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Picks"} | (extra_context or {}))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        _name(changelist.result_list, "claimed_by")
        return changelist

    @display(description="Article")
    def article(self, task: PickTask) -> SafeString:
        line = task.shipment_line.order_line
        return badges.cell(line.name, badges.code(line.product.sku))

    @display(description="Bin")
    def where(self, task: PickTask) -> SafeString:
        return badges.code(str(task.bin))

    @display(description="Shipment")
    def shipment(self, task: PickTask) -> SafeString:
        return badges.code(str(task.shipment_line.shipment))

    @display(description="Fetched")
    def units(self, task: PickTask) -> str:
        return f"{task.picked} of {task.quantity}"

    @display(description="Status")
    def state(self, task: PickTask) -> SafeString:
        word = str(task.get_reason_display() if task.status == Status.SHORT else task.get_status_display())
        hue, icon = {
            Status.OPEN: (badges.WAITING, "hourglass"),
            Status.CLAIMED: (badges.MOVING, "box"),
            Status.DONE: (badges.ARRIVED, "done"),
            Status.SHORT: (badges.LOOK, "alert"),
        }[Status(task.status)]
        return badges.mark(hue, icon, word)

    @display(description="Theirs until")
    def until(self, task: PickTask) -> str:
        return _when(task.lease_until)

    @display(description="Who")
    def who(self, task: Any) -> str:
        return _named(task, task.claimed_by)


def _count(rows: Iterable[Any], path: str) -> None:
    """Count the picks of the rows of one page; `path` leads from a pick to its row."""
    tasks = PickTask.objects.filter(**{f"{path}__in": [row.pk for row in rows]}).order_by()
    found: dict[int, dict[str, Any]] = {each["row"]: {**each} for each in tasks.values(row=F(path)).annotate(**FIGURES)}
    for row in rows:
        for name, nothing in NO_PICKS.items():
            setattr(row, name, found[row.pk][name] if row.pk in found else nothing)


def _counted(row: Any, path: str) -> Any:
    if row:
        _count([row], path)
    return row


def _name(rows: Iterable[Any], column: str) -> None:
    """Look up who is meant in a column, once for all rows."""
    names = names_of({who for row in rows if (who := getattr(row, column))})
    for row in rows:
        row.person = names.get(getattr(row, column) or "", "")


def _named(row: Any, who: str | None) -> str:
    known = getattr(row, "person", None)
    return (known if known is not None else names_of({who}).get(who, "") if who else "") or "—"
