from django.db import migrations

BODIES = {
    0: "{practice}: our office is moving. Your choices: {link} "
    "Questions? Call {phone}. Reply STOP to opt out.",
    3: "{practice}: a reminder about our move. Your choices: {link} "
    "Or call us: {phone}. Reply STOP to opt out.",
    7: "{practice}: our office is moving. Yes or no, both are fine: {link} "
    "Help: {phone}. Reply STOP to opt out.",
    14: "{practice}: our last text about our move: {link} "
    "Rather talk? Call {phone}. Reply STOP to opt out.",
}


def fill(apps, schema_editor):
    apps.get_model("outreach", "LineState").objects.get_or_create(pk=1)
    template = apps.get_model("outreach", "TextTemplate")
    for day, body in BODIES.items():
        template.objects.get_or_create(day=day, defaults={"body": body})


class Migration(migrations.Migration):
    dependencies = [("outreach", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
