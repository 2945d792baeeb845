from consent.models.desk import DeskForm
from consent.models.documents import Document
from consent.models.invitations import Invitation, InvitationPatient
from consent.models.ledger import ConsentEvent, current_decision, some_charts_merged, with_other_chart
from consent.models.responses import Response, ResponseFile
from consent.models.wordings import Wording

__all__ = [
    "ConsentEvent",
    "DeskForm",
    "Document",
    "Invitation",
    "InvitationPatient",
    "Response",
    "ResponseFile",
    "Wording",
    "current_decision",
    "some_charts_merged",
    "with_other_chart",
]
