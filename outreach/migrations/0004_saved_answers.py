from django.db import migrations

ANSWERS = (
    ("We will call you", "Thank you for your message. We will call you on the next working day."),
    ("How to answer", "Please use the link in our first text, or call us and we will help you."),
    ("Who is writing", "This is your doctor's office, about our move. If in doubt, please call us."),
    ("Thank you", "Thank you, we have received your message."),
)


def fill(apps, schema_editor):
    answers = apps.get_model("outreach", "SavedAnswer")
    for place, (title, text) in enumerate(ANSWERS, 1):
        answers.objects.get_or_create(title=title, defaults={"text": text, "place": 10 * place})
    apps.get_model("outreach", "Reply").objects.filter(kind="emergency").update(urgent=True)
    apps.get_model("outreach", "Suppression").objects.exclude(reply=None).update(channel="text")


class Migration(migrations.Migration):
    dependencies = [("outreach", "0003_sending")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
