"""The turns that a fresh session is told, and what Ladle itself says to the model."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from device.events import ToolOutcome
from device.live import prompts
from device.live.history import FORGET_AFTER, History, Turn

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Clock:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


def history(clock: Clock | None = None, *, most_turns: int = 20, most_chars: int = 6000) -> History:
    return History(most_turns=most_turns, most_chars=most_chars, now=clock or Clock())


def say(kept: History, asked: str, said: str) -> None:
    kept.heard(asked)
    kept.spoke(said)
    kept.close_turn()


def asked(kept: History) -> list[str]:
    return [turn.asked for turn in kept.recent()]


def test_a_turn_is_put_together_from_its_pieces_in_any_order() -> None:
    kept = history()
    for take, text in ((kept.spoke, "Rice has"), (kept.heard, " how much"), (kept.spoke, " 130 calories.")):
        take(text)
    kept.heard(" is in rice?")
    assert (kept.asked, kept.said) == ("how much is in rice?", "Rice has 130 calories.")
    kept.close_turn()
    assert kept.recent() == (Turn("how much is in rice?", "Rice has 130 calories.", NOON),)
    assert (kept.asked, kept.said) == ("", "")


def test_a_turn_without_a_word_is_not_kept() -> None:
    kept = history()
    kept.close_turn()
    assert kept.recent() == ()


def test_the_newest_turns_are_kept_within_all_bounds() -> None:
    kept = history(most_turns=3)
    for number in range(5):
        say(kept, f"question {number}", "answer")
    assert asked(kept) == ["question 2", "question 3", "question 4"]
    kept = history(most_chars=25)
    for number in range(5):
        say(kept, f"q{number}", "answer")
    assert asked(kept) == ["q2", "q3", "q4"], "8 characters a turn"


def test_one_endless_turn_is_bounded() -> None:
    kept = history(most_chars=100)
    for _ in range(1000):
        kept.heard("word ")
        kept.spoke("word ")
    assert len(kept.asked) + len(kept.said) <= 100
    kept.close_turn()
    assert len(kept.recent()) == 1
    nothing = history(most_chars=0)
    nothing.heard("word")
    assert nothing.asked == ""


def test_what_was_said_too_long_ago_is_not_told() -> None:
    clock = Clock()
    kept = history(clock)
    say(kept, "breakfast", "")
    clock.now += FORGET_AFTER + timedelta(seconds=1)
    say(kept, "lunch", "")
    assert asked(kept) == ["lunch"]


def test_no_turns_are_kept_where_none_are_wanted() -> None:
    kept = history(most_turns=0)
    say(kept, "rice", "yes")
    assert kept.recent() == ()


def test_a_question_that_is_asked_again_is_transcribed_again() -> None:
    kept = history()
    kept.heard("rice")
    kept.forget_question()
    kept.heard("rice")
    assert kept.asked == "rice"


# ------------------------------------------------------------------------------------ prompts


def test_a_cut_reply_is_continued_from_what_was_spoken() -> None:
    text = prompts.go_on("How much is in rice?", "Rice has 130")
    assert '"How much is in rice?"' in text and '"Rice has 130"' in text
    assert "without repeating" in text


def test_a_cut_reply_without_transcripts_is_answered_or_asked_for_again() -> None:
    assert prompts.go_on("How much is in rice?", "").endswith("Answer it.")
    assert prompts.go_on("", "").endswith("Ask the person to say it again.")


def test_a_late_outcome_is_told_whole_and_not_to_be_repeated() -> None:
    outcome = ToolOutcome("c1", "missed_meal", {"ok": True, "said": "Lunch moves."})
    text = prompts.late_outcome(outcome, {"meal": "lunch"}, "I missed lunch.", silent=False)
    for part in ("missed_meal", '{"meal": "lunch"}', '"said": "Lunch moves."', '"I missed lunch."'):
        assert part in text
    assert "do not call it again" in text
    assert text.endswith("Tell the person now what it returned.")
    assert "Nothing needs to be said" in prompts.late_outcome(outcome, {}, "", silent=True)


def test_a_history_can_be_told_in_plain_words() -> None:
    opening = prompts.restored("Lunch was missed.")
    text = prompts.as_background(opening, [Turn("rice?", "130.", NOON), Turn("thanks", "Welcome.", NOON)])
    assert text.splitlines() == [
        opening,
        "The person: rice?",
        "You: 130.",
        "The person: thanks",
        "You: Welcome.",
    ]
    assert "Lunch was missed." in opening
    assert prompts.as_background(opening, []) == ""
