"""What was written before there was a search is found too."""

from django.db import migrations

from chat.search.tokens import tokens

BATCH = 500


def fill(apps, editor):
    conversation, message = apps.get_model("chat", "Conversation"), apps.get_model("chat", "Message")
    row = apps.get_model("chat", "IndexRow")
    waiting = []

    def keep(found):
        waiting.append(found)
        if len(waiting) >= BATCH:
            row.objects.bulk_create(waiting)
            waiting.clear()

    for one in conversation.objects.exclude(title="").iterator(chunk_size=BATCH):
        keep(row(conversation_id=one.pk, at=one.updated, words=" ".join(tokens(one.title))))
    for one in message.objects.exclude(role="mark").exclude(text="").iterator(chunk_size=BATCH):
        words = " ".join(tokens(one.text))
        if words:
            keep(row(conversation_id=one.conversation_id, message_id=one.pk, at=one.created, words=words))
    row.objects.bulk_create(waiting)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0002_search"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
