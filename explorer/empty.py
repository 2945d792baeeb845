"""What an empty list says: what will stand there, and where to begin."""

from django.utils.translation import gettext_noop

EMPTY: dict[str, tuple[str, str, str]] = {
    "patients.patient": (
        gettext_noop("There are no patients yet. Import the patient list to begin."),
        gettext_noop("Go to the imports"), "patients_importbatch_changelist"),
    "patients.importbatch": (
        gettext_noop("Nothing has been imported yet. You look at each list before it counts."),
        gettext_noop("Import the patient list"), "patients_importbatch_import"),
    "patients.practitioner": (
        gettext_noop("No practitioner is known yet. Add who bills for the practice."),
        gettext_noop("Look at the practice profile"), "floor_practice_changelist"),
    "patients.stafftask": (
        gettext_noop("Nothing to do here. Tasks come from calls, replies and colleagues."),
        gettext_noop("Go home"), "index"),
    "consent.wording": (
        gettext_noop("There are no wordings yet. They come with the program's set-up."),
        gettext_noop("Look at the practice profile"), "floor_practice_changelist"),
    "consent.consentevent": (
        gettext_noop("No decision has been recorded yet. They come from form answers, calls, letters and the desk."),
        gettext_noop("See who is left"), "outreach_attempt_follow_up"),
    "consent.deskform": (
        gettext_noop("Nobody has answered at the desk yet. Hand the form over from a patient's page."),
        gettext_noop("Find the patient"), "patients_patient_changelist"),
    "consent.invitation": (
        gettext_noop("No personal code has been made yet. Campaigns and letters make them."),
        gettext_noop("Go to the campaigns"), "outreach_campaign_changelist"),
    "consent.letterbatch": (
        gettext_noop("No letter has been written yet. Letters reach those whom no text reaches."),
        gettext_noop("Write letters"), "consent_letterbatch_new"),
    "consent.disclosure": (
        gettext_noop("Nothing has been disclosed yet. Notices to the old practice stand here once they are sent."),
        gettext_noop("Go to the decisions"), "consent_consentevent_changelist"),
    "consent.response": (
        gettext_noop("No answer has been taken in yet. Download them from Microsoft Forms, then upload the file."),
        gettext_noop("Take in answers"), "consent_response_upload"),
    "consent.apcmmonth": (
        gettext_noop("Nobody is ready to bill yet. Patients appear once they have agreed to APCM."),
        gettext_noop("Go to the decisions"), "consent_consentevent_changelist"),
    "outreach.campaign": (
        gettext_noop("There is no campaign yet. Begin with a small pilot: you see each text before it goes out."),
        gettext_noop("Make the first campaign"), "outreach_campaign_new"),
    "outreach.message": (
        gettext_noop("No text has gone out yet. Texts appear here once a campaign is launched."),
        gettext_noop("Go to the campaigns"), "outreach_campaign_changelist"),
    "outreach.match": (
        gettext_noop("There is nothing to match yet. Import the patient list, then read the contacts from Spruce."),
        gettext_noop("Go to the imports"), "patients_importbatch_changelist"),
    "outreach.reply": (
        gettext_noop("Nobody has replied yet. Replies are read from Spruce by themselves."),
        gettext_noop("Go to the texts"), "outreach_message_changelist"),
    "outreach.suppression": (
        gettext_noop("Every number may be texted. Numbers that said STOP will stand here."),
        gettext_noop("Go home"), "index"),
    "outreach.attempt": (
        gettext_noop("Nobody has been called yet. Begin with those who have not answered."),
        gettext_noop("See who is left"), "outreach_attempt_follow_up"),
    "outreach.numbercheck": (
        gettext_noop("No number waits for a check. Wrong numbers will stand here."), gettext_noop("Go home"), "index"),
    "outreach.savedanswer": (
        gettext_noop("There is no saved answer yet. Save what you write to patients again and again."),
        gettext_noop("Go to the replies"), "outreach_reply_changelist"),
    "explorer.evidencepacket": (
        gettext_noop("No evidence has been put together yet. Ask for the packet of all patients, or of a few."),
        gettext_noop("Make a packet"), "explorer_evidencepacket_new"),
}  # fmt: skip
"""{model: (what it says, the link's words, the page's name)}."""
