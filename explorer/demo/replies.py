"""What the invented patients text back."""

from collections.abc import Sequence
from random import Random

from explorer.demo.people import SEED
from explorer.demo.person import Person
from explorer.demo.plans import QUESTION, STEP_DAYS, STOP, WRONG_NUMBER, YES, habit_of, people_by_phone

WORDS = {
    STOP: (
        "STOP", "Stop", "stop", "STOP", "Stop.", "UNSUBSCRIBE", "Stop texting me please", "Cancel",
        "Please take me off your list", "Do not text this number again",
    ),
    WRONG_NUMBER: (
        "Wrong number", "You have the wrong number", "Who is this?? I think you have the wrong person",
        "wrong person", "This is not {given}'s phone anymore", "I just got this number, not me",
        "She passed away in the spring. Please update your records.",
    ),
    QUESTION: (
        "Is this for real or is it a scam?", "Do I need a new insurance card?", "Will it cost me anything?",
        "Where is the new office?", "I can't get the link to open. Can somebody call me?",
        "This is {given}. Can I do it over the phone?", "Does this change my prescriptions?",
        "Can my daughter fill it out for me?", "What happens if I don't sign?", "HELP",
        "Is the doctor leaving??", "I already told the nurse yes at my visit. Do I still have to do this?",
        "Do I keep my appointment next week?", "What is the reference code for?",
        "I have had chest pain since this morning, should I come in?",
        "Can you mail me a paper form instead?",
    ),
    YES: ("Yes", "YES", "yes I consent", "Yes that is fine", "I agree", "ok yes"),
}  # fmt: skip
STEP_SHARES = (60, 22, 12, 6)  # which text brings the reply


def reply_to(number: str, people: Sequence[Person], text_count: int, seed: int = SEED) -> list[tuple[float, str]]:
    """Replies to the text with this count (1 is the first) at this number: hours after that text, words."""
    habit = habit_of(number, seed)
    rng = Random(f"{seed}:{number}:reply")
    answered = rng.choices(range(1, len(STEP_SHARES) + 1), STEP_SHARES)[0]
    if not habit or text_count != answered:
        return []
    given = people[0].given if people else "Mary"
    hours = 0.05 + rng.expovariate(1 / 5)
    return [(round(min(hours, 48), 3), rng.choice(WORDS[habit]).format(given=given))]


def replies_for(e164: str) -> list[tuple[float, str]]:
    """Everything this number will text back: hours after the first text, words."""
    people = people_by_phone().get(e164, [])
    return [
        (day * 24 + hours, words)
        for count, day in enumerate(STEP_DAYS, start=1)
        for hours, words in reply_to(e164, people, count)
    ]
