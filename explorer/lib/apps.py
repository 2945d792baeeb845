from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class FloorConfig(AppConfig):
    name = "explorer.lib"
    label = "floor"
    verbose_name = "The practice"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        post_migrate.connect(_seal, dispatch_uid="seal")


def _seal(sender, using, **kwargs):
    """Once, after the last app: nothing is sealed while migrations may still move rows."""
    from explorer.lib.sealing import seal

    last = [config for config in apps.get_app_configs() if config.models_module][-1]
    if sender is last:
        seal(using)
