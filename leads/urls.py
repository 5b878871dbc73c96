"""Addresses of leads: the list, one lead and the acts on it, blocks, lists."""

from django.urls import path

from leads.views import acts, blocks, edit, leads, lists

app_name = "leads"
urlpatterns = [
    path("", leads.lead_list, name="list"),
    path("new/", edit.lead_create, name="create"),
    path("<int:pk>/", leads.lead_detail, name="detail"),
    path("<int:pk>/edit/", edit.lead_edit, name="edit"),
    path("<int:pk>/signals/new/", acts.signal_add, name="signal_add"),
    path("<int:pk>/block/", acts.block, name="block"),
    path("<int:pk>/tier/", acts.tier_override, name="tier"),
    path("<int:pk>/owner/", acts.owner, name="owner"),
    path("lists/", lists.lists, name="lists"),
    path("blocks/", blocks.block_list, name="blocks"),
    path("blocks/<int:pk>/lift/", blocks.block_lift, name="block_lift"),
]
