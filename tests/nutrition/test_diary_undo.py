"""Any order of logging, undoing, doing again and making a call twice, against the simplest model of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from device.nutrition.days import DiaryClock
from device.nutrition.diary import Diary
from device.nutrition.diaryfile import DiaryFile
from device.nutrition.events import MealChange, PlanAdjusted, WaterDrunk
from device.nutrition.macros import Macros
from device.nutrition.records import NothingToUndoError, Undone

TODAY = date(2026, 6, 10)
CLOCK = DiaryClock(lambda: datetime.combine(TODAY, time(12), ZoneInfo("Europe/London")), time(4))
PEOPLE = ("anna", "ben")
PERSON = st.sampled_from(PEOPLE)
ADJUSTED = PlanAdjusted((MealChange("lunch", Macros(600, 35, 70, 20), Macros(560, 33, 64, 19)),))


class DiaryAgainstModel(RuleBasedStateMachine):
    """The model: who made a call and how much of it counts, and the calls in the order they were undone."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory(prefix="ladle-undo-")
        self.diary = self.opened()
        self.calls = 0
        self.owner: dict[str, str] = {}
        self.ml: dict[str, int] = {}
        self.voided: list[str] = []
        self.turns: dict[str, str] = {}

    def opened(self) -> Diary:
        return Diary(DiaryFile(Path(self.directory.name)), CLOCK)

    def teardown(self) -> None:
        self.diary.file.close()
        self.directory.cleanup()

    def new_call(self) -> str:
        self.calls += 1
        return f"call-{self.calls}"

    @rule(person=PERSON, ml=st.integers(1, 1000))
    def log(self, person: str, ml: int) -> None:
        call = self.new_call()
        assert not self.diary.log(call, person, (WaterDrunk(ml), ADJUSTED)).is_repeat
        self.owner[call], self.ml[call] = person, ml

    @precondition(lambda self: self.owner)
    @rule(data=st.data(), person=PERSON)
    def log_again(self, data: st.DataObject, person: str) -> None:
        call = data.draw(st.sampled_from(sorted(self.owner)))
        again = self.diary.log(call, person, (WaterDrunk(1),))
        assert again.is_repeat
        assert again.entry.is_void == (call in self.voided)

    @rule(person=PERSON)
    def undo_last(self, person: str) -> None:
        standing = [call for call in self.owner if self.owner[call] == person and call not in self.voided]
        self.turn_last(self.diary.undo, person, standing[-1:], self.voided.append)

    @rule(person=PERSON)
    def redo_last(self, person: str) -> None:
        undone = [call for call in self.voided if self.owner[call] == person]
        self.turn_last(self.diary.redo, person, undone[-1:], self.voided.remove)

    def turn_last(
        self,
        turn: Callable[[str, str], Undone],
        person: str,
        expected: list[str],
        change_model: Callable[[str], None],
    ) -> None:
        call = self.new_call()
        try:
            outcome = turn(call, person)
        except NothingToUndoError:
            assert not expected
            return
        assert [outcome.entry.call_id] == expected
        assert outcome.has_changed
        change_model(outcome.entry.call_id)
        self.turns[call] = outcome.entry.call_id

    @precondition(lambda self: self.owner)
    @rule(data=st.data(), person=PERSON, is_undo=st.booleans())
    def turn_named(self, data: st.DataObject, person: str, is_undo: bool) -> None:
        target = data.draw(st.sampled_from(sorted(self.owner)))
        turn = self.diary.undo if is_undo else self.diary.redo
        call = self.new_call()
        try:
            outcome = turn(call, person, target)
        except NothingToUndoError:
            assert self.owner[target] != person
            return
        assert self.owner[target] == person
        assert outcome.has_changed == (is_undo != (target in self.voided))
        assert outcome.entry.is_void == is_undo
        if outcome.has_changed:
            (self.voided.append if is_undo else self.voided.remove)(target)
            self.turns[call] = target

    @precondition(lambda self: self.turns)
    @rule(data=st.data(), is_undo=st.booleans())
    def turn_again(self, data: st.DataObject, is_undo: bool) -> None:
        call = data.draw(st.sampled_from(sorted(self.turns)))
        turn = self.diary.undo if is_undo else self.diary.redo
        outcome = turn(call, "anna")
        assert outcome.is_repeat
        assert outcome.entry.call_id == self.turns[call]

    @rule()
    def restart(self) -> None:
        self.diary.file.close()
        self.diary = self.opened()

    @invariant()
    def what_counts_is_what_the_model_says(self) -> None:
        for person in PEOPLE:
            standing = [call for call in self.owner if self.owner[call] == person and call not in self.voided]
            events = self.diary.events(person, TODAY)
            assert [event.call_id for event in events] == [call for call in standing for _ in range(2)]
            assert self.diary.totals(person, TODAY).water_ml == sum(self.ml[call] for call in standing)


TestDiaryAgainstModel = DiaryAgainstModel.TestCase
TestDiaryAgainstModel.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, derandomize=True
)
