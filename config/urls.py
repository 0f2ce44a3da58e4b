"""All paths of the house."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from config.api import api
from config.health import livez, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("api/v1/", api.urls),
]
