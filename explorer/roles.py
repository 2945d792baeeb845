"""Who may do what: one table. What is not in it is refused (design; earlier system 13.6, last row)."""

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied

from explorer.models import User

Role = User.Role
EVERYONE = (Role.ADMINISTRATOR, Role.PROVIDER, Role.STAFF, Role.READ_ONLY)
CARE_TEAM = (Role.ADMINISTRATOR, Role.PROVIDER, Role.STAFF)
LEADERS = (Role.ADMINISTRATOR, Role.PROVIDER)
ADMINISTRATORS = (Role.ADMINISTRATOR,)

RIGHTS: dict[str, tuple[str, ...]] = {
    "patients.view_patient": EVERYONE,
    "patients.add_patient": CARE_TEAM,
    "patients.change_patient": CARE_TEAM,
    "patients.import_patient": CARE_TEAM,
    "patients.export_patient": LEADERS,
    "patients.view_duplicatepair": EVERYONE,
    "patients.merge_patient": CARE_TEAM,
    "patients.view_phone": EVERYONE,
    "patients.add_phone": CARE_TEAM,
    "patients.change_phone": CARE_TEAM,
    "patients.view_apcmenrolment": EVERYONE,
    "patients.view_practitioner": EVERYONE,
    "patients.add_practitioner": ADMINISTRATORS,
    "patients.change_practitioner": ADMINISTRATORS,
    "patients.view_carefact": EVERYONE,
    "patients.record_carefact": CARE_TEAM,
    "patients.view_note": EVERYONE,
    "patients.write_note": CARE_TEAM,
    "patients.view_stafftask": EVERYONE,
    "patients.do_stafftask": CARE_TEAM,
    "patients.view_importbatch": EVERYONE,
    "patients.view_importrow": EVERYONE,
    "consent.view_invitation": EVERYONE,
    "consent.change_invitation": CARE_TEAM,
    "consent.view_response": EVERYONE,
    "consent.view_responsefile": EVERYONE,
    "consent.import_response": CARE_TEAM,
    "consent.decide_response": CARE_TEAM,
    "consent.view_consentevent": EVERYONE,
    "consent.record_consent": CARE_TEAM,
    "consent.view_deskform": EVERYONE,
    "consent.view_wording": EVERYONE,
    "consent.add_wording": LEADERS,
    "consent.approve_wording": ADMINISTRATORS,
    "consent.retire_wording": ADMINISTRATORS,
    "consent.view_apcmmonth": EVERYONE,
    "consent.export_apcmmonth": LEADERS,
    "consent.view_disclosure": EVERYONE,
    "consent.export_disclosure": LEADERS,
    "consent.view_letterbatch": EVERYONE,
    "consent.write_letter": CARE_TEAM,
    "outreach.view_contact": EVERYONE,
    "outreach.view_match": EVERYONE,
    "outreach.decide_match": CARE_TEAM,
    "outreach.view_campaign": EVERYONE,
    "outreach.add_campaign": CARE_TEAM,
    "outreach.change_campaign": CARE_TEAM,
    "outreach.run_campaign": CARE_TEAM,
    "outreach.override_campaign": ADMINISTRATORS,
    "outreach.approve_text": LEADERS,
    "outreach.record_readiness": ADMINISTRATORS,
    "outreach.view_texttemplate": EVERYONE,
    "outreach.change_texttemplate": LEADERS,
    "outreach.view_message": EVERYONE,
    "outreach.change_message": CARE_TEAM,
    "outreach.view_reply": EVERYONE,
    "outreach.answer_reply": CARE_TEAM,
    "outreach.view_linestate": EVERYONE,
    "outreach.change_linestate": ADMINISTRATORS,
    "outreach.view_savedanswer": EVERYONE,
    "outreach.add_savedanswer": LEADERS,
    "outreach.change_savedanswer": LEADERS,
    "outreach.view_suppression": EVERYONE,
    "outreach.add_suppression": CARE_TEAM,
    "outreach.change_suppression": LEADERS,
    "outreach.view_numbercheck": EVERYONE,
    "outreach.change_numbercheck": CARE_TEAM,
    "outreach.view_attempt": EVERYONE,
    "outreach.record_attempt": CARE_TEAM,
    "floor.view_job": EVERYONE,
    "floor.change_job": CARE_TEAM,
    "floor.view_practice": EVERYONE,
    "floor.change_practice": ADMINISTRATORS,
    "floor.view_backup": EVERYONE,
    "floor.make_backup": LEADERS,
    "explorer.change_own_settings": EVERYONE,
    "explorer.view_user": ADMINISTRATORS,
    "explorer.add_user": ADMINISTRATORS,
    "explorer.change_user": ADMINISTRATORS,
    "explorer.view_savedlist": EVERYONE,
    "explorer.change_savedlist": CARE_TEAM,
    "explorer.export_evidence": LEADERS,
    "explorer.copy_answer": CARE_TEAM,
    "explorer.view_report": EVERYONE,
    "explorer.close_report": CARE_TEAM,
    "auditlog.view_logentry": LEADERS,
}


class RoleBackend(BaseBackend):
    """Answers every question about rights from the table above; signs nobody in.

    A refusal is raised, so that Django asks no other backend: rights in its own tables count for nothing.
    """

    def has_perm(self, user_obj, perm, obj=None) -> bool:
        if not _holds(user_obj, perm):
            raise PermissionDenied
        return True

    def has_module_perms(self, user_obj, app_label) -> bool:
        if not any(_holds(user_obj, right) for right in RIGHTS if right.split(".")[0] == app_label):
            raise PermissionDenied
        return True

    def get_all_permissions(self, user_obj, obj=None) -> set[str]:
        return {right for right in RIGHTS if _holds(user_obj, right)}


def _holds(user, right: str) -> bool:
    return user.is_active and getattr(user, "role", None) in RIGHTS.get(right, ())
