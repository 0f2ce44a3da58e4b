"""What was learnt of lanes, to be looked at: every night anew, by nobody's hand."""

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString

from fulfillment.carrier import carrier_name
from fulfillment.models import Warehouse
from orders.admin import badges
from orders.admin.base import ReadOnlyAdmin
from orders.admin.filters import country_choices, field_filter
from orders.models import ShippingMethod
from tracking.lanes.learn import ENOUGH, LOOK_BACK
from tracking.models import LearntLane

DAY = 24


def span(hours: float) -> str:
    """Return hours of a carrier's clock as people say them."""
    return f"{hours:.0f} hours" if hours < 2 * DAY else f"{hours / DAY:.1f} days"


@admin.register(LearntLane)
class LearntLaneAdmin(ReadOnlyAdmin):
    list_display = ("lane", "parcels", "usual", "nine_of_ten", "quiet", "alarm")
    list_filter = (
        field_filter("service", "Shipping method", lambda: list(ShippingMethod.objects.values_list("code", "name"))),
        field_filter("origin", "From", lambda: [(each.code, str(each)) for each in Warehouse.objects.all()]),
        field_filter("country", "To", country_choices),
    )
    search_fields = ("carrier__startswith",)
    search_help_text = "Carrier"
    ordering = ("carrier", "service", "origin", "country", "region")
    fields = ("lane", "parcels", "usual", "nine_of_ten", "overdue", "quiet", "alarm", "learnt_at")
    readonly_fields = fields
    nothing_yet = (
        "Not enough history yet.",
        f"A lane is known once {ENOUGH} parcels arrived on it within {LOOK_BACK.days} days. We look every night.",
    )

    @display(description="Lane")
    def lane(self, it: LearntLane) -> SafeString:
        where = f"{it.country}-{it.region}" if it.region else it.country
        main = f"{carrier_name(it.carrier) or 'Any carrier'}, {it.service or 'any service'}"
        return badges.cell(main, f"{it.origin or 'Anywhere'} → {where}")

    @display(description="Half within")
    def usual(self, it: LearntLane) -> str:
        return span(it.p50)

    @display(description="9 of 10 within")
    def nine_of_ten(self, it: LearntLane) -> str:
        return span(it.p90)

    @display(description="Overdue after")
    def overdue(self, it: LearntLane) -> str:
        return span(it.late)

    @display(description="19 of 20 silent up to")
    def quiet(self, it: LearntLane) -> str:
        return span(it.quiet_p95)

    @display(description="Alarm after a silence of")
    def alarm(self, it: LearntLane) -> str:
        return span(it.quiet_limit)
