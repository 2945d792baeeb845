"""The elements that the law or the practice asks of each kind of wording: one table, with whose rule each is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Element:
    code: str
    label: str
    why: str
    source: str


HIPAA, CMS, ALABAMA = "45 CFR 164.508", "89 FR 97880-81", "Alabama 540-X-9-.10"
TEXTS, OURS = "CTIA principles; 47 CFR 64.1200", "Rule of the practice"

RECORDS = (
    Element("information", "What is sent", "A specific and meaningful description of it.", f"{HIPAA}(c)(1)(i)"),
    Element("discloser", "Who sends it", "Whoever is authorized to disclose must be named.", f"{HIPAA}(c)(1)(ii)"),
    Element("recipient", "Who receives it", "Whoever may receive it must be named.", f"{HIPAA}(c)(1)(iii)"),
    Element("purpose", "Purpose", "Each purpose must be said; “at my request” is enough.", f"{HIPAA}(c)(1)(iv)"),
    Element("expiry", "Expiry date or event", "An authorization without one is defective.", f"{HIPAA}(c)(1)(v)"),
    Element("signature", "Signature and date", "The patient signs and dates it.", f"{HIPAA}(c)(1)(vi)"),
    Element(
        "representative", "Authority of a representative", "If somebody else signs, it must say why that person may.",
        f"{HIPAA}(c)(1)(vi)",
    ),
    Element("revoke", "Right to revoke in writing", "The patient may take it back, and how.", f"{HIPAA}(c)(2)(i)"),
    Element(
        "exceptions", "What revoking does not undo", "What was done in reliance on it stays done.",
        f"{HIPAA}(c)(2)(i)(A)",
    ),
    Element(
        "no_condition", "Care does not depend on it", "Treatment, payment and benefits may not depend on it.",
        f"{HIPAA}(b)(4), (c)(2)(ii)",
    ),
    Element(
        "redisclosure", "It may be disclosed again", "Once sent, it may no longer be protected, and that must be said.",
        f"{HIPAA}(c)(2)(iii)",
    ),
    Element("copy", "A copy for the patient", "Whoever asks for the signature gives a copy.", f"{HIPAA}(c)(4)"),
)  # fmt: skip
APCM = (
    Element("available", "The service is available", "The first of CMS’s four disclosures.", CMS),
    Element("one_practitioner", "Only one practitioner a month", "The second of CMS’s four disclosures.", CMS),
    Element("stop", "May stop any time, to the end of the month", "The third of CMS’s four disclosures.", CMS),
    Element("cost", "Cost sharing may apply", "The fourth of CMS’s four disclosures.", CMS),
    Element("practitioner", "The practitioner by name", "The consent is for one practitioner.", f"{CMS}; rule V3"),
)
NOTICE = (
    Element("told", "Who is told", "The patient allows one practice to tell another.", OURS),
    Element("what_told", "What is told", "No more than is needed.", "45 CFR 164.502(b)"),
    Element("notice_free", "Nothing depends on it", "It is a courtesy and must not decide about the care.", OURS),
)
TEXTING = (
    Element("sender", "Who writes the texts", "A yes to texts counts for one named sender only.", TEXTS),
    Element("stop_word", "STOP ends the texts", "How to end them must stand here too.", "47 CFR 64.1200(a)(10)"),
    Element("texting_free", "Not a condition of care", "A yes to texts may not be a condition.", TEXTS),
    Element("rates", "Message and data rates", "Texts may cost the patient money.", TEXTS),
    Element("risk", "Texts are not secure", "A patient may prefer texts once warned.", "HHS on unencrypted e-mail"),
)
SCRIPT = (
    Element("caller", "Who calls", "The patient must know who asks.", OURS),
    Element("identifiers", "Two identifiers", "Identity is checked before anything is told.", "45 CFR 164.514(h)"),
    Element("free_choice", "No pressure", "Yes, no and later are equally good.", f"{OURS}; rule V13"),
)
LETTER = (
    Element("writer", "Who writes", "The patient must know who asks.", OURS),
    Element("how_to_answer", "How to answer", "A letter that asks must say how to answer.", OURS),
    Element("phone", "A number to call", "For patients who would rather talk.", OURS),
    Element("silence", "What silence means", "Silence is never a consent.", "Rule V13"),
)
TRANSITION = (
    Element("physician", "The treating physician", "The patient must know who leaves.", ALABAMA),
    Element("reason", "The general reason", "The notice says why it is sent.", ALABAMA),
    Element("get_records", "How to get the records", "The notice says whom to ask.", ALABAMA),
    Element("authorization", "An authorization to complete", "A HIPAA authorization comes with the notice.", ALABAMA),
    Element("retention", "How long records are kept", "The notice says how long they remain available.", ALABAMA),
    Element("no_instructions", "What happens without an answer", "The notice says what is done then.", ALABAMA),
    Element("new_address", "The new address", "Where the physician will be.", ALABAMA),
    Element("own_choice", "The patient chooses freely", "Records may be sent to whom the patient likes.", ALABAMA),
)

ELEMENTS = {
    element.code: element for group in (RECORDS, APCM, NOTICE, TEXTING, SCRIPT, LETTER, TRANSITION) for element in group
}

NEEDS: dict[str, tuple[Element, ...]] = {
    "online_form": (*RECORDS, *APCM, *NOTICE, *TEXTING),
    "records": RECORDS,
    "apcm": APCM,
    "notice": NOTICE,
    "texting": TEXTING,
    "script": (*SCRIPT, *APCM),
    "letter": (*LETTER, ELEMENTS["free_choice"]),
    "transition": TRANSITION,
}
"""By kind of wording."""

PRESSURE = {
    "a gift": "it is not so, and may look like an inducement (OIG AO 19-01); say that cost sharing may apply.",
    "a loss": "there are no benefits to lose or to move; that presses the patient.",
    "force": "agreeing may not be required (45 CFR 164.508(b)(4)); say that care does not depend on it.",
    "silence": "silence is never a consent (rule V13).",
    "hurry": "nothing here is urgent; that presses the patient.",
    "a promise": "nobody can promise that.",
}
"""Words that press or promise, and why they should not stand there."""

COMPOUND = (
    "This asks for the records authorization and for the APCM consent in one document: an authorization may be "
    "combined with other authorizations only (45 CFR 164.508(b)(3)). Ask counsel, or make two documents."
)
UNREADABLE = "The check reads English and Spanish only: somebody who knows the language must look for the elements."
