"""A packet tells everything, is proven on another PC, and one changed bit of it is not."""

import csv
import io
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import translation
from PIL import Image
from pypdf import PdfReader

from consent.invitations import invite
from consent.models import ConsentEvent, Document, Response, ResponseFile, Wording
from explorer.evidence import actions, verify
from explorer.evidence.chapters import CHAPTERS, NOT_EVIDENCE
from explorer.evidence.packet import gather, on_paper, one_snapshot
from explorer.evidence.plain_zip import NAME, Writer
from explorer.evidence.proof import LINE_BYTES, signature_line
from explorer.evidence.signing import fingerprint, public_key, sign, sign_pdf
from explorer.lib import clock, commands, travel
from explorer.models import EvidencePacket, User
from outreach.models import (
    Attempt,
    Campaign,
    CampaignPatient,
    CampaignStep,
    Message,
    MessagePatient,
    Reply,
    Suppression,
)
from patients import merging
from patients.models import Patient, PatientMerge, Practitioner
from tests import makers
from tests.conftest import ROLES
from tests.explorer.records import confirmed_text
from tests.explorer.test_audit import models_with_a_way_to_a_patient

AT = datetime(2026, 11, 2, 16, tzinfo=UTC)
NOW = datetime(2026, 12, 7, 16, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_locks(monkeypatch):
    monkeypatch.setattr(travel, "LOG_N", 10)


def url(name: str, *parts) -> str:
    return reverse(f"admin:explorer_evidencepacket_{name}", args=parts)


def rich(mrn="1001", first="Ada", last="Lovelace", phone="+12055550123") -> Patient:
    """Somebody to whom everything has happened."""
    patient = makers.patient(mrn=mrn, first=first, last=last, phone=phone)
    wording = Wording.objects.create(
        kind="apcm", version=7, title="APCM consent", text="Only one practitioner may bill.\nYou may stop.",
        valid_from=date(2026, 1, 1), used_at=AT,
    )  # fmt: skip
    doctor = Practitioner.objects.get_or_create(npi="1234567893", side="new", defaults={"name": "Grace Green, MD"})[0]
    code = invite({phone: [patient.pk]}, by=None)[phone]
    campaign = Campaign.objects.get_or_create(name="Pilot", defaults={"state": "running", "launched_at": AT})[0]
    step = CampaignStep.objects.get_or_create(campaign=campaign, day=0, defaults={"body": "{practice}: {link}"})[0]
    CampaignPatient.objects.create(campaign=campaign, patient=patient)
    text = confirmed_text(patient, campaign, step, at=AT, invitation=code, phone=phone)
    Message.objects.filter(pk=text.pk).update(
        text="Home Team Medical: your choices\nhttps://example.com/x", item_id="ti_7"
    )
    reply = Reply.objects.create(
        item_id=f"in {mrn}", conversation_id="t_1", phone=phone, text="Why do you ask <b>me</b>?", received_at=AT,
        patient=patient, kind="question",
    )  # fmt: skip
    file = ResponseFile.objects.create(
        filename="answers.xlsx", sha256="f" * 64, form="the form",
        columns={"code": 0, "records": 1, "signature_name": 2}, wording=wording,
        headings=["Your code", "May the records move?", "Your name"],
    )  # fmt: skip
    answer = Response(
        file=file, row=2, response_id="41", content_hash="c" * 64, outcome="applied", patient=patient,
        decisions={"records": "yes"}, identity={"code": "right", "dob": "repaired", "name": "right"},
        reasons=[{"code": "slip", "words": "One letter was mistyped."}], completed_at=clock.now(),
    )  # fmt: skip
    answer.seal([code.code, "Yes, move them", "ada lovelace"])
    answer.save()
    ConsentEvent.objects.create(
        patient=patient, kind="records", decision="given", method="form", occurred_at=AT, response=answer,
        wording=wording,
    )  # fmt: skip
    scan = Document.of(b"%PDF-1.4 a signed paper", patient=patient, kind="paper_form", filename="s.pdf",
                       media_type="application/pdf")  # fmt: skip
    scan.save()
    first_word = ConsentEvent.objects.create(
        patient=patient, kind="apcm", decision="declined", method="phone", occurred_at=AT, obtained_by="Noor Nurse, RN",
        note="Wanted to think.",
    )  # fmt: skip
    ConsentEvent.objects.create(
        patient=patient, kind="apcm", decision="given", method="phone", occurred_at=AT + timedelta(days=1),
        recorded_at=AT + timedelta(days=3), obtained_by="Noor Nurse, RN", witness="Will Witness",
        given_by="Dan Daughter", authority="power of attorney", on_behalf_of=doctor,
        wording=wording, language="es", interpreter="Ines",
        disclosures={"one_practitioner": True, "cost_sharing": False}, identity_checks=["birth_date", "address"],
        number_called=phone, document=scan, note="Called back.", supersedes=first_word,
    )  # fmt: skip
    Attempt.objects.create(patient=patient, channel="call", outcome="thinking", at=AT, note="Asked for Tuesday.")
    Suppression.objects.create(phone=phone, reason="stop", channel="text", reply=reply, effective_at=AT)
    return patient


def pdf_of(patient: Patient, at=NOW) -> bytes:
    return on_paper(gather([patient.pk], made_at=at, by="Ada Admin")[0])


def said(content: bytes) -> str:
    """The words of a PDF, with one blank between any two."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def proof_of(content: bytes, name="packet", **asked) -> verify.Proof:
    return verify.verify(io.BytesIO(content), name, **asked)


def zip_of(*patients: Patient) -> bytes:
    target = io.BytesIO()
    actions.write_zip(target, [patient.pk for patient in patients], choice="All patients", by=None)
    return target.getvalue()


# What a packet tells


def test_every_model_about_a_patient_is_in_a_packet_or_explained():
    shown = {model for chapter in CHAPTERS for model in chapter.shows}
    missing = models_with_a_way_to_a_patient() - shown - set(NOT_EVIDENCE)
    names = sorted(model.__name__ for model in missing)
    assert not missing, f"give each a chapter in explorer/evidence/chapters.py, or a reason in NOT_EVIDENCE: {names}"
    assert not shown & set(NOT_EVIDENCE)


def test_a_packet_tells_every_word_hash_and_id():
    patient = rich()
    text, wording = Message.objects.get(), Wording.objects.get(kind="apcm", version=7)
    found = said(pdf_of(patient))
    for words in (
        "Lovelace, Ada", "01/02/1950", "Chart 1001", "Home Team Medical: your choices https://example.com/x",
        text.request_id, text.key, "ti_7", "+12055550123", "Segments 2", "Why do you ask <b>me</b>?",
        wording.sha256, "Only one practitioner may bill. You may stop.", "agrees", "NOT YET by counsel",
        "Disclosure: one practitioner read or shown", "Disclosure: cost sharing NOT read or shown",
        "birth date address", "Noor Nurse, RN", "Will Witness", "Dan Daughter", "power of attorney", "Grace Green, MD",
        "Spanish", "Ines", "a late entry", "Replaced by", "Wanted to think.", "f" * 64, "c" * 64, "answers.xlsx",
        "had a slip; only one code fits", "One letter was mistyped.", "Yes, move them", "it was good",
        "Asked for Tuesday.", "Asked to stop", "scan-", "Reached, wants to think", "read as: question",
        Document.objects.get().sha256, "Audit log of this patient’s records", "consent", fingerprint(),
        "11/02/2026, 10:00:00 AM CST",
    ):  # fmt: skip
        assert " ".join(words.split()) in found, words


def test_every_page_names_the_patient_the_packet_and_its_place():
    told = gather([rich().pk], made_at=NOW, by="Ada Admin")[0]
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(on_paper(told))).pages]
    assert len(pages) > 3
    for number, page in enumerate(pages, 1):
        assert "Lovelace, Ada · Chart 1001" in page
        assert f"Page {number} of {len(pages)}" in page
        assert f"Packet {told.packet_id} · 2026-12-07 16:00:00 UTC" in page


def test_the_same_rows_and_moment_give_the_same_bytes():
    patient = rich()
    assert pdf_of(patient) == pdf_of(patient)
    assert pdf_of(patient) != pdf_of(patient, NOW + timedelta(seconds=1))


def test_a_packet_is_english_whatever_the_language_of_who_asks():
    patient = rich()
    with translation.override("es"):
        asked_in_spanish = said(pdf_of(patient))
    assert asked_in_spanish == said(pdf_of(patient))
    assert "Asked for Tuesday." in asked_in_spanish


def test_a_household_text_names_nobody_else():
    patient, other = rich(), makers.patient(mrn="7007", first="Secret", last="Sharer")
    MessagePatient.objects.create(message=Message.objects.get(), patient=other)
    found = said(pdf_of(patient))
    assert "2 patients who share the phone" in found
    assert "Sharer" not in found
    assert "7007" not in found


def test_a_merged_chart_is_told_with_its_lines():
    kept, absorbed = makers.patient(), makers.patient(mrn="2002", last="Smyth")
    ConsentEvent.objects.create(patient=absorbed, kind="records", decision="declined", method="phone", occurred_at=AT)
    PatientMerge.objects.create(kept=kept, absorbed=absorbed, kept_version=1, absorbed_version=1)
    Patient.charts.filter(pk=absorbed.pk).update(merged_into=kept, merged_at=AT)
    found = said(pdf_of(kept))
    assert "Chart 2002 was merged into this one" in found
    assert "Records may move: Declined" in found


def test_what_has_no_shape_is_numbered_and_attached_whole():
    patient = makers.patient()
    words = "네, 동의합니다 \u202egnirts\u202c" + "x" * 10_000
    Reply.objects.create(item_id="1", conversation_id="1", phone="+12055550123", text=words, received_at=AT)
    reader = PdfReader(io.BytesIO(pdf_of(patient)))
    assert words in reader.attachments["exact-texts.txt"][0].decode()
    assert "⟨U+202E⟩gnirts" in "".join(page.extract_text() for page in reader.pages)


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(target, "PNG")
    return target.getvalue()


@pytest.mark.parametrize(
    ("content", "kind", "pages"),
    [(picture(), "image/png", 1), (picture()[:60], "image/png", 0), (b"%PDF-1.4 paper", "application/pdf", 0)],
)
def test_a_scan_is_a_page_or_an_attachment(content, kind, pages):
    patient = makers.patient()
    before = len(PdfReader(io.BytesIO(pdf_of(patient))).pages)
    scan = Document.of(content, patient=patient, kind="paper_form", filename="x", media_type=kind)
    scan.save()
    reader = PdfReader(io.BytesIO(pdf_of(patient)))
    words = " ".join("".join(page.extract_text() for page in reader.pages).split())
    assert "agree with SHA-256" in words
    assert scan.sha256 in words
    assert "Annex: the scans" in words
    if not pages:
        assert [each[0] for each in reader.attachments.values()] == [content]
    else:
        assert any(page.images for page in reader.pages)
        assert len(reader.pages) > before


def test_what_one_packet_reads_is_of_one_moment():
    """In a transaction there is one snapshot already; outside, the packet begins its own."""
    assert connection.in_atomic_block
    with one_snapshot():
        assert Patient.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_packet_sees_nothing_that_is_written_meanwhile():
    def write():
        makers.patient(mrn="9")
        connection.close()

    with one_snapshot():
        assert Patient.objects.count() == 0
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert Patient.objects.count() == 0
    assert Patient.objects.count() == 1


# Proof


def test_a_whole_pdf_is_proven_and_says_who_signed():
    proof = proof_of(pdf_of(makers.patient()), fingerprint=fingerprint())
    assert (proof.ok, proof.files, proof.fingerprint) == (True, 1, fingerprint())


def test_no_flipped_bit_of_a_pdf_is_proven():
    content = pdf_of(makers.patient())
    places = [*range(0, len(content) - LINE_BYTES, 61), *range(len(content) - LINE_BYTES, len(content))]
    assert not [place for place in places if proof_of(_flipped(content, place)).ok]


def test_no_flipped_bit_at_all_of_a_small_pdf_is_proven():
    content = sign_pdf(b"%PDF-1.4\n" + b"x" * 20)
    assert proof_of(content).ok
    for bit in range(8):
        assert not [place for place in range(len(content)) if proof_of(_flipped(content, place, bit)).ok]


@pytest.mark.parametrize("changed", [lambda pdf: pdf + b" ", lambda pdf: pdf[:-1], lambda pdf: pdf[1:], lambda pdf: b"",
                                     lambda pdf: pdf + pdf, lambda pdf: pdf[:-LINE_BYTES]])  # fmt: skip
def test_a_longer_or_shorter_pdf_is_not_proven(changed):
    assert not proof_of(changed(sign_pdf(b"%PDF-1.4\nwords"))).ok


def _flipped(content: bytes, place: int, bit: int = 0) -> bytes:
    return content[:place] + bytes([content[place] ^ 1 << bit]) + content[place + 1 :]


def test_a_zip_is_proven_and_any_program_opens_it():
    content = zip_of(rich(), makers.patient(mrn="1002", phone="+12055550124"))
    proof = proof_of(content, fingerprint=" ".join(fingerprint().upper()))
    assert (proof.ok, proof.patients, proof.error) == (True, 2, "")
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        assert all(NAME.fullmatch(name) for name in names)
        assert not re.search("lovelace|1001|ada", " ".join(names).lower())
        manifest = json.loads(opened.read("manifest.json"))
        index = list(csv.reader(io.StringIO(opened.read("index.csv").decode("utf-8-sig"))))
        for row in index[1:]:
            assert proof_of(opened.read(row[1])).ok
    assert sum(manifest["standings"].values()) == manifest["counts"]["patients"] == len(index) - 1 == 2
    assert [row[2] for row in index[1:]] == ["1001", "1002"]
    assert manifest["counts"]["scans"] == 1


def test_no_flipped_bit_of_a_small_zip_is_proven():
    content = zip_of()
    assert proof_of(content).ok
    assert len(content) < 6000
    assert not [place for place in range(len(content)) if proof_of(_flipped(content, place, place % 8)).ok]


def test_no_flipped_byte_of_a_patients_zip_is_proven():
    content = zip_of(rich())
    bad = {proof_of(_flipped(content, place)).first_bad for place in range(0, len(content), 211)}
    assert {"patients/00001.pdf", "scans/00001-scan-" + str(Document.objects.get().pk) + ".pdf"} & bad
    assert "" not in bad


def test_a_changed_file_is_named():
    content = zip_of(makers.patient())
    place = content.index(b"index.csv") + 40
    proof = proof_of(_flipped(content, place))
    assert (proof.ok, proof.first_bad) == (False, "index.csv")


def test_a_cut_zip_is_never_proven():
    content = zip_of()
    assert not [length for length in range(0, len(content), 7) if proof_of(content[:length]).ok]


def remade(content: bytes, change) -> bytes:
    """The packet with its members changed and written in our own form, as a forger without the key could."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    change(files)
    target = io.BytesIO()
    writer = Writer(target)
    for name, member in files.items():
        writer.add(name, member)
    writer.close()
    return target.getvalue()


@pytest.mark.parametrize(
    ("change", "bad"),
    [
        (lambda files: files.update({"patients/00009.pdf": b"%PDF-"}), "patients/00009.pdf"),
        (lambda files: files.pop("index.csv"), "index.csv"),
        (lambda files: files.update({"index.csv": b"other"}), "index.csv"),
        (lambda files: files.pop("manifest.sig"), "manifest.sig"),
        (lambda files: files.update({"manifest.json": files["manifest.json"] + b" "}), "manifest.json"),
        (lambda files: files.update({"manifest.json": b"[" * 100_000}), "manifest.json"),
        (lambda files: files.update({"manifest.json": b'{"format":1}'}), "manifest.json"),
    ],
)
def test_a_repacked_zip_names_what_is_wrong(change, bad):
    proof = proof_of(remade(zip_of(), change))
    assert (proof.ok, proof.first_bad) == (False, bad)


def test_a_packet_signed_by_another_key_is_refused_by_its_fingerprint():
    proof = proof_of(zip_of(), fingerprint="0" * 64)
    assert not proof.ok
    assert "another key" in proof.error


def _zip(*members: tuple[str, bytes], compressed=False, comment=b"") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED) as made:
        for name, content in members:
            made.writestr(name, content)
        made.comment = comment
    return target.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (_zip(("index.csv", b"0" * 5_000_000), compressed=True), "compressed"),
        (_zip(("../../etc/passwd", b"x")), "leads out"),
        (_zip(("c:\\windows\\x", b"x")), "leads out"),
        (_zip(("index.csv", b"x")), "heading"),
        (b"PK\3\4" + b"\xff" * 26, "compressed"),
        (b"MZ no packet", "neither"),
        (b"", "neither"),
        (b"PEXP\x02whatever", "newer version"),
        (b"PEXP\x01\x00", "no locked packet"),
        (b"PEXP\x01\x00\x05hello", "beginning"),
    ],
)
def test_hostile_files_are_refused_in_words(content, words):
    proof = proof_of(content, passphrase=lambda: PASSPHRASE)
    assert not proof.ok
    assert words in proof.error


def test_a_comment_a_second_name_and_an_appended_byte_are_refused():
    content = zip_of()
    commented = content[:-2] + struct.pack("<H", 3) + b"abc"
    assert "list at the end" in proof_of(commented).error
    assert "appended" in proof_of(content + b"x").error
    entry = content[: content.index(b"PK\3\4", 4)]
    assert "twice" in proof_of(entry + content).error


def test_a_scrypt_of_absurd_cost_is_not_even_tried():
    header = travel.new_header().replace(b'"log_n":10', b'"log_n":63')
    assert "beginning" in proof_of(header, passphrase=lambda: PASSPHRASE).error


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(b'"r":8', b'"r":8.0'),
        lambda text: text.replace(b'"p":1', b'"p":true'),
        lambda text: b"[" * 990,
    ],
    ids=["a fraction", "a truth", "deep"],
)
def test_a_hostile_beginning_is_refused_in_words(change):
    text = change(travel.new_header()[7:])
    header = travel.MAGIC + len(text).to_bytes(2, "big") + text
    assert "beginning" in proof_of(header + b"x" * 100, passphrase=lambda: PASSPHRASE).error


def test_a_passphrase_that_is_no_text_does_not_fit():
    assert "passphrase is wrong" in proof_of(travel.new_header() + b"x" * 100, passphrase=lambda: "a\udce4b").error


def locked(content: bytes) -> bytes:
    target, header = io.BytesIO(), travel.new_header()
    lock = travel.Lock(target, travel.key_from(PASSPHRASE, header), header)
    lock.write(content)
    lock.finish()
    return target.getvalue()


def test_a_locked_packet_opens_with_its_passphrase_alone():
    content = zip_of(makers.patient(first="Penelope"))
    safe = locked(content)
    assert proof_of(safe, passphrase=lambda: PASSPHRASE).ok
    wrong = proof_of(safe, passphrase=lambda: PASSPHRASE + "x")
    assert (wrong.ok, "passphrase is wrong" in wrong.error) == (False, True)
    assert b"%PDF" not in safe
    assert b"Penelope" not in safe


def test_no_flipped_bit_of_a_locked_packet_is_proven():
    safe = locked(zip_of())
    places = [*range(160), *range(160, len(safe), 53), *range(len(safe) - 20, len(safe))]
    assert not [place for place in places if proof_of(_flipped(safe, place), passphrase=lambda: PASSPHRASE).ok]
    assert not proof_of(safe + b"x", passphrase=lambda: PASSPHRASE).ok
    assert not proof_of(safe[:-17], passphrase=lambda: PASSPHRASE).ok


def test_a_locked_file_of_several_pieces_comes_back_and_no_piece_may_be_dropped():
    content = os.urandom(2 * travel.PIECE + 5)
    safe = locked(content)

    def opened(safe: bytes) -> bytes:
        source = io.BytesIO(safe)
        header = travel.read_header(source)
        return io.BufferedReader(travel.Unlock(source, travel.key_from(PASSPHRASE, header), header)).read()

    assert opened(safe) == content
    for cut in (safe[: -5 - travel.TAG], safe[: len(safe) - 5 - travel.TAG - travel.PIECE - travel.TAG]):
        with pytest.raises(travel.Locked, match="cut off"):
            opened(cut)


def run(tmp_path: Path, *arguments) -> subprocess.CompletedProcess:
    home = tmp_path / "no such home"
    environment = os.environ | {"PATIENT_EXPLORER_HOME": str(home), "PATIENT_EXPLORER_MODE": "live"}
    command = [sys.executable, str(ROOT / "manage.py"), "verify_packet", *map(str, arguments)]
    found = subprocess.run(
        command, capture_output=True, text=True, env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL
    )
    assert not home.exists()
    return found


def test_another_pc_proves_it_without_a_database_and_makes_no_folder(tmp_path):
    (tmp_path / "packet.pexp").write_bytes(locked(zip_of(makers.patient())))
    (tmp_path / "words").write_text(PASSPHRASE + "\n")
    asked = [tmp_path / "packet.pexp", "--passphrase-file", tmp_path / "words", "--json"]
    found = run(tmp_path, *asked, "--fingerprint", fingerprint())
    facts = json.loads(found.stdout)
    assert (found.returncode, facts["ok"], facts["files"], facts["first_bad"]) == (0, True, 6, "")
    assert {"ok", "files", "bytes", "first_bad", "seconds"} <= set(facts)
    assert run(tmp_path, *asked, "--fingerprint", "1" * 64).returncode == 1
    (tmp_path / "packet.pexp").write_bytes(_flipped((tmp_path / "packet.pexp").read_bytes(), 5000))
    assert run(tmp_path, *asked).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["nothing.zip"], 1, "cannot be read"),
        (["locked"], 1, "--passphrase-file"),
        (["locked", "--passphrase-file", "nothing"], 1, "cannot be read"),
        (["locked", "--fingerprint", "abc"], 2, "64 hex digits"),
        ([], 2, "FILE"),
    ],
)
def test_wrong_use_is_told_in_words(arguments, code, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("locked").write_bytes(locked(zip_of()))
    try:
        found = verify.main(arguments)
    except SystemExit as end:
        found = end.code
    assert found == code
    assert words in capsys.readouterr().err


def test_proof_by_hand_as_the_documentation_says():
    """docs/evidence.md: with Python and `cryptography`, none of our code."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    content = pdf_of(makers.patient())
    body, mark, line = content.rpartition(b"\n%PatientExplorer-Signature 1 ")
    length, key, signature = line.decode().split()
    assert int(length) == len(body)
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)).verify(bytes.fromhex(signature), body)
    assert signature_line(body, public_key(), sign(body)) == mark + line


# Pages, the worker, the command


def ask(client, **form) -> EvidencePacket:
    client.post(url("new"), {"choice": "all", "chart_numbers": "", "make": "yes", **form})
    return EvidencePacket.objects.first()


def fetched(client, packet) -> bytes:
    return b"".join(client.get(url("file", packet.pk)).streaming_content)


def test_the_whole_way_of_a_locked_packet(signed_in, user):
    rich()
    client = signed_in("provider")
    shown = client.post(url("new"), {"choice": "all"}).content.decode()
    assert "1 patient<" in shown
    assert EvidencePacket.objects.count() == 0
    packet = ask(client, passphrase=PASSPHRASE, again=PASSPHRASE)
    assert "0 of 1 patients" in client.get(url("packet", packet.pk)).content.decode()
    assert actions.build_due() == 1
    assert actions.build_due() == 0
    packet.refresh_from_db()
    assert (packet.state, packet.sealed_key, packet.done) == ("ready", None, 1)
    assert client.get(url("progress", packet.pk))["X-Done"]
    content = fetched(client, packet)
    assert len(content) == packet.bytes
    assert content == (actions.folder() / packet.file).read_bytes()
    proof = proof_of(content, passphrase=lambda: PASSPHRASE, fingerprint=fingerprint())
    assert (proof.ok, proof.patients) == (True, 1)
    exports = [entry.changes["exported"][1] for entry in LogEntry.objects.filter(action=LogEntry.Action.ACCESS)]
    assert any("1 rows: evidence packet" in what and packet.ids_digest in what for what in exports)
    client.force_login(user("administrator"), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.get(url("file", packet.pk)).status_code == 404
    assert "Only" in client.get(url("packet", packet.pk)).content.decode()


def test_a_plain_zip_needs_a_ticked_box_and_lies_locked_until_it_is_fetched(signed_in):
    rich()
    client = signed_in("administrator")
    assert ask(client) is None
    packet = ask(client, plain="on")
    actions.build_due()
    packet.refresh_from_db()
    stored = (actions.folder() / packet.file).read_bytes()
    assert travel.is_locked(stored)
    assert b"%PDF" not in stored
    content = fetched(client, packet)
    assert (len(content), proof_of(content).ok) == (packet.bytes, True)


@pytest.mark.parametrize(
    "form",
    [{"passphrase": "short", "again": "short"}, {"passphrase": PASSPHRASE, "again": "another one"},
     {"passphrase": PASSPHRASE, "again": PASSPHRASE, "plain": "on"}, {}],
)  # fmt: skip
def test_a_weak_or_mistyped_passphrase_makes_no_packet(form, signed_in):
    makers.patient()
    assert ask(signed_in("provider"), **form) is None


def test_whose_packets_there_are(practice):
    given, silent = rich(), makers.patient(mrn="1002", phone="+12055550124")
    assert actions.chosen("all") == [given.pk, silent.pk]
    assert actions.chosen("apcm") == actions.chosen("decided") == [given.pk]
    assert actions.chosen("chosen", "1002, 1001\n1002") == [silent.pk, given.pk]


def test_unknown_chart_numbers_are_counted_and_not_repeated(signed_in):
    rich()
    shown = signed_in("provider").post(url("new"), {"choice": "chosen", "chart_numbers": "1001 4711 4712"})
    words = shown.content.decode()
    assert "2 are no chart numbers" in words
    assert "number 2, 3" in words


def test_a_packet_that_was_cut_off_is_built_anew(monday):
    patient = rich()
    packet = actions.ask_for(choice="all", patient_ids=[patient.pk], passphrase=None, by=_leader())
    dead = actions._claimed()
    assert actions.build_due() == 0
    monday(1)
    assert actions.build_due() == 1
    packet.refresh_from_db()
    assert (packet.state, packet.attempt) == ("ready", 2)
    assert not actions._build(dead)
    assert len(list(actions.folder().glob("*.pexp"))) >= 1
    packet.refresh_from_db()
    assert (actions.folder() / packet.file).exists()


def test_a_chart_that_is_merged_before_the_packet_is_built_stands_in_it_as_its_patient():
    kept, absorbed = makers.patient(mrn="1", phone=""), makers.patient(mrn="2", phone="")
    merging.merge(kept=kept, absorbed=absorbed, versions=(kept.version, absorbed.version), by=None)
    target = io.BytesIO()
    assert actions.write_zip(target, [absorbed.pk, kept.pk], choice="sample", by=None).patients == 1
    assert proof_of(target.getvalue()).patients == 1
    assert actions.write_zip(io.BytesIO(), [absorbed.pk], choice="sample", by=None).patients == 1


def _leader() -> User:
    return User.objects.create_user("leader", password="a long test password", role="provider")


def test_old_packets_and_leftovers_are_removed(practice, monday):
    packet = actions.ask_for(choice="all", patient_ids=[rich().pk], passphrase=None, by=_leader())
    actions.build_due()
    packet.refresh_from_db()
    path, leftover = actions.folder() / packet.file, actions.folder() / "leftover.pexp"
    leftover.write_bytes(b"x")
    monday(practice.keep_raw_days - 1)
    assert actions.remove_old() == 0
    assert path.exists()
    assert not leftover.exists()
    monday(practice.keep_raw_days + 1)
    assert actions.remove_old() == 1
    packet.refresh_from_db()
    assert (packet.state, packet.file, packet.sealed_key) == ("removed", "", None)


@pytest.mark.parametrize("role", ROLES)
def test_only_leaders_make_packets(role, signed_in):
    patient, may = rich(), role in ("administrator", "provider")
    client = signed_in(role)
    answer = client.get(url("patient", patient.pk))
    assert answer.status_code == (200 if may else 403)
    shown = client.get(reverse("admin:patients_patient_change", args=[patient.pk])).content.decode()
    assert (url("patient", patient.pk) in shown) == may
    assert client.get(url("changelist")).status_code == (200 if may else 403)
    assert client.post(url("new"), {"choice": "all", "plain": "on", "make": "yes"}).status_code == (302 if may else 403)
    if may:
        assert proof_of(answer.content, fingerprint=fingerprint()).ok
        assert "1001" not in answer["Content-Disposition"]
        told = LogEntry.objects.filter(object_id=patient.pk, action=LogEntry.Action.ACCESS)
        entry = told.get(changes__exported__isnull=False)
        assert "evidence packet" in entry.changes["exported"][1]
        assert "Exported" in said(client.get(url("patient", patient.pk)).content)


@pytest.mark.parametrize("role", ROLES)
def test_the_care_team_prints_a_copy_of_an_answer_on_one_page(role, signed_in):
    patient = rich()
    answer, line = Response.objects.get(), ConsentEvent.objects.get(kind="apcm", decision="given")
    client, may = signed_in(role), role != "read_only"
    form, call = client.get(url("answer_copy", answer.pk)), client.get(url("line_copy", line.pk))
    shown = client.get(reverse("admin:consent_response_change", args=[answer.pk])).content.decode()
    assert (url("answer_copy", answer.pk) in shown) == may
    assert form.status_code == call.status_code == (200 if may else 403)
    page = client.get(reverse("admin:patients_patient_change", args=[patient.pk])).content.decode()
    assert (url("newest_copy", patient.pk) in page) == may
    newest = client.get(url("newest_copy", patient.pk))
    assert newest["Location"] == url("line_copy", line.pk) if may else newest.status_code == 403
    if not may:
        return
    for copy in (form.content, call.content):
        assert len(PdfReader(io.BytesIO(copy)).pages) == 1
        assert proof_of(copy).ok
    assert "ada lovelace" in said(form.content)
    assert "May the records move? Yes, move them" in said(form.content)
    assert "Noor Nurse, RN" in said(call.content)
    assert "birth date address" in said(call.content)


def test_an_answer_that_nobody_placed_is_not_copied(signed_in):
    file = ResponseFile.objects.create(filename="a.xlsx", sha256="0" * 64, form="form")
    answer = Response.objects.create(file=file, row=2, content_hash="1", outcome="review")
    assert signed_in("provider").get(url("answer_copy", answer.pk)).status_code == 404


def test_the_index_holds_no_formula():
    content = zip_of(makers.patient(last="=HYPERLINK(0)"))
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert '"\'=HYPERLINK(0), John"' in opened.read("index.csv").decode("utf-8-sig")


@pytest.fixture
def prepared(settings):
    """A command finds its database migrated, as after the first start."""
    (settings.HOME / "prepared").write_text(commands._migrations_fingerprint(), encoding="ascii")


def command(*arguments) -> dict:
    told = io.StringIO()
    call_command("evidence", *map(str, arguments), "--json", stdout=told)
    return json.loads(told.getvalue())


def test_the_command_writes_one_or_all(prepared, tmp_path):
    rich()
    (tmp_path / "words").write_text(PASSPHRASE)
    one = command("--patient", "1001", "--out", tmp_path / "one.pdf")
    plain = command("--all", "--plain", "--out", tmp_path / "all.zip")
    safe = command("--apcm", "--passphrase-file", tmp_path / "words", "--out", tmp_path / "apcm.pexp")
    for facts in (one, plain, safe):
        content = Path(facts["file"]).read_bytes()
        assert len(content) == facts["bytes"]
        assert proof_of(content, passphrase=lambda: PASSPHRASE, fingerprint=facts["fingerprint"]).ok
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip", "apcm.pexp", "one.pdf", "words"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--patient", "4711", "--out", "x.pdf"], 1),
        (["--all", "--out", "x.zip"], 2),
        (["--all", "--plain", "--out", "there"], 1),
        (["--all", "--plain", "--out", "no folder/x.zip"], 1),
        (["--all", "--passphrase-file", "there", "--out", "x"], 1),
        (["--patient", "1001", "--plain", "--out", "x"], 2),
    ],
)
def test_the_command_refuses_in_words(arguments, code, prepared, tmp_path, monkeypatch):
    makers.patient(mrn="1001")
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("short")
    with pytest.raises(SystemExit) as end:
        command(*arguments)
    assert end.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
