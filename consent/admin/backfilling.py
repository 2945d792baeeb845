"""The page "Write down earlier verbal consents": choose, check each line, write."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect

from consent import backfill
from consent.backfill_rows import MOST_ROWS, Row, read_file, read_pasted
from consent.forms import QUESTIONS
from consent.models import ConsentEvent, Wording
from consent.proof import IDENTIFIERS
from consent.wordings.disclosures import APCM_DISCLOSURES
from explorer.lib.models import Practice
from explorer.lib.pages import page
from explorer.lib.tables import UPLOAD, UnreadableTable
from explorer.lib.waiting_files import drop, keep, kept
from patients.models import Patient, Practitioner

Kind, Method = ConsentEvent.Kind, ConsentEvent.Method
RIGHT = "consent.record_consent"
LISTED = 200  # rows shown of each outcome
GROUPS = {backfill.REJECTED: ("Cannot be written", "bad"), backfill.READY: ("Will be written", "good"),
          backfill.KNOWN: ("In the ledger already", "")}  # fmt: skip
DAY = {"type": "date"}


def _day(label: str, **more) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"), required=False, **more)


class BackfillForm(forms.Form):
    charts = forms.CharField(
        label="Chart numbers, one a line",
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="With a date behind the number where the patient said so on another day: 1001 11/02/2026",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.xlsx"}),
        help_text="CSV or Excel with the columns mrn and date, and if you like kind, decision, obtained_by, witness.",
    )
    day = _day("Day of the consent", help_text="For every patient without a date of their own.")
    kinds = forms.MultipleChoiceField(
        label="What the patients agreed to",
        choices=[(kind, Kind(kind).label) for kind in QUESTIONS],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="A file may say so in its column kind.",
    )
    method = forms.ChoiceField(
        label="How did they say so?",
        choices=[(Method.IN_PERSON, "In person"), (Method.PHONE, "By phone")],
        widget=forms.RadioSelect,
        initial=Method.IN_PERSON,
    )
    obtained_by = forms.CharField(label="Who spoke with the patients?", max_length=120)
    witness = forms.CharField(label="Witness", max_length=120, help_text="A second person of the practice.")
    identifiers = forms.MultipleChoiceField(
        label="How was it made sure who each patient is?",
        choices=IDENTIFIERS.items(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Tick at least two that were asked for and right.",
        error_messages={"required": "Tick at least two: without them the answers are not proven."},
    )
    disclosures = forms.MultipleChoiceField(
        label="Said to each patient before a yes to APCM; tick each one that was really said",
        choices=APCM_DISCLOSURES.items(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    on_behalf_of = forms.ModelChoiceField(
        Practitioner.objects.none(), label="Practitioner named to the patients as the one who bills", required=False
    )
    script = forms.ModelChoiceField(
        Wording.objects.filter(kind=Wording.Kind.SCRIPT),
        label="The words that were read",
        required=False,
        empty_label="None of the stored scripts",
    )
    note = forms.CharField(
        label="Why is this written down only now, and what does it rest on?",
        max_length=300,
        help_text="As: said at the visit, noted in the visit’s chart; entered afterwards from there.",
    )
    upload = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on_behalf_of"].queryset = billing = Practitioner.objects.who_bill_apcm()
        self.initial.setdefault("on_behalf_of", billing[0].pk if len(billing) == 1 else None)

    def clean_identifiers(self):
        if len(self.cleaned_data["identifiers"]) < 2:
            raise ValidationError("Tick at least two: one alone does not prove who it is.")
        return self.cleaned_data["identifiers"]

    def clean(self):
        cleaned = super().clean()
        sources = [cleaned.get("file"), cleaned.get("charts", "").strip()]
        if not any(sources) and not cleaned.get("upload") and "file" not in self.errors:
            self.add_error("charts", "Name the patients: paste their chart numbers, or choose a file.")
        if all(sources):
            self.add_error("charts", "Either chart numbers or a file: empty this field to take the file.")
        if cleaned.get("obtained_by") and cleaned.get("obtained_by") == cleaned.get("witness"):
            self.add_error("witness", "The witness must be somebody else than the one who spoke.")
        if Kind.APCM in cleaned.get("kinds", ()):
            self._clean_apcm(cleaned)
        return cleaned

    def _clean_apcm(self, cleaned: dict) -> None:
        if len(cleaned.get("disclosures", ())) < len(APCM_DISCLOSURES):
            self.add_error("disclosures", "A yes to APCM counts only when all four were said.")
        if not cleaned.get("on_behalf_of"):
            self.add_error("on_behalf_of", "Choose who bills APCM; an administrator adds them under Practitioners.")

    @property
    def told(self) -> dict:
        """What `ledger.compose` asks for, the same for every line."""
        cleaned = self.cleaned_data
        return {name: cleaned[name] for name in ("method", "obtained_by", "witness", "note", "on_behalf_of")} | {
            "identity_checks": cleaned["identifiers"],
            "disclosures": {name: name in cleaned["disclosures"] for name in APCM_DISCLOSURES},
            "wording": cleaned["script"],
        }


class SeenForm(forms.Form):
    """Which patients to put into the list: those of a time of visits."""

    seen_from = _day("Last visit from")
    seen_to = _day("to")
    visit_days = forms.BooleanField(label="Take each patient’s last visit as the day", required=False)


class BackfillPages:
    @page("backfill/", look=RIGHT, act=RIGHT)
    def backfill(self, request):
        """The form, then every line that it would write, then they are written."""
        if "fill" in request.POST:
            return self._ask(request, _filled(request), SeenForm(request.POST, label_suffix=""))
        form = BackfillForm(
            request.POST or None, request.FILES or None, label_suffix="", initial={"obtained_by": str(request.user)}
        )
        rows, upload = _rows(request, form) if request.method == "POST" and form.is_valid() else ([], "")
        if not rows or "change" in request.POST:
            return self._ask(request, form, SeenForm(label_suffix=""))
        if "confirmed" in request.POST:
            found = backfill.write(rows, told=form.told, by=request.user)
            drop(upload)
            _tell(request, found)
            return redirect("admin:consent_consentevent_changelist")
        found = backfill.foresee(rows, told=form.told, by=request.user)
        return self.show(
            request, "consent/backfill_check.html", "Check before the consents are written down",
            form=form, upload=upload, counts=backfill.counts(found), groups=_groups(found),
            lines=sum(len(row.events) for row in found), facts=_facts(form),
        )  # fmt: skip

    def _ask(self, request, form: BackfillForm, seen: SeenForm):
        title = "Write down earlier verbal consents"
        return self.show(request, "consent/backfill.html", title, form=form, seen=seen)


def _filled(request) -> BackfillForm:
    """The form as it was, with the chart numbers of those who were seen in that time."""
    seen = SeenForm(request.POST)
    several = ("kinds", "identifiers", "disclosures")
    typed = {name: request.POST.getlist(name) if name in several else request.POST.get(name) for name in request.POST}
    if not seen.is_valid() or not (seen.cleaned_data["seen_from"] or seen.cleaned_data["seen_to"]):
        messages.error(request, "Choose from which day to which the patients were seen.")
        return BackfillForm(label_suffix="", initial=typed)
    patients = _seen(seen.cleaned_data)
    by_visit = seen.cleaned_data["visit_days"]
    charts = [f"{mrn} {visit:%m/%d/%Y}" if by_visit else mrn for mrn, visit in patients]
    messages.info(request, f"{len(charts):,} patients were last seen then. Nothing is written yet.")
    return BackfillForm(label_suffix="", initial=typed | {"charts": "\n".join(charts)})


def _seen(asked: dict) -> list[tuple]:
    """(chart number, last visit) of those on the list who can have said yes."""
    found = Patient.objects.on_the_list().filter(deceased=False, last_visit__isnull=False)
    if asked["seen_from"]:
        found = found.filter(last_visit__gte=asked["seen_from"])
    found = found.filter(last_visit__lte=asked["seen_to"] or Practice.current().today())
    return list(found.order_by("last_visit", "mrn").values_list("mrn", "last_visit")[:MOST_ROWS])


def _rows(request, form: BackfillForm) -> tuple[list[Row], str]:
    """The rows as told and the id of the kept file; none where they cannot be read."""
    cleaned, upload = form.cleaned_data, form.cleaned_data["upload"]
    told = {"kinds": tuple(cleaned["kinds"]), "day": cleaned["day"]}
    try:
        if file := cleaned["file"]:
            content = file.read(UPLOAD.max_bytes + 1)
            rows = read_file(content, file.name, limits=UPLOAD, **told)
            return rows, keep(content, file.name, by=request.user)
        if cleaned["charts"].strip():
            return read_pasted(cleaned["charts"], **told), ""
        if found := kept(upload, by=request.user):
            return read_file(*found[:2], limits=UPLOAD, **told), upload
        form.add_error("file", "The file is no longer kept: choose it again.")
    except UnreadableTable as problem:
        form.add_error("charts" if cleaned["charts"].strip() else "file", str(problem))
    return [], ""


def _groups(found: list[backfill.Foreseen]) -> list[dict]:
    groups = []
    for outcome, (label, badge) in GROUPS.items():
        rows = [row for row in found if row.outcome == outcome]
        groups.append({"label": label, "badge": badge, "count": len(rows), "rows": rows[:LISTED]})
    return groups


def _facts(form: BackfillForm) -> list[tuple[str, str]]:
    told = form.told
    facts = [
        ("How", Method(told["method"]).label),
        ("Obtained by", told["obtained_by"]),
        ("Witness", told["witness"]),
        ("Identity", " and ".join(IDENTIFIERS[name].lower() for name in told["identity_checks"])),
        ("Said of APCM", f"{sum(told['disclosures'].values())} of 4 disclosures"),
        ("Practitioner", str(told["on_behalf_of"] or "")),
        ("Words", str(told["wording"] or "None of the stored scripts")),
        ("Note", told["note"]),
    ]
    return [(name, words) for name, words in facts if words]


def _tell(request, found: list[backfill.Foreseen]) -> None:
    lines, told = sum(len(row.events) for row in found), backfill.counts(found)
    if lines:
        messages.success(request, f"{lines:,} lines for {told['ready']:,} rows are in the ledger.")
    else:
        messages.info(request, "Nothing new was written.")
    left = [f"{told['known']:,} known already" if told["known"] else "",
            f"{told['rejected']:,} not written" if told["rejected"] else ""]  # fmt: skip
    if any(left):
        messages.warning(request, f"Rows left out: {', '.join(filter(None, left))}.")
