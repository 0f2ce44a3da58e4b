"""All paths of the house."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path


def livez(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers; touches nothing."""
    return HttpResponse("ok", content_type="text/plain")


def favicon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for it by this name, whatever a page says."""
    response = redirect(static("img/favicon.svg"))
    response["Cache-Control"] = "public, max-age=86400"
    return response


urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("floor/", include("fulfillment.urls")),
    path("", include("tracking.urls")),
]
