"""The page before an act on many patients, and the doing of it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from explorer import together
from explorer.lib.pages import page
from explorer.together import ACTS, MOST, Act
from patients import actions
from patients.models import Patient

RIGHT = "patients.change_patient"  # the least that any act takes; each asks its own besides
NAMED = 200  # names on the page; of the others the number
NAMED_IN_A_MESSAGE = 5


class TogetherPages:
    """For the admin class of patients: each act is offered below the list and confirmed on a page of its own."""

    def get_actions(self, request):
        offered = {
            act.code: (_opener(act), act.code, _(act.title))
            for act in ACTS.values()
            if request.user.has_perm(act.right)
        }
        return super().get_actions(request) | offered

    def look_over(self, request, act: Act, pks: list[int], *, form=None, back: str = ""):
        """What will happen to whom, and to whom not."""
        found = together.outlook(act, pks, request.practice)
        form = form or self._form(request, act)
        return self.show(
            request,
            "explorer/lists/together.html",
            _(act.title),
            act=act,
            sentence=_(act.sentence) % {"count": _patients(len(found.will))},
            will=found.will[:NAMED],
            count=len(found.will),
            more=max(0, len(found.will) - NAMED),
            wont=[(words, patients[:NAMED], len(patients)) for words, patients in found.wont.items()],
            left_out=found.left_out,
            carried=together.sealed(act, pks, found, by=request.user),
            pks=" ".join(str(patient.pk) for patient in found.will),
            form=form,
            back=_back(back),
        )

    def _form(self, request, act: Act, posted=None):
        if act.code == "export":
            return self.export_form(request, posted)
        return act.form(posted, label_suffix="")

    @page("together/<slug:act>/", look=RIGHT, act=RIGHT)
    def together(self, request, act: str):
        """POST does it; the page itself comes from the list."""
        act = ACTS.get(act)
        if act is None:
            raise Http404
        if not request.user.has_perm(act.right):
            raise PermissionDenied
        back = _back(request.POST.get("back", ""))
        if request.method != "POST":
            return redirect(back)
        try:
            told = together.opened(request.POST.get("carried", ""), act, by=request.user)
        except ValidationError as problem:
            messages.error(request, problem.messages[0])
            return redirect(back)
        form = self._form(request, act, request.POST)
        if not form.is_valid():
            return self.look_over(request, act, told["asked"], form=form, back=back)
        if act.code == "export":
            return self._exported(request, told["will"], form)
        return self._done(request, act, told, form, back)

    def _done(self, request, act: Act, told: dict, form, back: str):
        if act.do is None:
            raise Http404
        try:
            done = together.do(act, told, form.cleaned_data, practice=request.practice, by=request.user)
        except together.DoneAlready:
            messages.warning(request, _("This was done already, so nothing was done again."))
            return redirect(back)
        except ValidationError as problem:
            messages.error(request, " ".join(problem.messages))
            return redirect(back)
        if done.patients:
            messages.success(request, f"{_(act.title)}: {_('done for')} {_patients(len(done.patients))}.")
        if done.changed:
            messages.warning(request, _changed(done.changed))
        if act.code == "text" and done.result:
            return redirect("admin:outreach_campaign_change", done.result.pk)
        return redirect(back)

    def _exported(self, request, pks: list[int], form) -> HttpResponse:
        patients = self.for_export(request, Patient.objects.filter(pk__in=pks))
        file_format = self.get_export_formats()[int(form.cleaned_data["format"])]()
        columns = self.get_export_resource_fields_from_form(form)
        dataset = self.resource_classes[0]().export(patients, export_fields=columns)
        actions.record_export(
            of=Patient, count=len(pks), what=f"chosen patients with {', '.join(columns)}", by=request.user
        )
        return HttpResponse(
            file_format.export_data(dataset),
            content_type=file_format.get_content_type(),
            headers={"Content-Disposition": f'attachment; filename="patients.{file_format.get_extension()}"'},
        )


def _opener(act: Act):
    def open_page(model_admin, request, patients):
        pks = list(patients.order_by().values_list("pk", flat=True)[: MOST + 1])
        if len(pks) > MOST:
            messages.error(request, _("Choose at most %(most)s patients at once.") % {"most": f"{MOST:,}"})
            return None
        return model_admin.look_over(request, act, sorted(pks), back=request.get_full_path())

    open_page.__name__ = act.code
    return open_page


def _back(address: str) -> str:
    """The list as it was filtered; never an address elsewhere."""
    start = reverse("admin:patients_patient_changelist")
    return address if address == start or address.startswith(f"{start}?") else start


def _patients(count: int) -> str:
    return ngettext("%(count)s patient", "%(count)s patients", count) % {"count": f"{count:,}"}


def _changed(patients: list[Patient]) -> str:
    names = "; ".join(patient.sort_name for patient in patients[:NAMED_IN_A_MESSAGE])
    more = len(patients) - NAMED_IN_A_MESSAGE
    names += ngettext("; and %(count)s more", "; and %(count)s more", more) % {"count": more} if more > 0 else ""
    return _("Somebody changed these patients meanwhile, or they had it already, so they were left out: %(names)s.") % {
        "names": names
    }
