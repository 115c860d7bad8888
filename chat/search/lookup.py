"""`IndexRow.objects.filter(words__found=phrases)`: each database's own way to look words up."""

from __future__ import annotations

from typing import Any

from django.db.models import Lookup, TextField

from chat.search.tokens import is_beginning

Phrase = tuple[str, ...]


@TextField.register_lookup
class Found(Lookup):
    """The right side is a list of phrases (chat.search.tokens.phrases); all of them must be there."""

    lookup_name = "found"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        wanted = " AND ".join(_fts5(phrase) for phrase in self.rhs)
        return f"{table}.id IN (SELECT rowid FROM chat_words WHERE chat_words MATCH %s)", [wanted]  # noqa: S608

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """By the index, then the order of several tokens; texts beyond the index are read through."""
        table = compiler.quote_name_unless_alias(self.lhs.alias)
        every = [token for phrase in self.rhs for token in phrase[:-1]]
        wanted = " & ".join([f"'{one}'" for one in every] + [_tsquery(phrase[-1]) for phrase in self.rhs])
        beside = [f" {' '.join(phrase)}" for phrase in self.rhs]
        ordered = [text for text, phrase in zip(beside, self.rhs, strict=True) if len(phrase) > 1]
        stands = f"strpos(' ' || {table}.words, %s) > 0"
        in_order = "".join(f" AND {stands}" for _ in ordered)
        through = " AND ".join(stands for _ in beside)
        sql = (
            f"(({table}.found @@ %s::tsquery{in_order})"
            f" OR ({table}.found IS NULL AND {through}))"
        )
        return sql, [wanted, *ordered, *beside]


def _fts5(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"' + ("*" if is_beginning(phrase[-1]) else "")


def _tsquery(token: str) -> str:
    return f"'{token}'" + (":*" if is_beginning(token) else "")
