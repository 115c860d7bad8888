"""What any engine of the log does: the same tests for the table and for Redis Streams."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from chat.generation import log
from chat.generation.engines.base import Engine, Taken
from chat.generation.engines.redis import RedisLog, key_of
from chat.generation.pieces import End, Piece
from chat.models import Generation
from tests.chat.engines.conftest import begun, pieces, stored, texts

DONE = End(0, "complete", "stop", {"in": 1, "out": 2})
CUT = End(0, "interrupted", "interrupted")


def test_what_is_appended_is_read_in_order_from_any_number_on(engine: Engine) -> None:
    answer = begun()
    log.append({answer: pieces("a", "b")})
    log.append({answer: pieces("c", first=3)})
    log.append({answer: pieces("你好", "\U0001f469\u200d\U0001f680", "\x01\r\n\u2028", "", first=4)})
    whole = log.read(answer, 0, 100)
    assert whole == pieces("a", "b", "c", "你好", "\U0001f469\u200d\U0001f680", "\x01\r\n\u2028", "")
    assert log.last(answer) == 7
    for after in range(len(whole) + 2):
        assert log.read(answer, after, 100) == whole[after:]
        assert log.read(answer, after, 2) == whole[after : after + 2]


def test_an_answer_without_a_piece_is_empty_and_an_unknown_one_is_none(engine: Engine) -> None:
    assert (log.read(begun(), 0, 10), log.last(begun())) == ([], 0)
    assert log.ended(begun()) is None
    with pytest.raises(LookupError):
        log.ended(uuid.uuid4())


def test_each_answer_of_a_batch_has_its_own_pieces_and_kinds(engine: Engine) -> None:
    one, two = begun(), begun()
    log.append({one: pieces("hm", kind="think"), two: pieces("data: {}\n\n", kind="raw")})
    log.append({one: pieces("so", first=2), two: pieces("data: [DONE]\n\n", first=2, kind="raw")})
    assert log.read(one, 0, 10) == [Piece(1, "think", "hm"), Piece(2, "text", "so")]
    assert [(piece.seq, piece.kind) for piece in log.read(two, 0, 10)] == [(1, "raw"), (2, "raw")]
    assert Generation.objects.get(id=one).state == "generating"


def test_a_batch_is_kept_whole_or_not_at_all(engine: Engine) -> None:
    one, two = begun(), begun()
    log.append({one: pieces("a")})
    with pytest.raises(Taken) as refused:
        log.append({two: pieces("x", "y"), one: pieces("other")})
    assert refused.value.generations == {one}
    assert (texts(log.read(one, 0, 10)), log.read(two, 0, 10)) == (["a"], [])


def test_the_same_batch_again_is_kept_once(engine: Engine) -> None:
    """Its writer had not heard that it was kept."""
    one, two = begun(), begun()
    log.append({one: pieces("a", "b")})
    batch = {one: pieces("c", "d", first=3), two: pieces("x")}
    log.append(batch)
    log.append(batch)
    log.append({one: batch[one], two: pieces("y", first=2)})
    assert texts(log.read(one, 0, 10)) == ["a", "b", "c", "d"]
    assert texts(log.read(two, 0, 10)) == ["x", "y"]


def test_two_readers_go_at_their_own_pace(engine: Engine) -> None:
    answer = begun()
    quick: list[Piece] = []
    slow: list[Piece] = []
    for number in range(1, 40):
        log.append({answer: pieces(f"{number} ", first=number)})
        quick += log.read(answer, len(quick), 100)
        slow += log.read(answer, len(slow), 1) if number % 3 == 0 else []
    slow += log.read(answer, len(slow), 100)
    assert quick == slow == log.read(answer, 0, 100)


def test_the_end_stores_the_answer_whole_and_once(engine: Engine) -> None:
    answer = begun()
    log.append({answer: [*pieces("let ", "me", kind="think"), *pieces("你", "好", first=3)]})
    assert log.finish(answer, DONE, worker="elsewhere") is False
    assert log.ended(answer) is None
    assert log.finish(answer, DONE, worker="here") is True
    assert log.finish(answer, CUT) is False
    end, message = log.ended(answer), stored(answer)
    assert end is not None
    assert (end.seq, end.state, end.usage) == (4, "complete", DONE.usage)
    assert (message.text, message.thinking, message.state) == ("你好", "let me", "complete")
    assert (len(log.read(answer, 0, 10)), log.last(answer)) == (4, 4)


def test_an_answer_that_never_began_ends_with_nothing(engine: Engine) -> None:
    answer = begun()
    assert log.finish(answer, End(0, "failed", "error", error="queue_full"))
    assert (stored(answer).text, stored(answer).state) == ("", "failed")


def test_what_a_dead_process_left_is_stored_whole_as_interrupted(engine: Engine) -> None:
    dead, alive, queued = begun("dead", lives=-1), begun(), begun("dead", lives=-1)
    shown = [*pieces("hm", kind="think"), *pieces("all ", "that was shown", first=2)]
    log.append({dead: shown, alive: pieces("a")})
    assert set(log.sweep()) == {dead, queued}
    assert (stored(dead).text, stored(dead).thinking) == ("all that was shown", "hm")
    assert (stored(dead).state, stored(queued).state) == ("interrupted", "interrupted")
    assert log.ended(alive) is None
    assert log.sweep() == []


def test_who_was_believed_dead_writes_no_more(engine: Engine) -> None:
    """Its process had only been stopped for a while: what it says now nobody has been shown."""
    late, other = begun("dead", lives=-1), begun()
    log.append({late: pieces("shown")})
    log.sweep()
    with pytest.raises(Taken) as refused:
        log.append({late: pieces("late", first=2), other: pieces("x")})
    assert refused.value.generations == {late}
    assert (stored(late).text, stored(late).state) == ("shown", "interrupted")
    assert (texts(log.read(late, 0, 10)), log.read(other, 0, 10)) == (["shown"], [])
    assert log.beat("dead", {late: 1}) == {late}


def test_a_process_that_beats_is_alive_and_hears_who_is_to_stop(engine: Engine) -> None:
    one, two, foreign = begun(lives=1), begun(lives=1), begun("elsewhere", lives=-1)
    assert log.beat("here", {one: 3, two: 0}) == set()
    assert Generation.objects.get(id=one).seq == 3
    assert Generation.objects.get(id=one).lease > timezone.now() + timedelta(seconds=5)
    log.ask_to_stop(two)
    assert log.beat("here", {one: 3, two: 0}) == {two}
    log.beat("here", {foreign: 0})
    assert Generation.objects.get(id=foreign).lease < timezone.now()
    assert log.beat("here", {}) == set()


def test_an_answer_that_was_deleted_is_stopped(engine: Engine) -> None:
    answer = begun()
    log.append({answer: pieces("a")})
    Generation.objects.filter(id=answer).delete()
    assert log.beat("here", {answer: 1}) == {answer}


def test_a_log_is_dropped_ten_minutes_after_the_end_and_the_message_stays(engine: Engine) -> None:
    answer = begun()
    log.append({answer: pieces("a", "b")})
    log.finish(answer, DONE)
    log.sweep()
    assert texts(log.read(answer, 0, 10)) == ["a", "b"]
    if isinstance(engine, RedisLog):
        client = engine.connections.blocking
        assert 590 < client.ttl(key_of(answer)) <= 600
        client.delete(key_of(answer))
    Generation.objects.filter(id=answer).update(ended=timezone.now() - timedelta(minutes=10, seconds=1))
    log.sweep()
    assert log.read(answer, 0, 10) == []
    kept = log.kept(answer, DONE)
    assert kept is not None
    assert (kept.text, kept.state) == ("ab", "complete")


@pytest.mark.parametrize("seed", range(5))
def test_any_course_of_things_reads_like_a_list(engine: Engine, seed: int) -> None:
    rolled = random.Random(seed)
    answers = [begun() for _ in range(4)]
    model: dict[uuid.UUID, list[Piece]] = {answer: [] for answer in answers}
    for _ in range(60):
        batch = {}
        for answer in rolled.sample(answers, rolled.randint(1, 4)):
            words = [chr(rolled.choice([0x41, 0x4F60, 0x1F600, 0x0A])) for _ in range(rolled.randint(1, 6))]
            batch[answer] = pieces(*words, first=len(model[answer]) + 1)
        log.append(batch, model)
        for answer, found in batch.items():
            model[answer] = model[answer] + found
        answer, after, most = rolled.choice(answers), rolled.randint(0, 200), rolled.randint(1, 20)
        assert log.read(answer, after, most) == model[answer][after : after + most]
