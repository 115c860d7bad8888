"""Usage rows: one a call of an identified caller, small, without a body, kept while the database is away."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from accounts.caller import Caller
from chat import spending
from gateway import usage
from gateway.call import Call
from gateway.models import UsageRow
from gateway.types import Usage

ALICE = Caller("token", "jwt:alice", frozenset({"chat:write"}))


@pytest.fixture
def writer(monkeypatch):
    fresh = usage.Writer()
    monkeypatch.setattr(usage, "writer", fresh)
    return fresh


def finished_call(**changes) -> Call:
    call = Call("req_1", caller=ALICE, route="/v1/chat/completions", model="qwen3:32b", status=200)
    call.usage = Usage(prompt=9, completion=4)
    for name, value in changes.items():
        setattr(call, name, value)
    return call


@pytest.mark.django_db
def test_a_call_leaves_one_row_with_its_numbers(writer):
    usage.enqueue(finished_call())
    assert writer.write_pending() == 1
    row = UsageRow.objects.get()
    assert (row.caller, row.model, row.outcome) == ("jwt:alice", "qwen3:32b", "ok")
    assert (row.prompt_tokens, row.completion_tokens) == (9, 4)


@pytest.mark.django_db
def test_a_stranger_leaves_no_row(writer):
    usage.enqueue(finished_call(caller=None))
    assert writer.write_pending() == 0


@pytest.mark.django_db
def test_a_row_is_at_most_500_bytes_whatever_the_caller_sends(writer):
    long = "长" * 5000
    alice = Caller("token", long)
    usage.enqueue(finished_call(caller=alice, route="/v1/models/<path:model>", model=long))
    writer.write_pending()
    with connection.cursor() as cursor:
        cursor.execute("select * from gateway_usagerow")
        row = cursor.fetchone()
    assert sum(len(str(value).encode()) for value in row if value is not None) <= 500


def test_two_long_names_stay_two_when_they_are_cut():
    one, other = usage.fit("长" * 500 + "a", 128), usage.fit("长" * 500 + "b", 128)
    assert one != other
    assert len(one.encode()) <= 128


@pytest.mark.django_db
def test_a_caller_with_a_long_id_finds_what_they_used(writer):
    """And not what somebody used whose id begins likewise."""
    alice, other = (Caller("token", "sso:" + "人" * 200 + end) for end in ("a", "b"))
    usage.enqueue(finished_call(caller=alice))
    usage.enqueue(finished_call(caller=other))
    writer.write_pending()
    assert spending.own(alice)["today"]["prompt_tokens"] == 9


@pytest.mark.django_db
def test_rows_wait_in_order_while_the_database_is_away(writer, monkeypatch):
    def away(rows):
        raise DatabaseError("gone")

    for n in range(3):
        usage.enqueue(finished_call(request_id=f"req_{n}"))
    with monkeypatch.context() as broken:
        broken.setattr(UsageRow.objects, "bulk_create", away)
        with pytest.raises(DatabaseError):
            writer.write_pending()
    assert writer.write_pending() == 3
    written = UsageRow.objects.order_by("id").values_list("request_id", flat=True)
    assert list(written) == ["req_0", "req_1", "req_2"]


def test_a_long_outage_keeps_memory_bounded_and_counts_what_is_lost(writer, monkeypatch):
    monkeypatch.setattr(usage, "KEPT", 10)
    for n in range(25):
        usage.enqueue(finished_call(request_id=f"req_{n}"))
    assert len(writer.pending) == 10
    assert writer.dropped == 15


@pytest.mark.django_db(transaction=True)
def test_what_no_database_keeps_does_not_stop_the_rows_behind_it(writer):
    usage.enqueue(finished_call(model="a\x00b"))
    usage.enqueue(finished_call(model="monstrous", usage=Usage(prompt=2**70)))
    usage.enqueue(finished_call(model="last"))
    assert writer.write_pending() == 2
    assert not writer.pending
    assert [row.model for row in UsageRow.objects.order_by("pk")] == ["a\ufffdb", "last"]
