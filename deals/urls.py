"""Addresses of the deals pages."""

from django.urls import path

from deals import views

app_name = "deals"
urlpatterns = [
    path("", views.deal_list, name="list"),
    path("costs/", views.costs, name="costs"),
    path("panel/<int:lead_id>/", views.panel, name="panel"),
    path("new/<int:lead_id>/", views.enter, name="enter"),
    path("<int:pk>/", views.deal_detail, name="detail"),
    path("<int:pk>/accept/", views.accept, name="accept"),
    path("<int:pk>/return/", views.send_back, name="return"),
    path("<int:pk>/move/", views.move, name="move"),
    path("<int:pk>/edit/", views.edit, name="edit"),
    path("<int:pk>/invitation.ics", views.calendar_file, name="calendar"),
]
