from io import BytesIO

import segno
from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_noop as noop
from unfold.decorators import display

from consent import codes, form_link
from consent.invitations import revoke
from consent.models import Invitation
from explorer.lib import clock
from explorer.lib.models import Practice
from explorer.lib.pages import PracticeAdmin, page
from explorer.lib.slim import SlimRows

STATUS = {"active": "Good", "expired": "Expired", "revoked": "Withdrawn"}


class StatusFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request, model_admin):
        return list(STATUS.items())

    def queryset(self, request, queryset):
        now = clock.now()
        return {
            "active": queryset.live(now),
            "expired": queryset.filter(revoked_at=None, expires_at__lte=now),
            "revoked": queryset.exclude(revoked_at=None),
        }.get(self.value(), queryset)


@admin.register(Invitation)
class InvitationAdmin(SlimRows, PracticeAdmin):
    list_title = noop("Personal codes")
    list_before_template = "consent/code_top.html"
    list_display = ["shown_code", "covers", "phone_end", "made_on", "good_until", "state", "sheet_link"]
    list_display_links = None
    list_filter = [StatusFilter, "origin"]
    list_filter_submit = True
    search_fields = ["code", "patients__search_name", "patients__mrn"]
    search_help_text = "A code, a patient’s name or a chart number."

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("patients")

    def get_search_results(self, request, queryset, search_term):
        """A code may be typed as it is read aloud."""
        code = codes.read(search_term).code
        return super().get_search_results(request, queryset, code or search_term)

    @display(description="Code", ordering="code")
    def shown_code(self, invitation):
        return format_html('<span class="pe-code">{}</span>', codes.show(invitation.code))

    @display(description="Patients")
    def covers(self, invitation):
        names = [patient.sort_name for patient in invitation.patients.all()]
        count = f"{len(names)} patients: " if len(names) > 1 else ""
        return count + "; ".join(names) or "Nobody"

    @display(description="Phone")
    def phone_end(self, invitation):
        where = f"ends in {invitation.phone[-4:]}" if invitation.phone else "letter or desk"
        return format_html('<span class="pe-nowrap">{}</span>', where)

    @display(description="Made on", ordering="created_at")
    def made_on(self, invitation):
        return date_format(localtime(invitation.created_at), "m/d/Y")

    @display(description="Good until", ordering="expires_at")
    def good_until(self, invitation):
        return date_format(localtime(invitation.expires_at), "m/d/Y")

    @display(description="Status", label={"Good": "success", "Withdrawn": "danger"})
    def state(self, invitation):
        return STATUS[invitation.status(clock.now())]

    @display(description="")
    def sheet_link(self, invitation):
        if invitation.status(clock.now()) != "active":
            return ""
        return format_html('<a class="underline" href="{}/sheet/">Open</a>', invitation.pk)

    @page("<int:invitation_id>/sheet/", look="consent.view_invitation")
    def sheet(self, request, invitation_id: int):
        """One code on one sheet of paper, to be handed over at the desk."""
        invitation = get_object_or_404(Invitation.objects.prefetch_related("patients"), pk=invitation_id)
        practice = Practice.current()
        return self.show(
            request,
            "consent/code_sheet.html",
            "Personal code",
            invitation=invitation,
            practice=practice,
            code=codes.show(invitation.code),
            status=invitation.status(clock.now()),
            has_link=bool(_link(invitation, practice)),
            may_revoke=request.user.has_perm("consent.change_invitation"),
        )

    @page("<int:invitation_id>/qr.svg", look="consent.view_invitation")
    def qr(self, request, invitation_id: int):
        link = _link(get_object_or_404(Invitation, pk=invitation_id), Practice.current())
        if not link:
            raise Http404("The practice profile has no form link.")
        picture = BytesIO()
        segno.make(link, error="m", micro=False).save(picture, kind="svg", scale=4, border=4)
        return HttpResponse(picture.getvalue(), content_type="image/svg+xml")

    @page("<int:invitation_id>/withdraw/", look="consent.change_invitation", act="consent.change_invitation")
    def withdraw(self, request, invitation_id: int):
        invitation = get_object_or_404(Invitation.objects.prefetch_related("patients"), pk=invitation_id)
        if request.method == "POST":
            revoke(invitation, by=request.user)
            messages.success(request, "The code is withdrawn. Later answers with it go to review.")
            return redirect("admin:consent_invitation_changelist")
        code = codes.show(invitation.code)
        return self.show(request, "consent/code_withdraw.html", "Withdraw this code", invitation=invitation, code=code)


def _link(invitation: Invitation, practice: Practice) -> str:
    """The personal link, or "" while the practice profile holds no usable sample."""
    try:
        return form_link.personal_links(practice).link_for(invitation.code)
    except form_link.BadSample:
        return ""
