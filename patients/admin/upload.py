"""The upload form: django-import-export's, without its choice of formats and without its temporary files."""

from base64 import b64decode, b64encode

from django import forms
from import_export.forms import ImportForm

from explorer.lib.tables import UPLOAD

KEPT_AT_MOST = UPLOAD.max_bytes * 3 // 4  # so that the form itself stays below what the server takes


class UploadForm(ImportForm):
    """While a person chooses the sheet, the file waits in the page itself; nothing is stored meanwhile."""

    sheet = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    field_order = ["resource", "import_file", "sheet"]
    media = forms.Media()

    def __init__(self, formats, resources, **kwargs):
        super().__init__(formats, resources, **kwargs)
        del self.fields["format"]  # told by the content
        self.fields["resource"].label = "What is it?"
        file = self.fields["import_file"]
        file.required = False
        file.label = "File"
        file.help_text = "An Excel workbook (.xlsx, .xls) or .csv file of at most 10 MB."
        file.error_messages["empty"] = "The file is empty: export the list again and choose the new file."
        file.widget.attrs = {"accept": ".xlsx,.xls,.ods,.csv,.txt"}
        self.filename, self.content = "", b""

    def clean(self):
        cleaned = super().clean()
        if file := cleaned.get("import_file"):
            self.filename, self.content = file.name, file.read()
        elif cleaned.get("kept"):
            self.filename, self.content = cleaned["kept_name"], self._kept(cleaned["kept"])
        elif "import_file" not in self.errors:
            self.add_error("import_file", "Choose the file that holds the list; it may be at most 10 MB.")
        return cleaned

    def offer_sheets(self, names: list[str], why: str) -> None:
        self.fields["sheet"].widget = forms.Select(choices=[(name, name) for name in names])
        self.fields["sheet"].label = "Sheet"
        self.add_error("sheet", why)
        self.data = self.data.copy()
        if len(self.content) <= KEPT_AT_MOST:
            self.data["kept"], self.data["kept_name"] = b64encode(self.content).decode(), self.filename

    def _kept(self, text: str) -> bytes:
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise forms.ValidationError("The file did not come back whole: choose it again.") from None
