from outreach.admin import campaigns, follow_up, line, matches, messages, replies

__all__ = ["campaigns", "follow_up", "line", "matches", "messages", "replies"]
