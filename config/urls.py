"""All paths of the house."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path

from config.api import api
from config.health import livez, readyz


def favicon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for it by this name, whatever a page says."""
    response = redirect(static("img/favicon.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("tracking.urls")),  # first: every open page asks there every five seconds
    path("livez", livez),
    path("readyz", readyz),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
    path("", include("orders.urls")),
    path("floor/", include("fulfillment.urls")),
]
