from outreach.models.attempts import Attempt
from outreach.models.campaigns import Campaign, CampaignPatient, CampaignStep, TextTemplate, Wave
from outreach.models.contacts import Contact, ContactPhone, Match
from outreach.models.line import LineState
from outreach.models.messages import Message, MessagePatient
from outreach.models.replies import Conversation, Reply, Suppression

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
    "Reply",
    "Suppression",
    "TextTemplate",
    "Wave",
]
