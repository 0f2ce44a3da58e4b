"""`/products`: the catalogue, of the whole house."""

from typing import Annotated, Self

from django.http import HttpResponse
from ninja import Body, Query, Router
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter
from pydantic_core import PydanticCustomError

from orders.api.answers import Filters, Page, answer, answer_page, read_cursor
from orders.api.auth import ApiRequest, requires
from orders.idempotency import once
from orders.intake.draft import GivenText, Sku, Strict, Text
from orders.models import Product
from orders.services import save_products

router = Router(tags=["Products"])

MAX_PRODUCTS = 500
PLACE = TypeAdapter(tuple[Sku])


class ProductIn(Strict):
    """A product; what is left out of one that we have stays as it is."""

    sku: Sku
    name: GivenText
    department: Text = ""
    brand: Text = ""
    package_size: Text = ""
    weight_grams: Annotated[int, Field(ge=0, le=100_000_000, strict=True)] | None = None


class ProductOut(BaseModel):
    sku: str
    name: str
    department: str
    brand: str
    package_size: str
    weight_grams: int | None

    @classmethod
    def all_of(cls, products: "list[Product]") -> list[Self]:
        return [cls.model_validate(product, from_attributes=True) for product in products]


class ProductFilters(Filters):
    sku: Sku | None = None


def _each_once(products: list[ProductIn]) -> list[ProductIn]:
    seen: set[str] = set()
    for place, product in enumerate(products):
        if product.sku in seen:
            sentence = "{sku} is in the list twice."
            raise PydanticCustomError("sku_repeated", sentence, {"sku": product.sku, "path": f"{place}.sku"})
        seen.add(product.sku)
    return products


Products = Annotated[list[ProductIn], Field(min_length=1, max_length=MAX_PRODUCTS), AfterValidator(_each_once)]


@router.get("/products", auth=requires("products:read"), response=Page[ProductOut])
def find_products(request: ApiRequest, filters: Query[ProductFilters]) -> HttpResponse:
    """List products by SKU."""
    products = Product.objects.order_by("sku")
    if filters.sku:
        products = products.filter(sku=filters.sku)
    if filters.cursor:
        products = products.filter(sku__gt=read_cursor(filters.cursor, PLACE)[0])
    return answer_page(request, products, ProductOut.all_of, limit=filters.limit, by=("sku",))


@router.post("/products", auth=requires("products:write"), response=Page[ProductOut])
@once
def save(request: ApiRequest, products: Body[Products]) -> HttpResponse:  # noqa: ARG001 - ninja passes the request
    """Add products, or change those we have, by their SKU: a list of up to 500."""
    saved = save_products([product.model_dump(exclude_unset=True) for product in products])
    return answer(Page[ProductOut](items=ProductOut.all_of(saved), next=None))
