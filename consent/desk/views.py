"""The pages that the patient sees, and the way back for staff. Nothing else opens meanwhile."""

from functools import wraps

from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from consent import desk
from consent.actions import desk as acts
from consent.desk.forms import AnswersForm
from consent.desk.words import WORDS
from consent.models import DeskForm
from consent.wordings.disclosures import IN_LANGUAGE
from explorer.lib.models import Practice

WRONG_PASSWORDS = 5
RIGHT = "consent.record_consent"


def with_form(view):
    """Gives the view the form of this session; without one, or without the right any more, the way leads out."""

    @wraps(view)
    def found(request, *args, **kwargs):
        form = desk.form_of(request) if request.user.is_authenticated and desk.is_on(request) else None
        if form is None:
            return _out(request)
        return view(request, form, *args, **kwargs)

    return found


def pressed(view):
    """For acts: an address that is typed in only leads back to the form."""

    @wraps(view)
    def by_post(request, *args, **kwargs):
        return view(request, *args, **kwargs) if request.method == "POST" else redirect("desk")

    return by_post


@with_form
def at_the_desk(request, form: DeskForm):
    """The questions, then what was answered, then it is handed in. Once it has ended: the locked screen."""
    form = acts.touch(form)
    if not form.is_open:
        return locked(request, form)
    answers = AnswersForm(request.POST or None, desk_form=form)
    ready = request.method == "POST" and "change" not in request.POST and answers.is_valid()
    if ready and "send" in request.POST and request.user.has_perm(RIGHT):
        acts.answer(form, answers=answers.answers, signature=answers.cleaned_data["signature"], by=request.user)
        return redirect("desk")
    return _page(request, form, "consent/desk.html", answers=answers, ready=ready, questions=_questions(form, answers))


def _questions(form: DeskForm, answers: AnswersForm) -> list[dict]:
    return [
        shown
        | {
            "field": answers[kind],
            "points": list(IN_LANGUAGE[form.language].values()) if kind == "apcm" else [],
            "said": answers.words.get(answers.data.get(kind, ""), ""),
        }
        for kind, shown in form.shown.items()
    ]


@pressed
@with_form
def here(request, form: DeskForm):
    """The page says that somebody is reading or typing."""
    return HttpResponse(status=204 if acts.touch(form).is_open else 205)


@pressed
@with_form
def back(request, form: DeskForm):
    acts.give_back(form)
    return redirect("desk")


@pressed
@with_form
def unlock(request, form: DeskForm):
    """The staff member's own password opens the PC again; five wrong ones sign the session out."""
    if acts.touch(form).is_open:
        return redirect("desk")
    if request.user.check_password(request.POST.get("password", "")[:1000]):
        acts.unlock(form)
        desk.end(request)
        return redirect("admin:patients_patient_change", form.patient_id)
    if acts.wrong_password(form) >= WRONG_PASSWORDS:
        return sign_out(request)
    return locked(request, form, wrong=True)


@pressed
def sign_out(request):
    """Shows nothing and needs no password: whoever signs in next types one. A form still open ends here."""
    if request.user.is_authenticated and (form := desk.form_of(request)):
        acts.give_back(form)
    logout(request)
    return redirect("account_login")


def locked(request, form: DeskForm, *, wrong: bool = False):
    return _page(request, form, "consent/desk_locked.html", wrong=wrong)


def _page(request, form: DeskForm, template: str, **context) -> TemplateResponse:
    words = WORDS[form.language]
    name = form.patient.preferred_name or form.patient.first_name
    hello = words["hello_other" if form.given_by else "hello"].format(name=name, other=form.given_by)
    told = {"desk_form": form, "words": words, "hello": hello, "practice": Practice.current(), "title": words["title"]}
    return TemplateResponse(request, template, admin.site.each_context(request) | told | context)


def _out(request):
    if request.user.is_authenticated and not desk.is_on(request):
        return redirect("admin:index")
    logout(request)
    return redirect("account_login")
