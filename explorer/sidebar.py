"""The sidebar in the order of the journey, with what waits for a person on each link."""

from functools import cache

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from explorer import work

GROUPS: dict[str, list[tuple]] = {
    "": [
        ("Home", "home", "index", "patients.view_patient"),
        ("Tasks", "task_alt", "patients_stafftask_changelist", "patients.view_stafftask", "tasks"),
        ("Demo", "science", "demo", "patients.view_patient"),
        ("Patients", "groups", "patients_patient_changelist", "patients.view_patient"),
        ("Imports", "upload_file", "patients_importbatch_changelist", "patients.view_importbatch", "imports"),
        ("Duplicates", "difference", "patients_duplicatepair_changelist", "patients.view_duplicatepair", "duplicates"),
    ],
    "Reach": [
        ("Contact matches", "join_inner", "outreach_match_changelist", "outreach.view_match", "matches"),
        ("Campaigns", "campaign", "outreach_campaign_changelist", "outreach.view_campaign"),
        ("Texts", "sms", "outreach_message_changelist", "outreach.view_message", "uncertain"),
        ("Sending", "send", "outreach_linestate_changelist", "outreach.view_linestate", "notices"),
        ("Replies", "inbox", "outreach_reply_changelist", "outreach.view_reply", "replies"),
        (
            "Numbers to check",
            "phone_disabled",
            "outreach_numbercheck_changelist",
            "outreach.view_numbercheck",
            "numbers",
        ),
        ("Do not text", "block", "outreach_suppression_changelist", "outreach.view_suppression"),
    ],
    "Decide": [
        ("Form answers", "fact_check", "consent_response_changelist", "consent.view_response", "answers"),
        ("Decisions", "gavel", "consent_consentevent_changelist", "consent.view_consentevent"),
        ("Desk forms", "tablet_mac", "consent_deskform_changelist", "consent.view_deskform", "desk"),
        ("Personal codes", "qr_code_2", "consent_invitation_changelist", "consent.view_invitation"),
        ("Letters", "mail", "consent_letterbatch_changelist", "consent.view_letterbatch", "addresses"),
        ("Who is left", "call", "outreach_attempt_follow_up", "outreach.view_attempt"),
    ],
    "APCM": [
        ("Ready to bill", "receipt_long", "consent_apcmmonth_changelist", "consent.view_apcmmonth"),
        ("Notice to old practice", "outgoing_mail", "consent_disclosure_changelist", "consent.view_disclosure"),
    ],
    "Practice": [
        ("Reports", "summarize", "reports", "explorer.view_report"),
        ("Practice profile", "storefront", "floor_practice_changelist", "floor.view_practice"),
        ("Practitioners", "stethoscope", "patients_practitioner_changelist", "patients.view_practitioner"),
        ("Wordings", "history_edu", "consent_wording_changelist", "consent.view_wording"),
        ("Text templates", "edit_note", "outreach_texttemplate_changelist", "outreach.view_texttemplate"),
        ("Saved answers", "quickreply", "outreach_savedanswer_changelist", "outreach.view_savedanswer"),
        ("Work in progress", "progress_activity", "jobs", "floor.view_job"),
        ("People", "badge", "explorer_user_changelist", "explorer.view_user"),
        ("Evidence", "verified", "explorer_evidencepacket_changelist", "explorer.export_evidence"),
        ("Help", "help", "help", "patients.view_patient"),
        ("Backups", "backup", "floor_backup_changelist", "floor.view_backup"),
        ("Audit log", "history", "auditlog_logentry_changelist", "auditlog.view_logentry"),
    ],
}
"""Heading: (title, icon, page, the right it takes, what waits there)."""


def navigation(request) -> list[dict]:
    """For the theme: the groups of links that this person may open."""
    if not request.user.is_authenticated:
        return []
    waits = work.counts(request)
    return [
        _heading(title) | {"items": [_link(waits, *link) for link in links if _may_see(request, link)]}
        for title, links in GROUPS.items()
    ]


def _heading(title: str) -> dict:
    return {"title": gettext(title), "separator": True} if title else {}


def _may_see(request, link: tuple) -> bool:
    return request.user.has_perm(link[3]) and (link[2] != "demo" or settings.MODE == "demo")


@cache
def _address(url: str) -> str:
    """Looked up once: every page shows all of them."""
    return reverse(f"admin:{url}")


def _link(waits: dict[str, int], title: str, icon: str, url: str, right: str, heap: str = "") -> dict:
    link = {"title": gettext(title), "icon": icon, "link": _address(url)}
    return link | ({"badge": f"{waits[heap]:,}", "badge_variant": "primary"} if waits.get(heap) else {})
