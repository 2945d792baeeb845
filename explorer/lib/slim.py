"""Lists whose rows come from one small template: a third of the theme's HTML and time (tried.md, Lists)."""

from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.db import models
from django.utils.html import format_html
from unfold.views import ChangeList

TONES = {"success": "good", "warning": "warn", "danger": "bad", "info": "info"}  # the theme's words in ours


class SlimChangeList(ChangeList):
    def headings(self) -> list[dict]:
        return [heading for heading in result_headers(self) if "action-toggle" not in str(heading["text"])]

    def rows(self) -> list[list[str]]:
        """The cells of each result; the first leads to its page, where the class does not say otherwise."""
        names = [name for name in self.list_display if name != "action_checkbox"]
        return [
            [self._cell(result, name, place == 0) for place, name in enumerate(names)] for result in self.result_list
        ]

    def _cell(self, result, name: str, first: bool) -> str:
        words = self._words(result, name)
        links = self.list_display_links
        if links is None or not (name in links or (first and not links)):
            return words
        return format_html('<a href="{}">{}</a>', self.url_for_result(result), words)

    def _words(self, result, name: str) -> str:
        field, attribute, value = lookup_field(name, result, self.model_admin)
        empty = getattr(attribute, "empty_value_display", self.model_admin.get_empty_value_display())
        if field is None:
            words = display_for_value(value, empty, getattr(attribute, "boolean", False)) if value != "" else ""
        elif isinstance(field.remote_field, models.ManyToOneRel):
            words = value if value is not None else empty
        else:
            words = display_for_field(value, field, empty)
        labels = getattr(attribute, "label", None)
        if labels and words:
            tone = TONES.get(labels.get(value, ""), "") if isinstance(labels, dict) else ""
            return format_html('<span class="pe-badge {}">{}</span>', tone, words)
        return words


class SlimRows:
    """For an admin class without acts on many rows."""

    change_list_template = "practice/slim_list.html"

    def get_changelist(self, request, **kwargs):
        return SlimChangeList
