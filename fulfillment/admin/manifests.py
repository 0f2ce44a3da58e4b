"""Manifests: what each carrier took along, and the paper to print again."""

from typing import Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.admin.scoped import ScopedAdmin, warehouse_filter
from fulfillment.models import Manifest
from orders.admin.base import ReadOnlyAdmin


@admin.register(Manifest)
class ManifestAdmin(ScopedAdmin, ReadOnlyAdmin):
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

    @display(description="Manifest", ordering="pk")
    def number(self, manifest: Manifest) -> str:
        return str(manifest)

    @display(description="Carrier")
    def carrier_name(self, manifest: Manifest) -> str:
        return manifest.carrier.upper() or "none named"

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
