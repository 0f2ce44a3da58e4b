"""What a page is measured against: the least that Django can do, behind the same middleware."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from config.urls import urlpatterns as ours
from orders.models import Order


def page(request: HttpRequest, number: str) -> HttpResponse:
    """Show an order: three queries, its lines and events, a template."""
    order = Order.objects.get(number=number)
    context = {"order": order, "lines": list(order.lines.all()), "events": list(order.events.all())}
    return render(request, "bench/bare.html", context)


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("bare/nothing", nothing), path("bare/<str:number>/", page), *ours]
