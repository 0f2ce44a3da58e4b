"""Paths of the inbound hooks."""

from django.urls import re_path

from orders import views

urlpatterns = [
    # a redirect to the slash would lose the delivery, and some senders take it for success
    re_path(r"^hooks/(?P<provider>[\w-]+)/(?P<public_id>[\w-]+)/?$", views.receive, name="hook"),
]
