"""The floor."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from fulfillment import views
from fulfillment.views import documents
from orders.numbers import PK_DIGITS


class KeyConverter(IntConverter):
    """A primary key: longer ones no database has."""

    regex = f"[0-9]{{1,{PK_DIGITS}}}"


register_converter(KeyConverter, "pk")

app_name = "floor"
urlpatterns = [
    path("", views.entry, name="entry"),
    path("find/", views.find, name="find"),
    path("switch/", views.switch, name="switch"),
    path("receive/", views.receive, name="receive"),
    path("put-away/", views.put_away, name="put_away"),
    path("move/", views.move, name="move"),
    path("undo/", views.undo, name="undo"),
    path("look-up/", views.look_up, name="look_up"),
    path("receive/close/", views.close, name="close"),
    path("counts/", views.counts, name="counts"),
    path("counts/<pk:pk>/", views.count, name="count"),
    path("pack/", views.station, name="station"),
    path("manifest/", views.manifests, name="manifests"),
    path("manifest/<pk:warehouse>/<path:carrier>/", views.manifest, name="manifest"),
    path("documents/carts/<pk:pk>/pick-list.pdf", documents.cart_list, name="cart-list"),
    path("documents/manifests/<pk:pk>/manifest.pdf", documents.manifest, name="manifest-paper"),
    path("documents/parcels/<str:number>/label.pdf", documents.label, name="label"),
    path("documents/parcels/<str:number>/label.zpl", documents.label_zpl, name="label-zpl"),
    path("documents/<str:number>/slip.pdf", documents.slip, name="slip"),
    path("documents/<str:number>/pick-list.pdf", documents.pick_list, name="pick-list"),
    path("waves/", views.waves, name="waves"),
    path("carts/", views.next_cart, name="next_cart"),
    path("carts/<pk:pk>/", views.cart, name="cart"),
    path("carts/<pk:pk>/take/", views.take, name="take"),
    path("carts/<pk:pk>/leave/", views.leave, name="leave"),
    path("returns/", views.returns, name="returns"),
    path("returns/<str:number>/", views.return_sheet, name="return"),
    path("<str:number>/", views.open_shipment, name="shipment"),
    path("<str:number>/pick/", views.pick, name="pick"),
    path("<str:number>/pack/", views.pack, name="pack"),
    path("<str:number>/ship/", views.ship, name="ship"),
]
