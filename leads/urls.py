"""Addresses of leads: the list, one lead and the acts on it, blocks, lists."""

from django.urls import path

from leads.views import (
    acts,
    blocks,
    edit,
    exports,
    import_history,
    import_rows,
    import_undo,
    imports,
    leads,
    lists,
    mappings,
)

app_name = "leads"
urlpatterns = [
    path("", leads.lead_list, name="list"),
    path("new/", edit.lead_create, name="create"),
    path("export/", exports.lead_export, name="export"),
    path("<int:pk>/", leads.lead_detail, name="detail"),
    path("<int:pk>/edit/", edit.lead_edit, name="edit"),
    path("<int:pk>/signals/new/", acts.signal_add, name="signal_add"),
    path("<int:pk>/block/", acts.block, name="block"),
    path("<int:pk>/tier/", acts.tier_override, name="tier"),
    path("<int:pk>/owner/", acts.owner, name="owner"),
    path("lists/", lists.lists, name="lists"),
    path("imports/", import_history.import_list, name="imports"),
    path("imports/mappings/", mappings.mapping_list, name="mappings"),
    path("imports/mappings/<int:pk>/rename/", mappings.mapping_rename, name="mapping_rename"),
    path("imports/mappings/<int:pk>/delete/", mappings.mapping_delete, name="mapping_delete"),
    path("imports/new/", imports.import_upload, name="import_upload"),
    path("imports/<int:pk>/", imports.import_detail, name="import_detail"),
    path("imports/<int:pk>/columns/", imports.import_columns, name="import_columns"),
    path("imports/<int:pk>/reread/", imports.import_reread, name="import_reread"),
    path("imports/<int:pk>/preview/", imports.import_preview, name="import_preview"),
    path("imports/<int:pk>/preview/rows/", import_rows.import_preview_rows, name="import_preview_rows"),
    path("imports/<int:pk>/rows/", import_rows.import_rows, name="import_rows"),
    path("imports/<int:pk>/confirm/", imports.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<int:pk>/errors/", imports.import_errors, name="import_errors"),
    path("imports/<int:pk>/undo/", import_undo.undo, name="import_undo"),
    path("imports/<int:pk>/undo/progress/", import_undo.undo_progress, name="import_undo_progress"),
    path("imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("blocks/", blocks.block_list, name="blocks"),
    path("blocks/<int:pk>/lift/", blocks.block_lift, name="block_lift"),
]
