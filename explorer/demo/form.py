"""The demo's Microsoft Form: its prefilled sample link, its questions and its options, word for word."""

OLD_PRACTICE = "Cedar Ridge Medical Group"
NEW_PRACTICE = "Bluebird Primary Care"

# Made with TOKEN123 in the first question, as an administrator would make it; no such form exists.
FORM_SAMPLE_URL = (
    "https://forms.office.com/Pages/ResponsePage.aspx"
    "?id=Qm9ndXNUZW5hbnRJZEhlckJvZ3VzT3duZXJJZEhlcmVOb1N1Y2hGb3JtRXhpc3RzQW55d2hlcmVBdEFs"
    "&r3f0c8a51d7e94b26a8d15c7be0f4629d=TOKEN123"
)

CODE = "Reference code\n(already filled in – please leave as it is)"
BIRTH_DATE = "Your date of birth"
RECORDS = (
    f"Do you authorize your physician and direct clinical staff at {NEW_PRACTICE} to access, keep and copy "
    f"your medical records from {OLD_PRACTICE}?"
)
APCM = (
    "If you are enrolled in Advanced Primary Care Management (APCM): do you want to continue APCM with "
    f"{NEW_PRACTICE}?\xa0Only one practitioner can be paid for it in a month, cost sharing may apply, and "
    "you may stop at any time, effective at the end of the month."
)
NOTIFY = f"May we tell {OLD_PRACTICE} that you are ending APCM there? "
FULL_NAME = "Your full legal name (typing it is your signature)"
BIRTH_DATE_AGAIN = "Please type your date of birth once more (mm/dd/yyyy)"
SIGNED_ON = "Today's date"
SIGNATURE = "Electronic signature"

QUESTIONS = (CODE, BIRTH_DATE, RECORDS, APCM, NOTIFY, FULL_NAME, BIRTH_DATE_AGAIN, SIGNED_ON, SIGNATURE)
HEADINGS = ("ID", "Start time", "Completion time", "Email", "Name", *QUESTIONS)

RECORDS_OPTIONS = {
    True: f"Yes, I authorize {NEW_PRACTICE} to access, keep and copy my medical records.",
    False: "No, I do not authorize this. My records stay where they are.",
}
NOT_ENROLLED = "Not applicable, I am not enrolled in APCM."
APCM_OPTIONS = {
    "yes": f"Yes, I want to continue APCM with {NEW_PRACTICE}.",
    "no": "No, I do not want to continue APCM.",
    "more": "I need more information before I decide.",
}
NOTIFY_OPTIONS = {
    True: f"Yes, please notify {OLD_PRACTICE} for me.",
    False: f"No, I will tell {OLD_PRACTICE} myself.",
}
SIGNED = (
    "I understand that this is voluntary, that I may withdraw it in writing at any time, and that my typed "
    "name is my electronic signature.;"
)
