from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from explorer.alive import alive
from explorer.watching.signs import ALIVE_URL

handler403 = "explorer.errors.forbidden"
handler404 = "explorer.errors.not_found"
handler500 = "explorer.errors.server_error"

urlpatterns = [
    path("", RedirectView.as_view(url="/admin/")),
    path(ALIVE_URL.strip("/") + "/", alive),
    path("desk/", include("consent.desk.urls")),
    path("admin/", admin.site.urls),
    path("accounts/", include("explorer.sign_in")),
]
