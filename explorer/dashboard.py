"""The first page: where everybody stands, how the outreach goes, what is to be done today."""


def fill(request, context: dict) -> dict:
    return context
