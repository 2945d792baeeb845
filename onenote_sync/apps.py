from django.apps import AppConfig


class OnenoteSyncConfig(AppConfig):
    name = "onenote_sync"
    verbose_name = "Microsoft 365"
    default_auto_field = "django.db.models.BigAutoField"
