"""The whole site, and beside it a view that inserts and commits one row: what a scan is compared with."""

from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as ours
from fulfillment.models import Scan


def insert(request: HttpRequest) -> HttpResponse:
    Scan.objects.create(operation=uuid4(), step=Scan.Step.COUNT, result=Scan.Result.UNKNOWN, sentence="", by="bench")
    return HttpResponse("done")


urlpatterns = [path("bare/insert", insert), *ours]
