"""The upload form: django-import-export's, without its choice of formats and without its temporary files."""

from base64 import b64decode, b64encode

from django import forms
from import_export.forms import ImportForm

from explorer.lib.tables import UPLOAD
from patients.actions import ColumnsNeeded

COLUMN = "column-"
PASTED = "pasted table"
KEPT_AT_MOST = UPLOAD.max_bytes * 3 // 4  # so that the form itself stays below what the server takes


class UploadForm(ImportForm):
    """While a person chooses sheet or columns, the file waits in the page itself; nothing is stored meanwhile."""

    pasted = forms.CharField(
        label="Or paste the table",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="Select the cells in Excel with their headings, copy, and paste them here.",
    )

    sheet = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    kept = forms.CharField(required=False, widget=forms.HiddenInput)
    kept_name = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    field_order = ["resource", "import_file", "pasted", "sheet"]
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
        for name in self.data:
            if name.startswith(COLUMN):
                self.fields[name] = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def columns(self) -> dict[str, str]:
        """{field: heading} as the person chose."""
        chosen = {
            name.removeprefix(COLUMN): value for name, value in self.cleaned_data.items() if name.startswith(COLUMN)
        }
        return {name: heading for name, heading in chosen.items() if heading}

    def clean(self):
        cleaned = super().clean()
        if file := cleaned.get("import_file"):
            self.filename, self.content = file.name, file.read()
        elif cleaned.get("pasted", "").strip():
            self.filename, self.content = PASTED, cleaned["pasted"].encode()
        elif cleaned.get("kept"):
            self.filename, self.content = cleaned["kept_name"], self._kept(cleaned["kept"])
        elif "import_file" not in self.errors:
            self.add_error("import_file", "Choose the file that holds the list, of at most 10 MB, or paste the table.")
        return cleaned

    def offer_sheets(self, names: list[str], why: str) -> None:
        self.fields["sheet"].widget = forms.Select(choices=[(name, name) for name in names])
        self.fields["sheet"].label = "Sheet"
        self.add_error("sheet", why)
        self._keep()

    def offer_columns(self, problem: ColumnsNeeded) -> None:
        """One list of the file's headings for each field that was not found, with examples of the cells."""
        self.add_error("import_file", str(problem))
        choices = [(heading, _with_examples(heading, cells)) for heading, cells in problem.columns]
        for name, label in problem.fields.items():
            widget = forms.Select(choices=[("", "Choose the column"), *choices])
            self.fields[f"{COLUMN}{name}"] = forms.CharField(
                label=f"The column with the {label}", required=False, widget=widget
            )
        self._keep()

    def _keep(self) -> None:
        self.data = self.data.copy()
        if len(self.content) <= KEPT_AT_MOST:
            self.data["kept"], self.data["kept_name"] = b64encode(self.content).decode(), self.filename

    def _kept(self, text: str) -> bytes:
        try:
            return b64decode(text, validate=True)
        except ValueError:
            raise forms.ValidationError("The file did not come back whole: choose it again.") from None


def _with_examples(heading: str, cells: list[str]) -> str:
    return f"{heading} ({', '.join(cell[:30] for cell in cells)})" if cells else heading
