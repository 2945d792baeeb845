from outreach.admin import campaigns, follow_up, matches, messages, replies

__all__ = ["campaigns", "follow_up", "matches", "messages", "replies"]
