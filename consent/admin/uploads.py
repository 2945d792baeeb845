"""Taking in an export of the form: the upload, what its columns mean, what it would do, then it is taken in."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect

from consent import form_mapping, intake
from consent.form_export import understand
from consent.form_options import TICKS, decision, plain_text
from consent.models import Response, Wording
from explorer.lib.pages import page
from explorer.lib.tables import UPLOAD, Table, UnreadableTable
from explorer.lib.waiting_files import drop, keep, kept
from patients.models import Patient

Outcome = Response.Outcome
LISTED = 50  # rows of each outcome on the check page
SAMPLES = 3
TABS = {
    Outcome.REVIEW: "Needs review",
    Outcome.APPLIED: "Applied",
    Outcome.DUPLICATE: "Seen before",
    Outcome.REJECTED: "Cannot be used",
}
BADGES = {Outcome.REVIEW: "warn", Outcome.APPLIED: "good", Outcome.REJECTED: "bad"}
MEANINGS = {
    "": "Nothing we need",
    "response_id": "Number of the answer",
    "started_at": "Start time",
    "completed_at": "Completion time",
    "code": "Personal code",
    "date_of_birth": "Date of birth",
    "date_of_birth_again": "Date of birth, asked again",
    "full_name": "Full name",
    "first_name": "First name",
    "last_name": "Last name",
    "records": "Records may move: yes or no",
    "apcm": "APCM goes on: yes or no",
    "notice": "Old practice may be told: yes or no",
    "texting": "Texting: yes or no",
    "understood": "Has understood: box",
    "voluntary": "Decides freely: box",
    "signature_box": "Signature: box",
    "signature_name": "Signature: typed name",
    "signed_on": "Day of the signature",
    "representative": "Signed for the patient by",
    "language": "Language",
    "comment": "Comment",
    "email": "Email",
    "respondent_name": "Name of the Microsoft account",
}
OPTION_MEANINGS = {
    "unclear": "A person reads it",
    "yes": "Yes, or ticked",
    "no": "No, or not ticked",
    "not_applicable": "Does not apply",
    "more_information": "Wants more information",
}
CHOSEN = ("records", "apcm", "notice", "texting", *sorted(TICKS))
NEEDED = {
    "completed_at": "the completion time",
    "code": "the personal code",
    "date_of_birth": "the date of birth",
    "records": "the answer about the records",
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Export of the form",
        help_text="In Microsoft Forms choose Responses, then Open in Excel. Upload that file as it is.",
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv"}),
        error_messages={"required": "Choose the export of the form, a file of at most 10 MB."},
    )


class WordingForm(forms.Form):
    wording = forms.ModelChoiceField(
        label="Which version of the form did these patients read?",
        queryset=Wording.objects.none(),
        required=False,
        empty_label="Not known",
        help_text="It stands in the ledger with each of their answers.",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        versions = Wording.objects.in_force().filter(kind=Wording.Kind.ONLINE_FORM).order_by("language", "-version")
        self.fields["wording"].queryset = versions
        self.fields["wording"].initial = Wording.objects.newest(Wording.Kind.ONLINE_FORM)


class ColumnsForm(forms.Form):
    """For each column what it means, and for each text of a column of choices what that means."""

    def __init__(self, *args, table: Table, **kwargs):
        super().__init__(*args, **kwargs)
        self.table = table
        known = form_mapping.known_for(table.headings, table.rows).confirmed
        found = understand(table.headings, table.rows, known)
        meanings = {place: meaning for meaning, place in found.columns.items()}
        self.offered = {place: form_mapping.options_of(place, table.rows) for place in range(len(table.headings))}
        for place, heading in enumerate(table.headings):
            meaning = meanings.get(place, "")
            self.fields[f"column-{place}"] = forms.ChoiceField(
                label=heading,
                choices=[*MEANINGS.items(), *([(meaning, meaning)] if meaning not in MEANINGS else [])],
                initial=meaning,
                required=False,
            )
            if not _is_choice(meaning, self.offered[place]):
                self.offered[place] = []
            for number, text in enumerate(self.offered[place]):
                said = found.decision(text, meaning) if meaning in CHOSEN else decision(text, "records")
                self.fields[f"option-{place}-{number}"] = forms.ChoiceField(
                    label=text, choices=OPTION_MEANINGS.items(), initial=said, required=False
                )

    def lines(self) -> list[dict]:
        """For the page: each column with samples of its values and its choices."""
        return [
            {
                "heading": heading,
                "field": self[f"column-{place}"],
                "samples": self._samples(place),
                "options": [self[f"option-{place}-{number}"] for number in range(len(self.offered[place]))],
            }
            for place, heading in enumerate(self.table.headings)
        ]

    def _samples(self, place: int) -> list[str]:
        values = dict.fromkeys(row[1][place].strip() for row in self.table.rows if place < len(row[1]))
        return [value[:60] for value in values if value][:SAMPLES]

    def clean(self):
        meanings = [self.cleaned_data.get(f"column-{place}", "") for place in self.offered]
        for meaning in {meaning for meaning in meanings if meaning and meanings.count(meaning) > 1}:
            raise ValidationError(f"Two columns are said to be “{MEANINGS.get(meaning, meaning)}”: choose one.")
        missing = [words for meaning, words in NEEDED.items() if meaning not in meanings]
        if not {"full_name", "last_name", "signature_name"}.intersection(meanings):
            missing.append("the name")
        if missing:
            raise ValidationError(f"Choose the column with {', '.join(missing)}: without it no answer can be applied.")
        return self.cleaned_data

    @property
    def columns(self) -> dict[str, int]:
        chosen = {self.cleaned_data[f"column-{place}"]: place for place in self.offered}
        return {meaning: place for meaning, place in chosen.items() if meaning}

    @property
    def options(self) -> dict[str, dict[str, str]]:
        return {
            meaning: {
                plain_text(text): self.cleaned_data[f"option-{place}-{number}"] or "unclear"
                for number, text in enumerate(self.offered[place])
            }
            for meaning, place in self.columns.items()
            if meaning in CHOSEN
        }


def _is_choice(meaning: str, offered: list[str]) -> bool:
    """A column of choices has few texts, each given by several people."""
    return bool(offered) and (meaning in CHOSEN or (not meaning and len(offered) <= 6))


class UploadPages:
    @page("upload/", look="consent.import_response", act="consent.import_response")
    def upload(self, request):
        form = UploadForm(request.POST or None, request.FILES or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            content = file.read(UPLOAD.max_bytes + 1)
            try:
                review = intake.review_export(content, file.name, limits=UPLOAD)
            except intake.ColumnsOpen:
                return redirect("admin:consent_response_columns", keep(content, file.name, by=request.user))
            except UnreadableTable as problem:
                form.add_error("file", str(problem))
            else:
                unsure = review.form.doubts or review.form.missing
                onward = "columns" if unsure else "look_over"
                return redirect(f"admin:consent_response_{onward}", keep(content, file.name, by=request.user))
        return self.show(request, "consent/response_upload.html", "Take in form answers", form=form)

    @page("upload/<slug:upload>/columns/", look="consent.import_response", act="consent.import_response")
    def columns(self, request, upload: str):
        """What the form's columns and choices mean; kept for this form once confirmed."""
        file = _kept(request, upload)
        if not file:
            return redirect("admin:consent_response_upload")
        content, filename = file
        _, table = intake.read_export(content, filename, limits=UPLOAD)
        form = ColumnsForm(request.POST if request.method == "POST" else None, table=table, label_suffix="")
        if request.method == "POST" and form.is_valid():
            form_mapping.confirm(table.headings, form.columns, form.options, by=request.user)
            messages.success(request, "Noted what the columns mean. It holds for this form from now on.")
            return redirect("admin:consent_response_look_over", upload)
        known = form_mapping.known_for(table.headings, table.rows)
        return self.show(
            request,
            "consent/response_columns.html",
            "What do the columns mean?",
            form=form,
            filename=filename,
            changes=known.changes,
            doubts=() if known.changes else understand(table.headings, table.rows, known.confirmed).doubts,
            upload=upload,
        )

    @page("upload/<slug:upload>/", look="consent.import_response", act="consent.import_response")
    def look_over(self, request, upload: str):
        """What an uploaded export would do; taken in when confirmed."""
        file = _kept(request, upload)
        if not file:
            return redirect("admin:consent_response_upload")
        content, filename = file
        try:
            review = intake.review_export(content, filename, limits=UPLOAD)
        except intake.ColumnsOpen:
            return redirect("admin:consent_response_columns", upload)
        form = WordingForm(request.POST if request.method == "POST" else None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            intake.take_in(review, content=content, by=request.user, wording=form.cleaned_data["wording"])
            drop(upload)
            messages.success(request, f"Taken in: {_told(review.counts)}.")
            return redirect("admin:consent_response_changelist")
        return self.show(
            request,
            "consent/response_check.html",
            "Check before the answers are taken in",
            review=review,
            groups=_groups(review),
            form=form,
            upload=upload,
        )


def _kept(request, upload: str) -> tuple[bytes, str] | None:
    """The content and name of this person's upload; None, with a message, when it is no longer kept."""
    found = kept(upload, by=request.user)
    if not found:
        messages.error(request, "The file is no longer kept. Choose it again.")
    return found and found[:2]


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[outcome]} {label.lower()}" for outcome, label in TABS.items())


def _groups(review: intake.Review) -> list[dict]:
    likeliest = {pk for judged in review.judgements for pk in judged.candidates[:1]}
    names = dict(Patient.objects.filter(pk__in=likeliest).values_list("pk", "mrn"))
    groups = []
    for outcome, label in TABS.items():
        rows = [judged for judged in review.judgements if judged.outcome == outcome]
        listed = [
            {
                "row": judged.row,
                "mrn": names.get(judged.candidates[0], "") if judged.candidates else "",
                "reasons": [reason.words for reason in judged.reasons],
            }
            for judged in rows[:LISTED]
        ]
        badge = BADGES.get(outcome, "")
        groups.append({"label": label, "badge": badge, "count": len(rows), "rows": listed})
    return groups
