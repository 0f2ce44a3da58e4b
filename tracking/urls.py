"""Where customers look."""

from django.urls import path

from tracking import views

app_name = "tracking"
urlpatterns = [
    path("", views.find, name="home"),
    path("track/", views.find, name="find"),
    path("track/<str:token>/", views.order, name="order"),
    path("track/<str:token>/live", views.live, name="live"),
]
