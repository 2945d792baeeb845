"""The look of the admin: names and colours. The sidebar has a room of its own (explorer/sidebar.py)."""

from django.templatetags.static import static

GREEN = {
    "50": "oklch(97% .03 155)", "100": "oklch(94% .06 155)", "200": "oklch(88% .10 155)",
    "300": "oklch(80% .14 155)", "400": "oklch(70% .16 155)", "500": "oklch(60% .15 155)",
    "600": "oklch(50% .13 155)", "700": "oklch(43% .11 155)", "800": "oklch(36% .09 155)",
    "900": "oklch(30% .07 155)", "950": "oklch(22% .05 155)",
}  # fmt: skip

UNFOLD = {
    "SITE_TITLE": "Patient Explorer",
    "SITE_HEADER": "Patient Explorer",
    "SITE_SYMBOL": "diversity_1",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": GREEN},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("explorer/icon.svg")}],
    "STYLES": [
        lambda request: static("explorer/app.css"),
        lambda request: static("explorer/progress.css"),
    ],
    "SCRIPTS": [lambda request: static("explorer/app.js")],
    "DASHBOARD_CALLBACK": "explorer.dashboard.fill",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "explorer.sidebar.navigation",
    },
}
