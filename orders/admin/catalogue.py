"""Products, channels, shipping methods and customers."""

from typing import Annotated, Any

from django.contrib import admin
from django.contrib.admin import display
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from orders.admin import badges
from orders.admin.base import HouseAdmin, ReadOnlyAdmin
from orders.admin.filters import country_choices, field_filter
from orders.admin.sheets import SheetAdmin, SheetResource
from orders.models import Channel, Customer, LearntTransit, Product, ShippingMethod
from orders.services import save_products
from orders.services.product_file import ProductRow

MAX_GRAMS = 100_000_000


def _grams(value: Any) -> Any:
    text = str(value).strip()
    if text and not (text.isascii() and text.isdigit() and int(text) <= MAX_GRAMS):
        raise PydanticCustomError("weight_invalid", "A weight is a whole number of grams, or nothing.")
    return int(text) if text else None


def channels() -> list[tuple[str, str]]:
    return [(str(channel.pk), str(channel)) for channel in Channel.objects.all()]


class ProductSheetRow(ProductRow):
    """A product as a sheet has it."""

    weight_grams: Annotated[int | None, BeforeValidator(_grams)] = None


class ProductSheet(SheetResource):
    """Products by their SKU, added or changed."""

    row_model = ProductSheetRow

    class Meta:
        model = Product
        import_id_fields = ("sku",)
        fields = ("sku", "name", "brand", "department", "package_size", "weight_grams")
        skip_unchanged = True

    def take(self, instance: Product, number: int) -> None:
        said = {name: getattr(instance, name) for name in self.Meta.fields}
        [saved] = save_products([said | {"name": instance.name or instance.sku}])
        instance.pk = saved.pk


@admin.register(Product)
class ProductAdmin(HouseAdmin, SheetAdmin):
    resource_classes = (ProductSheet,)
    import_permission = "orders.change_product"
    list_display = ("sku_code", "name", "brand", "department", "package_size", "weight_grams")
    search_fields = ("sku", "name")
    search_help_text = "SKU or name"
    ordering = ("sku",)
    fields = ("sku", "name", "brand", "department", "package_size", "weight_grams")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("sku",) if obj else ()  # files and channels know the article by it

    @display(description="SKU", ordering="sku")
    def sku_code(self, product: Product) -> SafeString:
        return badges.code(product.sku)


@admin.register(Channel)
class ChannelAdmin(HouseAdmin):
    list_display = ("name", "title", "is_ship_complete")
    ordering = ("name",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("name",) if obj else ()


@admin.register(ShippingMethod)
class ShippingMethodAdmin(HouseAdmin):
    list_display = ("name", "code", "cut_off", "handling_days", "transit_days_from", "transit_days_to")
    ordering = ("code",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code", "learnt") if obj else ()

    @display(description="What parcels took")
    def learnt(self, method: ShippingMethod) -> SafeString:
        """Tell what new orders are promised instead of the days above, region by region."""
        ways = list(method.transits.order_by("country", "region"))
        if not ways:
            return format_html("{}", "Not enough have arrived yet to know better than the days above.")
        rows = ((_where(way), way.days_from, way.days_to, way.parcels) for way in ways)
        return format_html_join("", "<p>{}: {} – {} days, by the newest {} parcels</p>", rows)


def _where(way: LearntTransit) -> str:
    country = str(dict(country_choices()).get(way.country, way.country))
    return f"{country}, {way.region}…" if way.region else country


@admin.register(Customer)
class CustomerAdmin(ReadOnlyAdmin):
    list_display = ("who", "email", "phone", "channel", "locale")
    list_filter = (field_filter("channel", "Channel", channels),)
    list_select_related = ("channel",)
    search_fields = ("name",)
    search_help_text = "Name, or the whole e-mail address"
    ordering = ("-pk",)
    fields = ("name", "email", "phone", "locale", "channel", "orders_link")
    readonly_fields = ("orders_link",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if "@" in term:
            anywhere = list(Channel.objects.values_list("pk", flat=True))
            return queryset.filter(channel__in=anywhere, email__in={term, term.lower()}), False
        return queryset.filter(name__icontains=term), False

    @display(description="Name")
    def who(self, customer: Customer) -> str:
        return str(customer)

    @display(description="Orders")
    def orders_link(self, customer: Customer) -> SafeString:
        url = f"{reverse('admin:orders_order_changelist')}?customer={customer.pk}"
        return format_html('<a class="ot-link" href="{}">All orders of this customer</a>', url)
