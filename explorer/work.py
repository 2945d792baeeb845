"""Today's work as counts: the badges of the sidebar and the tiles of the first page."""


def imports_to_review(request=None) -> int | str:
    from patients.models import ImportBatch

    return ImportBatch.objects.filter(state=ImportBatch.State.PROPOSED).count() or ""


def matches_to_review(request=None) -> int | str:
    from outreach.models import Match

    return Match.objects.in_review().values("patient").distinct().count() or ""


def uncertain_texts(request=None) -> int | str:
    from outreach.models import Message

    return Message.objects.filter(state=Message.State.UNCERTAIN).count() or ""


def replies_to_answer(request=None) -> int | str:
    from outreach.models import Reply

    return Reply.objects.needs_answer().count() or ""


def answers_to_review(request=None) -> int | str:
    from consent.models import Response

    return Response.objects.in_review().count() or ""
