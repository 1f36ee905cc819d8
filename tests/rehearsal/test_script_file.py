"""Scripts as people write them: what each form means, and what is said about a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.errors import ConfigError
from device.rehearsal.actions import Audio, GoAway, Json, Reply, Resumption, ToolCall, Wait
from device.rehearsal.faults import BlackHole, Close, Refuse, Silence
from device.rehearsal.script import Connects, Delay, Group, Happening, Occurs, Script, Step
from device.rehearsal.script_file import ACTIONS, load_script, parse_script


def only_step(text: str) -> Step:
    (entry,) = parse_script(text).tracks[0].entries_for(1)
    assert isinstance(entry, Step)
    return entry


def step(on: str, do: str = "[reset]") -> Step:
    return only_step(f"steps:\n  - on: {on}\n    do: {do}\n")


def test_the_shape_that_benchmarks_need_is_short() -> None:
    entry = only_step("steps: [{on: activity_end, repeat: forever, do: [{reply: {ms: 1000}}]}]")
    assert entry.on == Occurs(Happening.ACTIVITY_END)
    assert entry.repeat is None
    assert entry.do == (Reply(ms=1000),)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("now", Delay(0, 0)),
        ("after_ms 250", Delay(250, 250)),
        ("after_ms 50-400", Delay(50, 400)),
        ("setup", Occurs(Happening.SETUP)),
        ("audio_frames 10", Occurs(Happening.AUDIO_FRAMES, 10)),
        ("{audio_frames: 10}", Occurs(Happening.AUDIO_FRAMES, 10)),
        ("activity_end 2", Occurs(Happening.ACTIVITY_END, 2)),
        ("sent 7", Occurs(Happening.SENT, 7)),
        ("tool_response", Occurs(Happening.TOOL_RESPONSE)),
        ("connect", Connects(1, None)),
    ],
)
def test_conditions(written: str, meant: object) -> None:
    assert step(written).on == meant


def test_a_step_without_a_condition_is_done_at_once() -> None:
    assert only_step("steps: [{do: [reset]}]").on == Delay(0, 0)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{audio: 500}", Audio(ms=500)),
        ("{audio: {ms: 500, speed: 0, hz: 880, until: [activity_start]}}",
         Audio(ms=500, speed=0, hz=880, until=(Happening.ACTIVITY_START,))),
        ("{wait: 20}", Wait(ms=20)),
        ("{go_away: 50s}", GoAway(time_left="50s")),
        ("go_away", GoAway()),
        ("resumption", Resumption()),
        ("{resumption: {resumable: false}}", Resumption(resumable=False)),
        ("{close: 1011}", Close(code=1011)),
        ("{close: {code: 1007, reason: sorry}}", Close(code=1007, reason="sorry")),
        ("{silence: 300}", Silence(ms=300)),
        ("silence", Silence()),
        ("{black_hole: 300}", BlackHole(ms=300)),
        ("black_hole", BlackHole()),
        ("{tool_call: {tool: t, args: {a_b: 1}, copies: 2}}", ToolCall(tool="t", args={"a_b": 1}, copies=2)),
        ("{json: {error: {code: 1}}}", Json(value={"error": {"code": 1}})),
        ("{json: {value: 1}}", Json(value=1)),
        ("{json: [1, 2]}", Json(value=[1, 2])),
    ],
)  # fmt: skip
def test_actions(written: str, meant: object) -> None:
    assert step("now", written).do == (meant,)
    assert step("now", f"[{written}]").do == (meant,)


def test_connect_says_which_connections_the_following_steps_are_for() -> None:
    script = parse_script("""
steps:
  - {on: setup, do: [go_away]}
  - {on: connect 2, do: [{refuse: 503}]}
  - {on: connect 3-4, do: [{wait: 3}]}
  - {on: activity_end, do: [{wait: 4}]}
  - {on: connect 6-, do: [{wait: 6}]}
""")

    def lines(number: int) -> list[int]:
        return [entry.line for entry in script.tracks[0].entries_for(number)]

    assert [lines(number) for number in range(1, 8)] == [
        [3], [3, 4], [3, 5, 6], [3, 5, 6], [3], [3, 7], [3, 7],
    ]  # fmt: skip


def test_groups_repeat_as_a_whole() -> None:
    script = parse_script("""
steps:
  - repeat: 3
    steps:
      - {on: activity_end, do: [{audio: 100}]}
      - {on: now, repeat: 2, do: [generation_complete]}
""")
    (group,) = script.tracks[0].entries_for(1)
    assert isinstance(group, Group)
    assert group.repeat == 3
    assert [entry.repeat for entry in group.steps] == [1, 2]


def test_settings_seed_wits_and_tracks() -> None:
    script = parse_script("""
settings: {lifetime_s: 1, go_away_notice_s: 0.2, api_key: k}
seed: 7
wits: true
tracks:
  - [{on: sent 7, do: [reset]}]
  - [{on: setup, do: [go_away]}]
""")
    assert (script.settings.lifetime_s, script.settings.api_key) == (1, "k")
    assert (script.seed, script.wits, len(script.tracks)) == (7, True, 2)


def test_every_action_has_a_name_of_its_own() -> None:
    assert len(ACTIONS) == len({kind.__name__ for kind in ACTIONS.values()})
    assert {"audio", "reply", "refuse", "reset", "silence", "bytes", "tool_call"} <= set(ACTIONS)


WRONG = {
    "empty file": ("", "script, line 1: the file is empty"),
    "no YAML": ("steps: [", "script, line 1: this is not YAML"),
    "not a mapping": ("- a", "script, line 1: a script has to be written as `key: value`"),
    "nothing to play": ("seed: 1", "script, line 1: a script needs `steps` or `tracks`"),
    "unknown key": ("stps: []", "script, line 1: a script has no `stps`; did you mean `steps`?"),
    "steps no list": ("steps: 1", "script, line 1: a list is expected here"),
    "unknown step key": (
        "steps:\n  - on: now\n    doo: [reset]",
        "script, line 3: step 1: a step has no `doo`; did you mean `do`?",
    ),
    "no do": ("steps:\n  - on: now", "script, line 2: step 1: `do` is missing"),
    "unknown condition": (
        "steps:\n  - {on: setup, do: [reset]}\n  - {on: activity_ende, do: [reset]}",
        "script, line 3: step 2: `on: activity_ende` is unknown; did you mean `activity_end`?",
    ),
    "condition no word": ("steps: [{on: '3 eggs', do: [reset]}]", "step 1: `on: 3 eggs` has to be a word"),
    "after without time": ("steps: [{on: after_ms, do: [reset]}]", "write `now` alone, and `after_ms`"),
    "now with time": ("steps: [{on: now 3, do: [reset]}]", "step 1: write `now` alone"),
    "range of frames": ("steps: [{on: audio_frames 2-3, do: [reset]}]", "`audio_frames` takes one number"),
    "no times": ("steps: [{on: audio_frames 0, do: [reset]}]", "`audio_frames` takes one number, from 1 on"),
    "unknown action": (
        "steps:\n  - on: now\n    do:\n      - reset\n      - rest",
        "script, line 5: step 1: there is no action `rest`; did you mean `reset`?",
    ),
    "two names": ("steps: [{do: [{reset: , drop: }]}]", "step 1: an action is a name, or one name with its"),
    "unknown setting": (
        "steps:\n  - do:\n      - audio: {ms: 10, chunkms: 5}",
        "script, line 3: step 1: `audio`: there is no `chunkms`; did you mean `chunk_ms`?",
    ),
    "wrong value": ("steps: [{do: [{audio: loud}]}]", "`ms`: Input should be a valid number"),
    "missing setting": ("steps: [{do: [audio]}]", "step 1: `audio`: `ms`: Field required"),
    "code never on the wire": ("steps: [{do: [{close: 1006}]}]", "1006 never goes over the wire"),
    "text and hex": ("steps: [{do: [{bytes: {text: a, hex: '00'}}]}]", "give either text or hex"),
    "no hex": ("steps: [{do: [{bytes: {hex: xyz}}]}]", "step 1: `bytes`: non-hexadecimal"),
    "refuse too late": ("steps: [{on: setup, do: [{refuse: 503}]}]", "step 1: `refuse` belongs into a step"),
    "refuse with nonsense": ("steps: [{on: connect, do: [{refuse: 200}]}]", "`refuse`: 200 refuses nothing"),
    "refuse with no status": ("steps: [{on: connect, do: [{refuse: 499}]}]", "step 1: `refuse`: `how"),
    "repeat": ("steps: [{repeat: never, do: [reset]}]", "step 1: a whole number from 1 on is expected here"),
    "repeated connect": ("steps: [{on: connect, repeat: 2, do: [reset]}]", "`connect` cannot repeat"),
    "connect in a group": (
        "steps:\n  - repeat: 2\n    steps:\n      - {on: connect, do: [reset]}",
        "script, line 4: step 1.1: `connect` cannot be waited for inside a group",
    ),
    "empty group": ("steps: [{steps: []}]", "step 1: the group is empty"),
    "group with do": ("steps: [{steps: [{do: [reset]}], do: [reset]}]", "a group has `steps` and `repeat`"),
    "second track": (
        "tracks:\n  - [{do: [reset]}]\n  - [{do: [rest]}]",
        "script, line 3: track 2, step 1: there is no action `rest`",
    ),
    "setting": ("settings: {lifetime: 1}\nsteps: []", "settings: there is no `lifetime`; did you"),
    "impossible setting": ("settings: {lifetime_s: -1}\nsteps: []", "settings: `lifetime_s`: Input should"),
    "seed": ("seed: one\nsteps: []", "script, line 1: a whole number from 0 on is expected here"),
    "wits": ("wits: 3\nsteps: []", "script, line 1: true or false is expected here"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_its_place(name: str) -> None:
    text, problem = WRONG[name]
    with pytest.raises(ConfigError) as failure:
        parse_script(text)
    assert problem in str(failure.value)
    assert "\n" not in str(failure.value)


def test_the_message_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("steps: [{do: [rest]}]")
    with pytest.raises(ConfigError, match=r"a\.yaml, line 1: step 1: there is no action `rest`"):
        load_script(file)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: the script cannot be read"):
        load_script(tmp_path / "none.yaml")


def test_a_script_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("steps: [{on: connect, do: [{refuse: 429}]}]")
    script = load_script(file)
    assert isinstance(script, Script)
    (entry,) = script.tracks[0].entries_for(5)
    assert isinstance(entry, Step)
    assert entry.do == (Refuse(how=429),)
