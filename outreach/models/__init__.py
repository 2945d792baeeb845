from outreach.models.attempts import Attempt
from outreach.models.campaigns import Campaign, CampaignPatient, CampaignStep, TextTemplate
from outreach.models.contacts import Contact, ContactPhone, Match
from outreach.models.line import LineState
from outreach.models.messages import Message, MessagePatient
from outreach.models.replies import Conversation, Reply, SavedAnswer
from outreach.models.suppressions import NumberCheck, ScheduledWithdrawal, Suppression

__all__ = [
    "Attempt",
    "Campaign",
    "CampaignPatient",
    "CampaignStep",
    "Contact",
    "ContactPhone",
    "Conversation",
    "LineState",
    "Match",
    "Message",
    "MessagePatient",
    "NumberCheck",
    "Reply",
    "SavedAnswer",
    "ScheduledWithdrawal",
    "Suppression",
    "TextTemplate",
]
