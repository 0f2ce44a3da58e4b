"""The floor."""

from django.urls import path

from fulfillment import views

app_name = "floor"
urlpatterns = [
    path("", views.entry, name="entry"),
    path("find/", views.find, name="find"),
    path("switch/", views.switch, name="switch"),
    path("receive/", views.receive, name="receive"),
    path("put-away/", views.put_away, name="put_away"),
    path("move/", views.move, name="move"),
    path("look-up/", views.look_up, name="look_up"),
    path("receive/close/", views.close, name="close"),
    path("counts/", views.counts, name="counts"),
    path("counts/<int:pk>/", views.count, name="count"),
    path("<str:number>/", views.open_shipment, name="shipment"),
    path("<str:number>/pick/", views.pick, name="pick"),
    path("<str:number>/pack/", views.pack, name="pack"),
    path("<str:number>/ship/", views.ship, name="ship"),
]
