"""What the database looks words up in: made by a migration, kept up by the database itself."""

from __future__ import annotations

from typing import Any, Final

# The `ascii` tokenizer takes every other character for part of a word: our tokens stay as they were cut.
SQLITE: Final = (
    "CREATE VIRTUAL TABLE chat_words USING fts5(words, content='chat_indexrow', content_rowid='id',"
    " tokenize='ascii')",
    "CREATE TRIGGER chat_words_in AFTER INSERT ON chat_indexrow BEGIN"
    " INSERT INTO chat_words(rowid, words) VALUES (new.id, new.words); END",
    "CREATE TRIGGER chat_words_out AFTER DELETE ON chat_indexrow BEGIN"
    " INSERT INTO chat_words(chat_words, rowid, words) VALUES ('delete', old.id, old.words); END",
    "CREATE TRIGGER chat_words_anew AFTER UPDATE ON chat_indexrow BEGIN"
    " INSERT INTO chat_words(chat_words, rowid, words) VALUES ('delete', old.id, old.words);"
    " INSERT INTO chat_words(rowid, words) VALUES (new.id, new.words); END",
)
SQLITE_BACK: Final = (
    "DROP TRIGGER chat_words_in",
    "DROP TRIGGER chat_words_out",
    "DROP TRIGGER chat_words_anew",
    "DROP TABLE chat_words",
)

# Tokens go in as they are: no parser of the database's cuts them again. A tsvector holds 1 MB; a text with
# more than that in it has none, and is read through at each search.
POSTGRES: Final = (
    "ALTER TABLE chat_indexrow ADD COLUMN found tsvector GENERATED ALWAYS AS"
    " (CASE WHEN octet_length(words) < 1000000 THEN array_to_tsvector(string_to_array(words, ' ')) END)"
    " STORED",
    "CREATE INDEX chat_words ON chat_indexrow USING gin (found)",
    "CREATE INDEX chat_words_none ON chat_indexrow (id) WHERE found IS NULL",
)
POSTGRES_BACK: Final = ("ALTER TABLE chat_indexrow DROP COLUMN found",)


def make(editor: Any) -> None:
    """In a migration's RunPython, behind the table."""
    _run(editor, SQLITE, POSTGRES)


def unmake(editor: Any) -> None:
    _run(editor, SQLITE_BACK, POSTGRES_BACK)


def _run(editor: Any, sqlite: tuple[str, ...], postgres: tuple[str, ...]) -> None:
    by_vendor = {"sqlite": sqlite, "postgresql": postgres}
    for statement in by_vendor[editor.connection.vendor]:
        editor.execute(statement)
