from outreach.models.attempts import Attempt
from outreach.models.calls import CallClaim, Circumstance
from outreach.models.campaigns import Campaign, CampaignPatient, CampaignStep, TextTemplate, Wave
from outreach.models.contacts import Contact, ContactPhone, Match
from outreach.models.interruptions import InterruptedText, Interruption
from outreach.models.line import LineState
from outreach.models.messages import Message, MessagePatient
from outreach.models.readiness import Agreement, Approval, GoDecision, PhoneTest
from outreach.models.replies import Conversation, Reply, SavedAnswer
from outreach.models.suppressions import NumberCheck, ScheduledWithdrawal, Suppression

__all__ = [
    "Agreement",
    "Approval",
    "Attempt",
    "CallClaim",
    "Campaign",
    "CampaignPatient",
    "CampaignStep",
    "Circumstance",
    "Contact",
    "ContactPhone",
    "Conversation",
    "GoDecision",
    "InterruptedText",
    "Interruption",
    "LineState",
    "Match",
    "Message",
    "MessagePatient",
    "NumberCheck",
    "PhoneTest",
    "Reply",
    "SavedAnswer",
    "ScheduledWithdrawal",
    "Suppression",
    "TextTemplate",
    "Wave",
]
