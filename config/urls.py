"""All paths of the house."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path


def livez(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; touches nothing."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez),
    path("admin/", admin.site.urls),
    path("", include("orders.urls")),
]
