"""The application that joins the others: settings, processes, start-up checks. It holds no model."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self):
        from config import checks  # noqa: F401  registers the start-up checks
