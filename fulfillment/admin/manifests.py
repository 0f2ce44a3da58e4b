"""Manifests: what each carrier took along, and the paper to print again."""

from typing import Any
from uuid import uuid5

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.admin.told import told
from fulfillment.carrier import carrier_name
from fulfillment.models import Manifest, Parcel, Scan, Warehouse
from fulfillment.services import Act, close_manifest, load_all
from orders.admin.acting import ActForm, ActingAdmin, choice_field, flashing, standing_field
from orders.admin.base import ReadOnlyAdmin, actor

CLOSE = "fulfillment.close_manifest"
GOES = [("loaded", "What was scanned into the van"), ("all", "All that waits for it: I saw it in the van")]


class CloseForm(ActForm):
    """Whose van leaves, and with what."""

    def __init__(self, *args: Any, warehouses: QuerySet[Warehouse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {place.pk: place for place in warehouses}
        self.fields["van"] = standing_field("Van", _vans(self.places))
        self.fields["goes"] = choice_field("What goes", GOES)

    def clean_van(self) -> tuple[Warehouse, str]:
        pk, _, carrier = self.cleaned_data["van"].partition(":")
        place = next((each for each in self.places.values() if str(each.pk) == pk), None)
        if place is None:
            raise forms.ValidationError("That is no warehouse of yours.")
        return place, carrier


def _vans(places: dict[int, Warehouse]) -> list[tuple[str, str]]:
    """List the carriers that parcels wait for."""
    parcels = Parcel.objects.to_load().filter(shipment__warehouse__in=places)
    counts = {"waiting": Count("pk"), "loaded": Count("pk", filter=Q(loaded_at__isnull=False))}
    of_vans = parcels.order_by("shipment__warehouse", "carrier").values_list("shipment__warehouse", "carrier")
    rows = of_vans.annotate(**counts)
    return [
        (
            f"{place}:{carrier}",
            f"{carrier_name(carrier) or 'No carrier'}, {places[place]}: {loaded} of {waiting} in the van",
        )
        for place, carrier, waiting, loaded in rows
    ]


def _close(warehouse: Warehouse, carrier: str, act: Act, *, is_all: bool) -> Scan:
    with transaction.atomic():
        if is_all:
            load_all(warehouse, carrier, Act(uuid5(act.operation, "load"), act.by))
        return told(close_manifest(warehouse, carrier, act))


@admin.register(Manifest)
class ManifestAdmin(ScopedAdmin, ActingAdmin, ReadOnlyAdmin):
    """What carriers took along; the next list is closed here as on the floor."""

    add_label = "Close a manifest"
    list_display = ("number", "carrier_name", "warehouse", "parcels_taken", "closed_at", "paper")
    list_filter = (warehouse_filter(),)
    list_select_related = ("warehouse",)
    fields = ("warehouse", "carrier_name", "closed_at", "parcels_taken", "numbers", "paper")
    readonly_fields = fields
    search_fields = ("parcels__number", "parcels__tracking_key")
    search_help_text = "Number of a parcel, ours or the carrier’s"
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        counted: QuerySet[Any] = super().get_queryset(request).annotate(taken=Count("parcels"))
        return counted

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(CLOSE)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = CloseForm(request.POST or None, thing=None, warehouses=Warehouse.objects.of(request.user))
        if form.is_valid():
            (place, carrier), given = form.cleaned_data["van"], form.cleaned_data
            act = Act(given["operation"], actor(request))
            with flashing(request, form, "The manifest is closed.") as said:
                said.append(str(_close(place, carrier, act, is_all=given["goes"] == "all")))
        if not form.is_valid():
            return self.form_page(request, form, "Close a manifest", "Close")
        return redirect("admin:fulfillment_manifest_changelist")

    @display(description="Manifest", ordering="pk")
    def number(self, manifest: Manifest) -> str:
        return str(manifest)

    @display(description="Carrier")
    def carrier_name(self, manifest: Manifest) -> str:
        return carrier_name(manifest.carrier) or "none named"

    @display(description="Parcels")
    def parcels_taken(self, manifest: Manifest) -> int:
        return int(getattr(manifest, "taken", 0))

    @display(description="Numbers")
    def numbers(self, manifest: Manifest) -> str:
        return ", ".join(manifest.parcels.order_by("number").values_list("number", flat=True))

    @display(description="Paper")
    def paper(self, manifest: Manifest) -> SafeString:
        url = reverse("floor:manifest-paper", args=[manifest.pk])
        return format_html('<a href="{}" target="_blank">Print</a>', url)
