"""The look of the admin: names, colours and the sidebar in the order of the journey."""

UNFOLD = {
    "SITE_TITLE": "Patient Explorer",
    "SITE_HEADER": "Patient Explorer",
}
