"""Which handle leads back to where the conversation stands."""

from __future__ import annotations

from device.live.handles import Handles


def test_the_newest_handle_is_the_best_between_turns() -> None:
    handles = Handles()
    assert handles.best() is None
    for handle in ("h1", "h2", "h3"):
        handles.turn_began()
        handles.turn_completed()
        handles.offered(handle)
    assert handles.best() == handles.newest == "h3"
    assert not handles.due


def test_a_handle_from_the_middle_of_an_unfinished_turn_is_not_trusted_if_there_is_an_older_one() -> None:
    handles = Handles()
    handles.offered("before")
    handles.turn_began()
    handles.offered("within")
    assert handles.best() == "before"
    assert handles.newest == "within"
    handles.turn_completed()
    assert handles.best() == "within", "the turn has come to its end"


def test_a_handle_from_the_middle_of_a_turn_is_better_than_none() -> None:
    handles = Handles()
    handles.turn_began()
    handles.offered("within")
    assert handles.best() == "within"


def test_a_handle_of_an_earlier_turn_is_trusted_in_the_next() -> None:
    handles = Handles()
    handles.offered("h1")
    handles.turn_began()
    handles.offered("h2")
    handles.turn_completed()
    handles.turn_began()
    assert handles.best() == "h2"


def test_a_handle_is_due_after_something_was_said_and_while_the_api_withdraws_it() -> None:
    handles = Handles()
    handles.offered("h1")
    handles.turn_began()
    assert handles.due
    handles.offered("h2")
    assert handles.due, "the turn goes on"
    handles.turn_completed()
    handles.offered("h3")
    assert not handles.due
    handles.withdrawn()
    assert handles.due
    handles.drop()
    assert handles.best() is None
    assert not handles.due
