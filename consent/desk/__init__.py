"""The form on the PC at the desk. While a patient has it, the session sees nothing else.

The session holds the form's id; what may still happen is decided by the form's own row, so that two tabs or two
requests at once cannot bring back what has ended. The session gets a new key when the PC is handed over: a request
that was under way then cannot overwrite it.
"""

from consent.models import DeskForm

KEY = "desk_form"


def begin(request, form: DeskForm) -> None:
    request.session.cycle_key()
    request.session[KEY] = form.pk


def is_on(request) -> bool:
    return KEY in request.session


def form_of(request) -> DeskForm | None:
    """The form that this session was handed over for; None where it is not this person's."""
    forms = DeskForm.objects.select_related("patient", "opened_by", "on_behalf_of")
    return forms.filter(pk=request.session.get(KEY), opened_by=request.user).first()


def end(request) -> None:
    request.session.pop(KEY, None)
    request.session.cycle_key()
