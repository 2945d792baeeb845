from outreach.admin import campaigns, follow_up, matches, messages, replies, saved_answers, suppressions

__all__ = ["campaigns", "follow_up", "matches", "messages", "replies", "saved_answers", "suppressions"]
