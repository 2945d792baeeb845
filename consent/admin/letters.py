import io
from operator import attrgetter

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_noop as noop
from unfold.decorators import display

from consent import addresses, letters, returned_mail
from consent.letter_forms import LettersForm, PostedForm, ReturnedForm, usual_letter
from consent.models import AddressVersion, Letter, LetterBatch
from explorer.lib.models import Practice
from explorer.lib.pages import READING, PracticeAdmin, page
from explorer.lib.slim import SlimRows
from explorer.lib.tables import write_csv
from patients.admin.exporting import ExportPages
from patients.models import Patient

State, Kind = LetterBatch.State, LetterBatch.Kind
BADGES = {"Posted": "success", "To post": "warning", "To print": "info"}
TONES = {State.POSTED: "good", State.PRINTED: "warn", State.MADE: "info", State.CANCELLED: ""}
SHOWN, PER_PAGE = 25, 50
WRITE = "consent.write_letter"


@admin.register(LetterBatch)
class LetterBatchAdmin(ExportPages, SlimRows, PracticeAdmin):
    list_title = noop("Letters")
    export_name = "Letters"
    export_columns = {
        "Letter": attrgetter("reference"),
        "Kind": lambda letter: letter.batch.get_kind_display(),
        "MRN": attrgetter("patient.mrn"),
        "Addressed to": attrgetter("name"),
        "Address": lambda letter: ", ".join(letter.address.lines()),
        "Step": lambda letter: State(letter.batch.state).label,
        "Postmark": attrgetter("batch.posted_on"),
        "Came back": attrgetter("returned_at"),
        "Why": lambda letter: letter.get_returned_reason_display(),
    }
    list_before_template = "consent/letters_top.html"
    list_display = ["made_on", "kind", "language", "number", "step", "postmark", "came_back", "made_by"]
    list_filter = ["kind"]
    list_filter_submit = True
    list_select_related = ["wording", "made_by"]

    def get_queryset(self, request):
        batches = super().get_queryset(request)
        return batches.annotate(
            written=Count("letters"), returned=Count("letters", filter=Q(letters__returned_at__isnull=False))
        )

    def export_rows(self, request):
        """The letters of the batches."""
        batches, what = super().export_rows(request)
        letters_of = Letter.objects.filter(batch__in=batches.order_by().values("pk"))
        return letters_of.select_related("batch", "patient", "address").order_by("-batch", "number"), what

    def changelist_view(self, request, extra_context=None):
        to_correct = AddressVersion.objects.waiting().count()
        return super().changelist_view(request, {"to_correct": to_correct, **(extra_context or {})})

    @display(description="Made on", ordering="made_at")
    def made_on(self, batch):
        return date_format(localtime(batch.made_at), "m/d/Y, g:i A")

    @display(description="Language")
    def language(self, batch):
        return batch.wording.get_language_display()

    @display(description="Letters", ordering="written")
    def number(self, batch):
        return f"{batch.written:,}"

    @display(description="Step", label=BADGES)
    def step(self, batch):
        return State(batch.state).label

    @display(description="Postmark", ordering="posted_on", empty_value="–")
    def postmark(self, batch):
        return batch.posted_on and date_format(batch.posted_on, "m/d/Y")

    @display(description="Came back", ordering="returned")
    def came_back(self, batch):
        return batch.returned or "–"

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The log of a batch, and what to do next."""
        self._only_to_read(request)
        if not (object_id.isascii() and object_id.isdecimal() and len(object_id) < 19):
            raise Http404
        batch = get_object_or_404(self.get_queryset(request), pk=object_id)
        written = batch.letters.select_related("patient", "address", "invitation").order_by("number")
        return self.show(
            request,
            "consent/letter_batch.html",
            str(batch),
            batch=batch,
            state=State(batch.state),
            tone=TONES[batch.state],
            listed=Paginator(written, PER_PAGE).get_page(request.GET.get("p")),
            out=letters.to_take_out(batch) if batch.state in (State.MADE, State.PRINTED) else [],
            may_write=request.user.has_perm(WRITE),
        )

    def _only_to_read(self, request) -> None:
        if request.method not in READING or not self.has_view_permission(request):
            raise PermissionDenied

    @page("new/", look=WRITE, act=WRITE)
    def new(self, request):
        """Letters for the patients whose ids another page sends here."""
        return self._preview(request, _ids(request.POST.get("patients", "")), Kind.LETTER)

    @page("new/transition/", look=WRITE, act=WRITE)
    def transition(self, request):
        """The notice that every active patient must get by post."""
        practice = Practice.current()
        active = letters.active_patients(practice.today())
        unknown = Patient.objects.on_the_list().filter(deceased=False, last_visit=None)
        asked = request.POST or request.GET
        pks = _ids(asked["patients"]) if "patients" in asked else list(active.values_list("pk", flat=True))
        if "unknown" in request.GET:
            pks += unknown.values_list("pk", flat=True)
        return self._preview(request, pks, Kind.TRANSITION, unknown=0 if "unknown" in asked else unknown.count())

    @page("new/patient/<int:patient_id>/", look=WRITE, act=WRITE)
    def patient(self, request, patient_id: int):
        patient = get_object_or_404(Patient, pk=patient_id)
        return self._preview(request, [patient.pk], Kind.LETTER, patient=patient)

    def _preview(self, request, pks: list[int], usual: str, **context):
        """Who would get a letter and who not, then the letters are made."""
        form = LettersForm(request.POST if "wording" in request.POST else usual_letter(usual))
        choices, wording = [], None
        if form.is_valid():
            wording = form.cleaned_data["wording"]
            if request.POST.get("confirmed") == form.looked_at and (batch := _made(request, form, pks)):
                return redirect("admin:consent_letterbatch_change", batch.pk)
            choices = letters.choose(
                pks,
                kind=wording.kind,
                envelope=form.cleaned_data["envelope"],
                language=wording.language,
                again=form.cleaned_data["again"],
            )
        chosen, out = [c for c in choices if not c.why], [c for c in choices if c.why]
        context |= {
            "form": form,
            "pks": " ".join(map(str, pks)),
            "asked": len(pks),
            "wording": wording,
            "warnings": letters.warnings_about(wording, wording.kind, Practice.current()) if wording else [],
            "chosen": chosen[:SHOWN],
            "count": len(chosen),
            "reasons": letters.left_out(choices),
            "out": [(choice.patient, letters.LEFT_OUT[choice.why]) for choice in out[: 8 * SHOWN]],
            "out_count": len(out),
            "seen": form.looked_at if form.is_valid() else "",
        }
        return self.show(request, "consent/letters_new.html", "New letters", **context)

    @page("<int:batch_id>/print/", look=WRITE, act=WRITE)
    def print(self, request, batch_id: int):
        """POST gives the PDF."""
        batch = get_object_or_404(LetterBatch, pk=batch_id)
        if request.method in READING:
            return redirect("admin:consent_letterbatch_change", batch.pk)
        try:
            printed = letters.print_batch(batch, by=request.user)
        except ValidationError as problem:
            return _refused(request, batch, problem)
        if not printed.same:
            messages.warning(request, "The program has changed since the first print: same words, other file.")
        return _file(printed.content, "application/pdf", f"letters-{batch.pk}.pdf")

    @page("<int:batch_id>/labels/", look=WRITE, act=WRITE)
    def labels(self, request, batch_id: int):
        """POST gives the addresses as a CSV file."""
        batch = get_object_or_404(LetterBatch, pk=batch_id)
        if request.method in READING:
            return redirect("admin:consent_letterbatch_change", batch.pk)
        stream = io.StringIO(newline="")
        write_csv(stream, letters.labels(batch, by=request.user))
        return _file(stream.getvalue().encode("utf-8-sig"), "text/csv; charset=utf-8", f"labels-{batch.pk}.csv")

    @page("<int:batch_id>/posted/", look=WRITE, act=WRITE)
    def posted(self, request, batch_id: int):
        batch = get_object_or_404(self.get_queryset(request), pk=batch_id)
        form = PostedForm(request.POST or None, label_suffix="", initial={"posted_on": Practice.current().today()})
        if request.method == "POST" and form.is_valid():
            try:
                letters.post_batch(batch, by=request.user, **form.cleaned_data)
            except ValidationError as problem:
                form.add_error(None, problem.messages)
            else:
                messages.success(request, "The postmark is written down.")
                return redirect("admin:consent_letterbatch_change", batch.pk)
        return self.show(request, "consent/letters_posted.html", "Letters are posted", batch=batch, form=form)

    @page("<int:batch_id>/cancel/", look=WRITE, act=WRITE)
    def cancel(self, request, batch_id: int):
        batch = get_object_or_404(self.get_queryset(request), pk=batch_id)
        if request.method == "POST":
            try:
                letters.cancel_batch(batch, by=request.user)
            except ValidationError as problem:
                return _refused(request, batch, problem)
            messages.success(request, "The batch is cancelled. Shred what was printed of it.")
            return redirect("admin:consent_letterbatch_change", batch.pk)
        return self.show(request, "consent/letters_cancel.html", "Cancel these letters", batch=batch)

    @page("returned/", look=WRITE, act=WRITE)
    def returned(self, request):
        """Find the letter in hand. POST only because names and codes do not belong into an address."""
        words = request.POST.get("q", "").strip()
        found = returned_mail.find_letters(words)
        if len(found) == 1 and found[0].returned_at is None:
            return redirect("admin:consent_letterbatch_back", found[0].pk)
        return self.show(request, "consent/letters_returned.html", "Returned mail", words=words, found=found)

    @page("returned/<int:letter_id>/", look=WRITE, act=WRITE)
    def back(self, request, letter_id: int):
        letter = get_object_or_404(Letter.objects.select_related("batch", "patient", "address"), pk=letter_id)
        form = ReturnedForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            try:
                letter = returned_mail.record_return(letter, reason=form.cleaned_data["reason"], by=request.user)
            except ValidationError as problem:
                form.add_error(None, problem.messages)
            else:
                messages.success(request, _what_next(letter))
                return redirect("admin:consent_letterbatch_returned")
        return self.show(request, "consent/letter_returned.html", "A letter came back", letter=letter, form=form)

    @page("addresses/", look="consent.view_letterbatch")
    def addresses(self, request):
        """Patients whose present address mail came back from."""
        waiting = AddressVersion.objects.waiting().select_related("patient")
        waiting = waiting.order_by("patient__last_name", "patient__first_name", "-bad_at")
        return self.show(
            request,
            "consent/letters_addresses.html",
            "Addresses to correct",
            listed=Paginator(waiting, PER_PAGE).get_page(request.GET.get("p")),
            may_write=request.user.has_perm(WRITE),
            may_correct=request.user.has_perm("patients.change_patient"),
        )

    @page("addresses/<int:patient_id>/right/", look=WRITE, act=WRITE)
    def right(self, request, patient_id: int):
        """The address is right after all."""
        patient = get_object_or_404(Patient, pk=patient_id)
        if request.method == "POST":
            try:
                addresses.confirm_address(patient, by=request.user)
                messages.success(request, f"Letters to {patient.sort_name} go to this address again.")
            except ValidationError as problem:
                messages.error(request, " ".join(problem.messages))
            return redirect("admin:consent_letterbatch_addresses")
        return self.show(request, "consent/letters_right.html", "Is this address right?", patient=patient)


def _ids(text: str) -> list[int]:
    return [int(word) for word in text.split()[:100_000] if word.isdecimal() and len(word) < 16]


def _made(request, form: LettersForm, pks: list[int]) -> LetterBatch | None:
    try:
        batch = letters.make_batch(patient_ids=pks, by=request.user, **form.told)
    except ValidationError as problem:
        messages.error(request, " ".join(problem.messages))
        return None
    messages.success(request, "The letters are made. Print them next.")
    return batch


def _refused(request, batch: LetterBatch, problem: ValidationError):
    messages.error(request, " ".join(problem.messages))
    return redirect("admin:consent_letterbatch_change", batch.pk)


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _what_next(letter: Letter) -> str:
    if letter.returned_reason == Letter.Reason.DECEASED:
        return "Written down. Ask the family gently, and correct the chart if the patient has died."
    if letter.returned_reason in Letter.ADDRESS_IS_GOOD:
        return "Written down. The address stays as it is; call the patient instead."
    return "Written down. The address waits under “Addresses to correct”."
