"""How the faces look: told apart by their patterns, easy on the eyes, and as the README says."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from device.events import Face
from device.panel.looks import FADE_STEP_S, LOOKS, Look, frame

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SAMPLE_S = 0.01
FACES = list(Face)


def pattern(look: Look, lasts_s: float = 8.0) -> list[float]:
    """What a single white LED shows from the moment at which the face appears."""
    strength = max(look.colour)
    return [strength * look.level(index * SAMPLE_S) for index in range(int(lasts_s / SAMPLE_S))]


def flashes(levels: list[float]) -> int:
    """How often the light goes from its darker half to its brighter one."""
    middle = (max(levels) + min(levels)) / 2
    bright = [level > middle for level in levels]
    return sum(not before and after for before, after in pairwise(bright))


def shape(look: Look) -> tuple[float, ...]:
    """The rhythm as an eye takes it in: flashes in eight seconds, and the share of light and of dark."""
    levels = pattern(look)
    high, low = max(levels), min(levels)
    bright = sum(level > 0.9 * high for level in levels) / len(levels)
    dark = sum(level < 0.1 * high for level in levels) / len(levels)
    return (flashes(levels) if high > low else 0, round(bright, 1), round(dark, 1))


def test_every_face_has_a_look_with_a_colour_of_its_own() -> None:
    assert LOOKS.keys() == set(Face)
    assert len({look.colour for look in LOOKS.values()}) == len(Face)


@pytest.mark.parametrize(("one", "other"), list(combinations(FACES, 2)))
def test_two_faces_differ_without_their_colours(one: Face, other: Face) -> None:
    first, second = LOOKS[one], LOOKS[other]
    if not first.rhythm and not second.rhythm:
        dimmer, brighter = sorted([max(first.colour), max(second.colour)])
        assert dimmer <= brighter / 3, "two steady lights have to differ in brightness"
    else:
        assert shape(first) != shape(second)


@pytest.mark.parametrize(("one", "other"), list(combinations(FACES, 2)))
def test_two_faces_differ_on_three_lamps(one: Face, other: Face) -> None:
    first, second = LOOKS[one], LOOKS[other]
    assert first.lamps != second.lamps or first.rhythm != second.rhythm


@pytest.mark.parametrize("face", FACES)
def test_no_face_flashes_more_than_three_times_in_a_second(face: Face) -> None:
    levels = pattern(LOOKS[face])
    second = int(1 / SAMPLE_S)
    assert max(flashes(levels[start : start + second]) for start in range(len(levels) - second)) <= 3


@pytest.mark.parametrize("face", FACES)
def test_a_face_says_when_it_changes_next(face: Face) -> None:
    """Nothing changes before the time that it names, but for a fade, which comes in steps."""
    look = LOOKS[face]
    at_s = 0.0
    while at_s < 8:
        wait_s = look.changes_in(at_s)
        if wait_s is None:
            assert len(set(pattern(look))) == 1
            return
        assert wait_s >= 0
        just_before = look.level(at_s + wait_s - 1e-6)
        assert wait_s <= FADE_STEP_S or just_before == pytest.approx(look.level(at_s + 1e-6))
        at_s += max(wait_s, 1e-6)


def test_a_frame_is_the_colour_at_the_level_of_its_time() -> None:
    look = LOOKS[Face.THINKING]
    red, green, blue = look.colour
    fade_s = look.rhythm[0].fade_s
    assert frame(look, fade_s / 4) == pytest.approx((red / 4, green / 4, blue / 4))
    assert frame(look, fade_s + look.rhythm[0].hold_s / 2) == pytest.approx(look.colour)
    halfway_down = fade_s + look.rhythm[0].hold_s + look.rhythm[1].fade_s / 2
    assert frame(look, 1000 * look.period_s + halfway_down) == pytest.approx((red / 2, green / 2, blue / 2))


@pytest.mark.parametrize("face", FACES)
def test_the_readme_names_the_lamps_of_each_face(face: Face) -> None:
    row = re.search(rf"^\| {face.value} \|(.*)\|$", README, re.MULTILINE)
    assert row
    lamps = row[1].split("|")[1]
    named = ("green", "yellow", "red") if "all" in lamps else tuple(re.findall("green|yellow|red", lamps))
    lit = zip(("green", "yellow", "red"), LOOKS[face].lamps, strict=True)
    assert named == tuple(name for name, level in lit if level)


@pytest.mark.parametrize("face", FACES)
def test_the_readme_says_steady_where_a_face_is(face: Face) -> None:
    row = re.search(rf"^\| {face.value} \|(.*)\|$", README, re.MULTILINE)
    assert row
    assert (row[1].split("|")[2].strip().startswith("steady")) is (not LOOKS[face].rhythm)
