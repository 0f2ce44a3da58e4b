"""Paths that refuse, fail or forbid: what people then see is tested with them."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from orders.lifecycle import Refused


def refuse(_request: HttpRequest) -> HttpResponse:
    raise Refused("The order has left already, so it can no longer be cancelled.")


def forbid(_request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def fail(_request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a bug")


def staff(request: HttpRequest) -> HttpResponse:
    return render(request, "staff.html")


urlpatterns = [
    path("refuse", refuse),
    path("forbid", forbid),
    path("fail", fail),
    path("staff", staff),
    path("", include("config.urls")),
]
