from consent.models.apcm_months import ApcmMonth, Disclosure
from consent.models.desk import DeskForm
from consent.models.documents import Document
from consent.models.invitations import Invitation, InvitationPatient
from consent.models.ledger import ConsentEvent, current_decision, some_charts_merged, with_other_chart
from consent.models.letters import AddressVersion, Letter, LetterBatch
from consent.models.responses import FormMapping, Response, ResponseFile
from consent.models.wordings import Wording

__all__ = [
    "AddressVersion",
    "ApcmMonth",
    "ConsentEvent",
    "DeskForm",
    "Disclosure",
    "Document",
    "FormMapping",
    "Invitation",
    "InvitationPatient",
    "Letter",
    "LetterBatch",
    "Response",
    "ResponseFile",
    "Wording",
    "current_decision",
    "some_charts_merged",
    "with_other_chart",
]
