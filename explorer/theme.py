"""The look of the admin: names, colours and the sidebar in the order of the journey."""

from django.templatetags.static import static
from django.urls import reverse_lazy

from explorer import work


def _link(title: str, icon: str, url: str, right: str, badge=None) -> dict:
    link = {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{url}"),
        "permission": lambda request: request.user.has_perm(right),
    }
    return link | ({"badge": badge, "badge_variant": "primary"} if badge else {})


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
    "STYLES": [lambda request: static("explorer/app.css")],
    "SCRIPTS": [lambda request: static("explorer/app.js")],
    "DASHBOARD_CALLBACK": "explorer.dashboard.fill",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    _link("Home", "home", "index", "patients.view_patient"),
                    _link("Patients", "groups", "patients_patient_changelist", "patients.view_patient"),
                    _link(
                        "Imports", "upload_file", "patients_importbatch_changelist",
                        "patients.view_importbatch", work.imports_to_review,
                    ),
                ]
            },
            {
                "title": "Reach",
                "separator": True,
                "items": [
                    _link(
                        "Contact matches", "join_inner", "outreach_match_changelist",
                        "outreach.view_match", work.matches_to_review,
                    ),
                    _link("Campaigns", "campaign", "outreach_campaign_changelist", "outreach.view_campaign"),
                    _link("Texts", "sms", "outreach_message_changelist", "outreach.view_message", work.uncertain_texts),
                    _link(
                        "Replies", "inbox", "outreach_reply_changelist",
                        "outreach.view_reply", work.replies_to_answer,
                    ),
                    _link("Do not text", "block", "outreach_suppression_changelist", "outreach.view_suppression"),
                ],
            },
            {
                "title": "Decide",
                "separator": True,
                "items": [
                    _link(
                        "Form answers", "fact_check", "consent_response_changelist",
                        "consent.view_response", work.answers_to_review,
                    ),
                    _link("Decisions", "gavel", "consent_consentevent_changelist", "consent.view_consentevent"),
                    _link("Personal codes", "qr_code_2", "consent_invitation_changelist", "consent.view_invitation"),
                    _link(
                        "Who is left", "call", "outreach_attempt_follow_up",
                        "outreach.view_attempt",
                    ),
                ],
            },
            {
                "title": "Practice",
                "separator": True,
                "items": [
                    _link("Practice profile", "storefront", "floor_practice_changelist", "floor.view_practice"),
                    _link("Text templates", "edit_note", "outreach_texttemplate_changelist", "outreach.view_texttemplate"),
                    _link("People", "badge", "explorer_user_changelist", "explorer.view_user"),
                    _link("Audit log", "history", "auditlog_logentry_changelist", "auditlog.view_logentry"),
                ],
            },
        ],
    },
}
