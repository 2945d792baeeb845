import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import reverse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")
application = get_wsgi_application()


def settle() -> None:
    """Leave what was loaded for good out of the garbage collector's rounds: each would stop a page for 0.1 s."""
    reverse("admin:index")
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
