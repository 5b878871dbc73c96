"""Addresses of the reports."""

from django.urls import path

from reports import views

app_name = "reports"
urlpatterns = [
    path("funnel/", views.funnel, name="funnel"),
    path("tiers/", views.tiers, name="tiers"),
    path("rows/", views.rows, name="rows"),
    path("rows/export/", views.export, name="export"),
]
