"""The export of a list: what is searched and filtered now, safe in Excel, and on record."""

import io
from collections.abc import Callable

from django import forms
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from explorer.lib import clock
from explorer.lib.pages import page
from explorer.lib.tables import write_csv, write_xlsx
from patients.actions import record_export

EXPORT = "patients.export_patient"
AT_ONCE = 2000
EXCEL, CSV = "xlsx", "csv"
TYPES = {EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV: "text/csv; charset=utf-8"}


class FileForm(forms.Form):
    format = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=[(EXCEL, gettext_lazy("Excel workbook (.xlsx)")), (CSV, gettext_lazy("Text table (.csv)"))],
    )


class ExportPages:
    """For an admin class. `export_columns`: {heading: what makes the cell from a row}; a time is a local time."""

    export_name = ""
    export_columns: dict[str, Callable]

    def export_rows(self, request):
        """(rows as a queryset, what of the list they are). Raises IncorrectLookupParameters."""
        listed = self.get_changelist_instance(request)
        kept = ", ".join(f"{name}={value}" for name, value in sorted(_filters(listed).items()))
        searched = "found by a search" if listed.query else ""
        return listed.get_queryset(request), ", ".join(filter(None, (kept, searched)))

    def changelist_view(self, request, extra_context=None):
        export = _url(self, "export") if request.user.has_perm(EXPORT) else ""
        return super().changelist_view(request, {"export_page": export, **(extra_context or {})})

    @page("export/", look=EXPORT, act=EXPORT)
    def export(self, request):
        try:
            rows, what = self.export_rows(request)
        except IncorrectLookupParameters:
            return redirect(_url(self, "changelist"))
        form = FileForm(request.POST or None, label_suffix="")
        if request.method == "POST" and form.is_valid():
            return self._file(request, rows, what, form.cleaned_data["format"])
        back = f"{_url(self, 'changelist')}?{request.GET.urlencode()}"
        return self.show(
            request,
            "patients/export_rows.html",
            _("Export"),
            form=form,
            count=rows.count(),
            name=self.export_name,
            columns=list(self.export_columns),
            back=back.rstrip("?"),
        )

    def _file(self, request, rows, what: str, kind: str) -> HttpResponse:
        makers = self.export_columns.values()
        lines = [list(self.export_columns)]
        lines += [[_cell(make(row)) for make in makers] for row in rows.iterator(chunk_size=AT_ONCE)]
        record_export(
            of=rows.model,
            count=len(lines) - 1,
            what=": ".join(filter(None, (self.export_name, what)))[:200],
            by=request.user,
        )
        name = f"{slugify(self.export_name)}-{localtime(clock.now()):%Y-%m-%d}.{kind}"
        return HttpResponse(
            _written(self.export_name, lines, kind),
            content_type=TYPES[kind],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _filters(listed) -> dict[str, str]:
    """Only what a filter of the list has taken, never free words."""
    return {
        name: listed.params[name]
        for spec in listed.filter_specs
        for name in spec.expected_parameters()
        if name in listed.params
    }


def _cell(value):
    """Excel has no time zones: a moment is written as the practice's clock showed it."""
    if value is None:
        return ""
    return localtime(value).replace(tzinfo=None) if hasattr(value, "tzinfo") else value


def _written(name: str, lines: list[list], kind: str) -> bytes:
    if kind == EXCEL:
        target = io.BytesIO()
        write_xlsx(target, {name: lines})
        return target.getvalue()
    text = io.StringIO(newline="")
    write_csv(text, lines)
    return text.getvalue().encode("utf-8-sig")


def _url(model_admin, name: str) -> str:
    opts = model_admin.opts
    return reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}")
