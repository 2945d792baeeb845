"""Taking in lists in the browser: upload, review, confirm, apply."""

import io
from base64 import b64encode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from import_export.admin import ImportMixin

from explorer.lib import jobs
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.tables import UPLOAD, SeveralSheets, UnreadableTable, write_xlsx
from explorer.lib.waiting_files import keep, kept
from patients import actions
from patients.admin import showing
from patients.admin.upload import UploadForm
from patients.models import ImportBatch, ImportRow
from patients.rejected import rejected_sheets
from patients.resources import ApcmWorkbookResource, PatientListResource, SafeExcel

LOOK, IMPORT = "patients.view_importbatch", "patients.import_patient"
ROWS_A_PAGE = 50
AT_ONCE = 2000  # rows; more are applied by the worker
READ_AT_ONCE = 250_000  # bytes, a list of about 2,400 patients; a longer one is read by the worker
KINDS = {
    ImportBatch.Kind.PATIENTS: PatientListResource,
    ImportBatch.Kind.APCM: ApcmWorkbookResource,
}
READ, APPLY, UNDO = (f"patients.tasks.{name}" for name in ("read_list", "apply_import", "undo_import"))
State, Outcome = ImportBatch.State, ImportRow.Outcome


@admin.register(ImportBatch)
class ImportBatchAdmin(ImportMixin, PracticeAdmin):
    list_display = [
        "shown_kind", "filename", "shown_state", "new", "changed", "rejected", "read_on", "uploaded_by",
    ]  # fmt: skip
    list_select_related = ["uploaded_by"]
    list_before_template = "patients/imports_top.html"
    import_export_change_list_template = None
    resource_classes = list(KINDS.values())
    import_form_class = UploadForm
    import_formats = [SafeExcel]

    def get_queryset(self, request):
        of = {name: Count("rows", filter=Q(rows__outcome=name)) for name in ("new", "changed", "rejected")}
        return (
            super()
            .get_queryset(request)
            .defer("raw", "columns", "notes")
            .annotate(**{f"{name}_rows": count for name, count in of.items()})
        )

    @admin.display(description="List", ordering="kind")
    def shown_kind(self, batch) -> str:
        return batch.get_kind_display()

    @admin.display(description="State", ordering="state")
    def shown_state(self, batch) -> str:
        return batch.get_state_display()

    @admin.display(description="Read on", ordering="uploaded_at")
    def read_on(self, batch) -> str:
        return date_format(localtime(batch.uploaded_at), "m/d/Y, g:i A")

    @admin.display(description="New", ordering="new_rows")
    def new(self, batch) -> int:
        return batch.new_rows

    @admin.display(description="Changed", ordering="changed_rows")
    def changed(self, batch) -> int:
        return batch.changed_rows

    @admin.display(description="Rejected", ordering="rejected_rows")
    def rejected(self, batch) -> int:
        return batch.rejected_rows

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:patients_importbatch_review", object_id)

    def get_urls(self):
        return [url for url in super().get_urls() if url.name != "patients_importbatch_process_import"]

    def has_import_permission(self, request) -> bool:
        return request.user.has_perm(IMPORT)

    def get_import_form_initial(self, request) -> dict:
        kinds = list(KINDS)
        kind = request.GET.get("list")
        return {"resource": str(kinds.index(kind)) if kind in kinds else "0"}

    def import_action(self, request, **kwargs):
        """Read the file, store what it would change, go to the review. No temporary file is ever written."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        form = self._form_of_the_worker(request) or self.create_import_form(request)
        if request.method == "POST" and form.is_valid():
            if len(form.content) > READ_AT_ONCE:
                return redirect(self._ask_to_read(request, form))
            if batch := self._stage(request, form):
                return redirect("admin:patients_importbatch_review", batch.pk)
        return self.show(request, "patients/upload.html", "Import a list", form=form)

    def _ask_to_read(self, request, form: UploadForm) -> jobs.Job:
        kind = list(KINDS)[self.get_resource_index(form)]
        beside = {"sheet": form.cleaned_data["sheet"], "columns": form.columns, "kind": str(kind)}
        upload = keep(form.content, form.filename, by=request.user, **beside)
        title = _("Reading a list: %(kind)s") % {"kind": kind.label}
        url = reverse("admin:patients_importbatch_import")
        return jobs.begin(READ, title=title, by=request.user, url=url, upload=upload, kind=str(kind))

    def _form_of_the_worker(self, request) -> UploadForm | None:
        """For a file that the worker could not read as it is: the form that asks what is missing."""
        upload = request.GET.get("upload", "")
        found = kept(upload, by=request.user) if request.method == "GET" else None
        if found is None:
            return None
        content, filename, beside = found
        data = QueryDict(mutable=True)
        data["resource"] = str(list(KINDS).index(beside["kind"]))
        data["kept"], data["kept_name"] = b64encode(content).decode(), filename
        form = UploadForm(self.get_import_formats(), self.get_import_resource_classes(request), data=data)
        if form.is_valid():
            self._review(form)
        return form

    def _stage(self, request, form: UploadForm) -> ImportBatch | None:
        found = self._review(form)
        return found and actions.stage(found, content=form.content, by=request.user)

    def _review(self, form: UploadForm) -> actions.Review | None:
        """None where the form asks more now."""
        review = actions.REVIEWS[list(KINDS)[self.get_resource_index(form)]]
        try:
            sheet = form.cleaned_data["sheet"]
            return review(form.content, form.filename, limits=UPLOAD, sheet=sheet, columns=form.columns)
        except actions.ColumnsNeeded as problem:
            form.offer_columns(problem)
        except SeveralSheets as problem:
            form.offer_sheets(problem.names, str(problem))
        except UnreadableTable as problem:
            form.add_error("import_file", str(problem))
        return None

    @page("<int:pk>/review/", look=LOOK, act=IMPORT)
    def review(self, request, pk: int):
        """What the file would do, a tab for each outcome. POST keeps the choices made on the page."""
        batch = self._batch(pk)
        applied = batch.rows.filter(applied=True).count()
        if request.method == "POST":
            return self._choose(request, batch)
        counts = showing.tab_counts(batch)
        tab = _tab(request.GET.get("show"), counts)
        rows = showing.rows_of(batch, tab).select_related("patient")
        rows_page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        shown = [showing.shown(row) for row in rows_page]
        is_open, may_import = batch.state == State.PROPOSED, request.user.has_perm(IMPORT)
        return self.show(
            request,
            "patients/review.html",
            f"{batch.get_kind_display()}: {batch.filename}",
            batch=batch,
            tabs=[(name, words, f"{counts[name]:,}", name == tab) for name, words in showing.TABS.items()],
            outcome=tab,
            rows_page=rows_page,
            rows=shown,
            columns=showing.columns(batch),
            fields=showing.field_choices(batch),
            may_remap=is_open and may_import and not applied,
            may_undo=may_import and actions.can_be_undone(batch),
            earlier=actions.applied_before(kind=batch.kind, sha256=batch.sha256, than=batch) if is_open else None,
            plan=showing.plan_sentences(batch) if is_open else [],
            applied=applied,
            may_act=is_open and may_import,
            may_import=may_import,
            vanished=batch.rows.filter(outcome=Outcome.VANISHED).count() if tab == Outcome.VANISHED else 0,
            choosing=is_open and may_import and any(row.choice for row in shown),
        )

    def _choose(self, request, batch: ImportBatch):
        outcome = request.POST.get("show", "")
        try:
            if "all" in request.POST:
                set_aside = request.POST["all"] == "aside"
                number = request.POST.get("number", "").replace(",", "").strip() if set_aside else None
                actions.choose_all_vanished(batch, set_aside=set_aside, number=number, by=request.user)
            else:
                actions.choose(batch, _picks(request.POST), by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            if "confirm" in request.POST:
                return redirect("admin:patients_importbatch_confirm", batch.pk)
            messages.success(request, "Your choices are remembered. No patient is changed yet.")
        return redirect(_review_url(batch, outcome, request.POST.get("page", "1")))

    @page("<int:pk>/columns/", look=IMPORT, act=IMPORT)
    def columns(self, request, pk: int):
        """POST reads the stored file again with the columns chosen on the review page."""
        batch = self._batch(pk)
        if request.method == "POST":
            try:
                actions.remap(batch, columns=_chosen_columns(batch, request.POST), by=request.user)
            except (UnreadableTable, ValidationError) as problem:
                messages.error(request, _words(problem))
            else:
                messages.success(request, "Read again with these columns; they are remembered for lists like this one.")
        return redirect(f"{_review_url(batch)}#columns")

    @page("<int:pk>/undo/", look=IMPORT, act=IMPORT)
    def undo(self, request, pk: int):
        batch = self._batch(pk)
        if not actions.can_be_undone(batch):
            messages.warning(request, "There is nothing to undo in this import.")
            return redirect(_review_url(batch))
        if request.method == "POST":
            return self._undo(request, batch)
        return self.show(
            request,
            "patients/undo_import.html",
            "Undo this import?",
            batch=batch,
            plan=showing.undo_sentences(batch),
            obstacles=actions.obstacles(batch),
        )

    def _undo(self, request, batch: ImportBatch):
        if batch.rows.filter(applied=True).count() > AT_ONCE:
            title, url = _("Undoing an import"), _review_url(batch)
            return redirect(jobs.begin(UNDO, title=title, by=request.user, url=url, batch=batch.pk))
        try:
            undone = actions.undo(batch, by=request.user)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
        else:
            messages.success(request, f"Undone: {undone:,} rows were taken back.")
        return redirect(_review_url(batch))

    @page("<int:pk>/confirm/", look=IMPORT, act=IMPORT)
    def confirm(self, request, pk: int):
        batch = self._batch(pk)
        if batch.state != State.PROPOSED:
            return self._closed(request, batch)
        if request.method == "POST":
            return self._apply(request, batch)
        return self.show(
            request,
            "patients/confirm_import.html",
            "Apply this import?",
            batch=batch,
            plan=showing.plan_sentences(batch),
            left_out=_left_out(batch),
        )

    def _apply(self, request, batch: ImportBatch):
        if sum(actions.planned_counts(batch).values()) > AT_ONCE:
            title, url = _("Applying an import"), _review_url(batch)
            return redirect(jobs.begin(APPLY, title=title, by=request.user, url=url, batch=batch.pk))
        try:
            applied = actions.apply(batch, by=request.user)
        except ImportBatch.DoesNotExist:
            return self._closed(request, batch)
        messages.success(request, f"Done: {applied:,} rows were applied.")
        return redirect(_review_url(batch))

    def _closed(self, request, batch: ImportBatch):
        messages.warning(request, "This import was applied or discarded before; nothing was done again.")
        return redirect(_review_url(batch))

    @page("<int:pk>/discard/", look=IMPORT, act=IMPORT)
    def discard(self, request, pk: int):
        batch = self._batch(pk)
        if batch.state != State.PROPOSED:
            return self._closed(request, batch)
        if request.method == "POST":
            actions.discard(batch, by=request.user)
            messages.success(request, "The import is discarded. No patient was changed by it.")
            return redirect("admin:patients_importbatch_changelist")
        applied = batch.rows.filter(applied=True).count()
        title = "Discard this import?"
        return self.show(request, "patients/discard_import.html", title, batch=batch, applied=applied)

    @page("<int:pk>/rejected.xlsx", look=IMPORT)
    def rejected_rows(self, request, pk: int):
        """The rejected rows as they stand in the file, each with the reason, for mending in Excel."""
        batch = get_object_or_404(ImportBatch, pk=pk)
        try:
            sheets = rejected_sheets(batch)
        except UnreadableTable as problem:
            messages.error(request, str(problem))
            return redirect(_review_url(batch, Outcome.REJECTED))
        rows = sum(len(sheet) - 1 for sheet in sheets.values())
        actions.record_export(of=ImportRow, count=rows, what=f"rejected rows of import {pk}", by=request.user)
        content = io.BytesIO()
        write_xlsx(content, sheets)
        return HttpResponse(
            content.getvalue(),
            content_type=SafeExcel.CONTENT_TYPE,
            headers={"Content-Disposition": f'attachment; filename="rejected-rows-{pk}.xlsx"'},
        )

    def _batch(self, pk: int) -> ImportBatch:
        batches = ImportBatch.objects.select_related("uploaded_by", "closed_by", "undone_by").defer("raw")
        return get_object_or_404(batches, pk=pk)


def _tab(wanted: str | None, counts: dict[str, int]) -> str:
    """The one asked for, or the first with rows; those that want a person's eye come first."""
    if wanted in showing.TABS:
        return wanted
    return next((tab for tab in showing.TABS if counts[tab]), Outcome.NEW)


def _picks(posted) -> dict[int, bool | int]:
    """Fields take-<row id> = list | ours | the number of a level."""
    names = {name: name.removeprefix("take-") for name in posted if name.startswith("take-")}
    return {int(pk): _pick(posted[name]) for name, pk in names.items() if pk.isdecimal()}


def _pick(value: str) -> bool | int:
    return int(value) if value in ("1", "2", "3") else value == "list"


def _chosen_columns(batch: ImportBatch, posted) -> dict[str, str]:
    """Fields column-<number of the heading> = name of a field; what no heading was chosen for is left out."""
    chosen = dict.fromkeys(showing.fields_of(batch), "")
    for number, heading in enumerate(batch.headings):
        name = posted.get(f"column-{number}", "")
        if chosen.get(name):
            raise ValidationError(
                f"Two columns were chosen for one field, “{chosen[name]}” and “{heading}”: keep one of them."
            )
        if name in chosen:
            chosen[name] = heading
    return chosen


def _words(problem: UnreadableTable | ValidationError) -> str:
    return " ".join(problem.messages) if isinstance(problem, ValidationError) else str(problem)


def _review_url(batch: ImportBatch, outcome: str = "", rows_page: str = "1") -> str:
    url = reverse("admin:patients_importbatch_review", args=[batch.pk])
    if outcome not in Outcome.values:
        return url
    return f"{url}?show={outcome}" + (f"&page={rows_page}" if rows_page.isdecimal() else "")


def _left_out(batch: ImportBatch) -> list[str]:
    """What will not happen, so that nobody is lost unseen."""
    waiting = batch.rows.filter(take=False).order_by().values_list("outcome").annotate(Count("pk"))
    counts = dict(waiting)
    sentences = (
        (Outcome.CONFLICT, "Rows in conflict that are left as we have them: {:,}."),
        (Outcome.REJECTED, "Rejected rows: {:,}. Download them, mend them and import them again."),
        (Outcome.VANISHED, "Patients whom the list does not name and who stay as they are: {:,}."),
    )
    return [sentence.format(counts[outcome]) for outcome, sentence in sentences if counts.get(outcome)]
