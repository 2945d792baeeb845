from django.apps import AppConfig


class FloorConfig(AppConfig):
    name = "explorer.lib"
    label = "floor"
    verbose_name = "The practice"
    default_auto_field = "django.db.models.BigAutoField"
