"""Emoji of what was written before they could be searched for are found too."""

from django.db import migrations

from chat.search.tokens import EMOJI, tokens

BATCH = 500


def fill(apps, editor):
    conversation, message = apps.get_model("chat", "Conversation"), apps.get_model("chat", "Message")
    rows = apps.get_model("chat", "IndexRow").objects

    for pk, title in conversation.objects.values_list("pk", "title").iterator(chunk_size=BATCH):
        if EMOJI.search(title):
            rows.filter(conversation_id=pk, message=None).update(words=" ".join(tokens(title)))
    texts = message.objects.exclude(role="mark").values_list("pk", "conversation_id", "created", "text")
    for pk, where, at, text in texts.iterator(chunk_size=BATCH):
        if EMOJI.search(text):
            words = " ".join(tokens(text))
            if not rows.filter(message_id=pk).update(words=words):  # of emoji alone
                rows.create(message_id=pk, conversation_id=where, at=at, words=words)


class Migration(migrations.Migration):

    dependencies = [
        ("chat", "0006_one_index_a_delta"),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
