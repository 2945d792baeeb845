from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ExplorerConfig(AppConfig):
    name = "explorer"
    verbose_name = "Patient Explorer"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from explorer import audited, sign_in_time
        from explorer.watching import beats

        audited.register()
        sign_in_time.register()
        if beats.watched():
            beats.listen_to_queue()


class SiteConfig(AdminConfig):
    """Puts our own site in the place of Django's, so that every `admin.register` lands on it."""

    default_site = "explorer.site.PracticeSite"
