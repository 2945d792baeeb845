"""What staff fill in about APCM: one fact, a sheet of facts, an export, a void month."""

from django import forms

from explorer.lib.months import first_of
from patients.models import ApcmEnrolment, CareFact

Kind = CareFact.Kind
SHOWN = {
    Kind.PAYER: ("answer", "on", "source", "note"),
    Kind.QMB: ("month", "answer", "on", "source", "note"),
    Kind.CONDITIONS: ("number", "codes", "person", "on", "source", "note"),
    Kind.VISIT: ("on", "npi", "person", "codes", "source", "note"),
    Kind.INITIATING: ("on", "npi", "codes", "source", "note"),
    Kind.PRIOR: ("on", "npi", "codes", "source", "note"),
    Kind.SERVICE: ("month", "on", "source", "note"),
    Kind.LEVEL: ("number", "on", "source", "note"),
    Kind.CODE: ("month", "codes", "on", "source", "note"),
    Kind.OLD_BILLED: ("month", "on", "source", "note"),
    Kind.DECEASED: ("on", "source", "note"),
    Kind.BALANCE: ("on", "source", "note"),
    Kind.NOTE: ("note", "on", "source"),
}
LABELS = {
    (Kind.PAYER, "answer"): "Who pays?",
    (Kind.QMB, "answer"): "Is the patient a Qualified Medicare Beneficiary in this month?",
    (Kind.CONDITIONS, "number"): "How many chronic conditions qualify?",
    (Kind.CONDITIONS, "codes"): "ICD-10 codes",
    (Kind.CONDITIONS, "person"): "Who attests them?",
    (Kind.CONDITIONS, "on"): "Attested on",
    (Kind.VISIT, "on"): "Day of the visit",
    (Kind.VISIT, "person"): "Name, where the NPI is not known",
    (Kind.INITIATING, "on"): "Day of the visit",
    (Kind.PRIOR, "on"): "Last day of that care",
    (Kind.SERVICE, "on"): "Day of the first service",
    (Kind.LEVEL, "number"): "Level",
    (Kind.LEVEL, "note"): "Why this level?",
    (Kind.DECEASED, "on"): "Day of death",
    (Kind.NOTE, "note"): "Note",
}
GENERAL = {
    "on": "Checked on", "month": "Month", "codes": "Code", "npi": "NPI of who saw the patient", "source": "Source",
    "note": "Remark", "number": "Number", "person": "Name", "answer": "Answer",
}  # fmt: skip
HELP = {
    (Kind.CONDITIONS, "codes"): "With blanks between, as E11.9 I10.",
    (Kind.CODE, "codes"): "As 99490. A code that APCM excludes holds the month until the note is withdrawn.",
    (Kind.INITIATING, "codes"): "As 99214, G0439. Other codes do not start APCM.",
    (Kind.NOTE, "note"): "As: hospice since December; dialysis, monthly fee.",
    (Kind.VISIT, "npi"): "Only a visit with a clinician of ours makes an initiating visit needless.",
    (Kind.PRIOR, "npi"): "Care management counts where a clinician of ours gave it within a year.",
    (Kind.PAYER, "source"): "Medicare Advantage is billed only when the plan said so.",
}
OPTIONAL = {"codes", "note", "person", "npi"}


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self):
        super().__init__(format="%Y-%m-%d")


class MonthInput(forms.DateInput):
    input_type = "month"

    def __init__(self):
        super().__init__(format="%Y-%m")


def month_field(**more) -> forms.DateField:
    return forms.DateField(
        widget=MonthInput(),
        input_formats=["%Y-%m", "%m/%Y", "%Y-%m-%d"],
        error_messages={"invalid": "Write the month as 01/2027."},
        **more,
    )


def _field(kind: str, name: str) -> forms.Field:
    about = {
        "label": LABELS.get((kind, name), GENERAL[name]),
        "help_text": HELP.get((kind, name), ""),
        "required": name not in OPTIONAL,
    }
    if name == "on":
        return forms.DateField(widget=DayInput(), **about)
    if name == "month":
        return month_field(**about)
    if name == "source":
        return forms.ChoiceField(choices=[("", "Choose"), *CareFact.Source.choices], **about)
    if name == "answer":
        choices = CareFact.Payer.choices if kind == Kind.PAYER else [("yes", "Yes"), ("no", "No")]
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **about)
    if name == "number" and kind == Kind.LEVEL:
        return forms.TypedChoiceField(
            choices=ApcmEnrolment.Level.choices, coerce=int, widget=forms.RadioSelect, **about
        )
    if name == "number":
        return forms.IntegerField(min_value=0, max_value=40, **about)
    about["required"] = (kind, name) in LABELS and name in ("note", "person") and kind != Kind.VISIT
    if name == "npi":
        return forms.CharField(max_length=10, widget=forms.TextInput(attrs={"list": "npis"}), **about)
    return forms.CharField(max_length={"note": 300, "codes": 500, "person": 120}[name], **about)


class FactForm(forms.Form):
    """The fields of one kind of fact."""

    def __init__(self, *args, kind: str, **kwargs):
        super().__init__(*args, **kwargs)
        for name in SHOWN[kind]:
            self.fields[name] = _field(kind, name)

    def clean_month(self):
        return first_of(self.cleaned_data["month"])


class SheetForm(forms.Form):
    file = forms.FileField(
        label="Sheet",
        help_text="An Excel workbook or .csv file of at most 10 MB, one row a patient, with a column MRN.",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
        error_messages={"required": "Choose the sheet, a file of at most 10 MB."},
    )
    checked_on = forms.DateField(
        label="Checked on", widget=DayInput(), help_text="Counts for rows that have no column “Checked on”."
    )
    source = forms.ChoiceField(
        label="Source", choices=CareFact.Source.choices, help_text="Counts for rows that have no column “Source”."
    )


class HandOverForm(forms.Form):
    month = month_field()
    again = forms.BooleanField(label="Also the months that were handed over before", required=False)
    kind = forms.ChoiceField(
        label="File",
        choices=[("xlsx", "Excel workbook (.xlsx)"), ("csv", "Text table (.csv)")],
        widget=forms.RadioSelect,
        initial="xlsx",
    )


class WhyForm(forms.Form):
    because = forms.CharField(label="Why?", max_length=300)


class BilledForm(forms.Form):
    on = forms.DateField(label="Day of the claims", widget=DayInput())
