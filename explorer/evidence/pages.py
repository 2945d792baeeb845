"""Evidence in the browser: packets of many patients, one patient's packet, a copy of one answer."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from consent.models import ConsentEvent, Response
from explorer.evidence import actions
from explorer.evidence.copies import copy_of_answer, copy_of_line
from explorer.evidence.forms import LockForm, WhoForm
from explorer.evidence.signing import fingerprint
from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.pages import PracticeAdmin, page
from explorer.models import EvidencePacket
from patients.models import Patient

EXPORT, COPY = "explorer.export_evidence", "explorer.copy_answer"
LISTED = 25
TONES = {"ready": "good", "failed": "bad", "building": "info", "waiting": "info"}


@admin.register(EvidencePacket)
class EvidencePacketAdmin(PracticeAdmin):
    def show(self, request, template: str, title: str, **context) -> TemplateResponse:
        context |= {"fingerprint": _grouped(fingerprint())}
        return super().show(request, f"explorer/evidence/{template}", title, **context)

    @page("", look=EXPORT)
    def packets(self, request):
        listed = EvidencePacket.objects.defer("sealed_key").select_related("requested_by")[:LISTED]
        return self.show(request, "list.html", "Evidence", packets=[_shown(packet) for packet in listed])

    @page("new/", look=EXPORT, act=EXPORT)
    def new(self, request):
        """First of whom; then, with their number on the page, how the file is locked."""
        who = WhoForm(request.POST or None, label_suffix="")
        if request.method != "POST" or not who.is_valid():
            return self.show(request, "new.html", "New evidence packet", who=who)
        making = "make" in request.POST
        lock = LockForm(request.POST if making else None, label_suffix="")
        if making and lock.is_valid():
            packet = actions.ask_for(
                choice=who.cleaned_data["choice"],
                patient_ids=who.ids,
                passphrase=lock.cleaned_data["passphrase"],
                by=request.user,
            )
            return redirect("admin:explorer_evidencepacket_packet", packet.pk)
        words = EvidencePacket.Choice(who.cleaned_data["choice"]).label
        title = "Make this packet?"
        return self.show(request, "confirm.html", title, who=who, lock=lock, count=len(who.ids), words=words)

    @page("<int:pk>/", look=EXPORT)
    def packet(self, request, pk: int):
        return self.show(request, "packet.html", "Evidence packet", **_of(request, pk))

    @page("<int:pk>/progress/", look=EXPORT)
    def progress(self, request, pk: int):
        """The moving part of the page before, fetched again and again."""
        context = _of(request, pk)
        done = {} if context["packet"].moving else {"X-Done": "1"}
        return TemplateResponse(request, "explorer/evidence/progress.html", context, headers=done)

    @page("<int:pk>/file/", look=EXPORT)
    def file(self, request, pk: int):
        """For the one who asked for it, and nobody else."""
        packet = get_object_or_404(EvidencePacket, pk=pk, state=EvidencePacket.State.READY, requested_by=request.user)
        try:
            pieces = actions.fetch(packet, by=request.user)
        except FileNotFoundError:
            messages.error(request, "The file is no longer in the data folder. Ask for a new packet.")
            return redirect("admin:explorer_evidencepacket_packet", pk)
        ending, kind = ("pexp", "application/octet-stream") if packet.with_passphrase else ("zip", "application/zip")
        answer = StreamingHttpResponse(pieces, content_type=kind)
        answer["Content-Length"] = str(packet.bytes)
        answer["Content-Disposition"] = f'attachment; filename="evidence-{pk}.{ending}"'
        return answer

    @page("<int:pk>/remove/", look=EXPORT, act=EXPORT)
    def remove(self, request, pk: int):
        packet = get_object_or_404(EvidencePacket, pk=pk)
        if request.method == "POST":
            actions.remove(packet, by=request.user)
            messages.success(request, "The packet’s file is removed from this PC.")
            return redirect("admin:explorer_evidencepacket_changelist")
        return self.show(request, "remove.html", "Remove this packet?", packet=_shown(packet))

    @page("patient/<int:patient_id>.pdf", look=EXPORT)
    def patient(self, request, patient_id: int):
        told, content = actions.packet_of(get_object_or_404(Patient, pk=patient_id), by=request.user)
        return _pdf(content, f"evidence-{told.packet_id}.pdf")

    @page("answer/<int:response_id>.pdf", look=COPY)
    def answer_copy(self, request, response_id: int):
        answers = Response.objects.select_related(
            "file", "file__wording", "patient", "patient__merged_into", "decided_by"
        )
        answer = get_object_or_404(answers.defer("file__raw"), pk=response_id)
        if answer.patient is None:
            raise Http404  # nobody knows yet whose answer it is
        patient = answer.patient.merged_into or answer.patient
        record([(answer, "access", {"exported": [None, "copy for the chart"]})], by=request.user)
        return _pdf(copy_of_answer(answer, patient=patient, made_at=clock.now()), f"answer-{response_id}.pdf")

    @page("patient/<int:patient_id>/newest-answer.pdf", look=COPY)
    def newest_copy(self, request, patient_id: int):
        """Of what the patient decided last, in whichever ledger."""
        line = ConsentEvent.objects.of_patient(get_object_or_404(Patient, pk=patient_id)).newest_first().first()
        if line is None:
            raise Http404
        return redirect("admin:explorer_evidencepacket_line_copy", line.pk)

    @page("line/<int:event_id>.pdf", look=COPY)
    def line_copy(self, request, event_id: int):
        lines = ConsentEvent.objects.select_related("patient", "patient__merged_into", "on_behalf_of", "recorded_by")
        line = get_object_or_404(lines, pk=event_id)
        if line.response_id:
            return redirect("admin:explorer_evidencepacket_answer_copy", line.response_id)
        patient = line.patient.merged_into or line.patient
        record([(line, "access", {"exported": [None, "copy for the chart"]})], by=request.user)
        return _pdf(copy_of_line(line, patient=patient, made_at=clock.now()), f"line-{event_id}.pdf")


def _pdf(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _of(request, pk: int) -> dict:
    packet = get_object_or_404(EvidencePacket.objects.defer("sealed_key").select_related("requested_by"), pk=pk)
    return {"packet": _shown(packet), "mine": packet.requested_by == request.user}


def _shown(packet: EvidencePacket) -> EvidencePacket:
    packet.total = len(packet.patients)
    packet.percent = 100 * packet.done // packet.total if packet.total else 100
    packet.moving = packet.state in (EvidencePacket.State.WAITING, EvidencePacket.State.BUILDING)
    packet.tone = TONES.get(packet.state, "")
    return packet


def _grouped(digits: str) -> str:
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))
