"""Echo and barge-in, through the parts that run in the kitchen, in a loop that is closed by arithmetic.

A kitchen (tests/audio/scenes.py) plays the blocks that the speaker would be handed, after the gain, and
gives the microphone's frames; they go through reference, canceller, barge-in and gate. What these decide
comes back: a ducked or silenced block is heard after the delay of the scene and not before.

erle_db (scene B)        echo in over echo out, from 5 s into a reply on, all voices together
erle_db_scenes           the same for every scene
echo_passed_percent      frames that would be sent of those in which only echo is heard
talkover_percent         utterances over a reply that stop it, over echo of +6, 0 and -6 dB to the person
duck_ms, stop_ms         from the person's first sound to the decision; the loop's delay (80 ms) comes on top
talkover_onset_lost_ms_p95  of those utterances: sound of the person from before the first frame that is sent
false_bargeins_per_hour  replies that are stopped by their own echo; false_ducks_per_hour: dips
cpu_us_per_frame         everything from frame to event, while a reply plays
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import cycle, product
from typing import Any

import numpy as np

from device.events import FRAME_MS
from device.rehearsal.mouth import Mouth
from tests.audio.scenes import SCENES, Loop, Run, Samples, Scene, at_level, samples_of

REPLY_VOICES = ("slt", "rms", "awb")
PERSON_VOICES = ("rms", "awb", "slt", "kal16")
CONVERGED_S = 5.0
SPOKEN_AT_S = (7.0, 10.0)
PATIENCE_S = 3.0
SOUND_RMS = 75.0
"""Where a person's utterance begins: 26 dB below its level."""

TALKOVER_SCENES = {"echo_6_db_over": SCENES["B"], "equal": SCENES["G"], "echo_6_db_below": SCENES["F"]}

FOODS = (
    "porridge with blueberries",
    "two boiled eggs",
    "a bowl of lentil soup",
    "grilled salmon with spinach",
    "rye bread with cheese",
    "Greek yoghurt and a banana",
    "chicken with brown rice",
    "roasted vegetables",
)
SENTENCES = (
    "You have eaten {a} kilocalories so far, and {f} adds about {b}.",
    "I have logged {f} for lunch, which leaves {a} kilocalories for today.",
    "Dinner could be {f} with {g}; that is {b} grams of protein.",
    "Your plan says {f} at half past {h}, then {g}.",
    "If you swap {f} for {g}, you save {a} kilocalories.",
    "That was a good walk! It earned you {b} kilocalories, enough for {f}.",
    "The timer for {f} has {h} minutes left.",
    "Would you like {f}, or rather {g} tonight?",
)
INTERRUPTIONS = (
    "Stop, that is enough.",
    "Wait, I had two eggs, not three.",
    "No, not today.",
    "How many calories are left?",
    "Actually, make that lunch.",
    "Thanks, that will do.",
    "Please set a timer for ten minutes.",
    "And what about dinner?",
    "I do not like salmon.",
    "Hold on a second.",
)

Figures = dict[str, Any]


def echo_figures(*, quick: bool) -> Figures:
    """The echo figures of FACE's `sound`."""
    speech = _Speech()
    erle = _erle(speech, seconds=10 if quick else 40)
    return {
        "erle_db": erle["b"],
        "erle_db_scenes": erle,
        **_talkovers(speech, rooms=1 if quick else 3),
        **_false_alarms(speech, hours=0.04 if quick else 1.0),
    }


# ------------------------------------------------------------------------------------ figures


def _erle(speech: _Speech, *, seconds: float) -> dict[str, float]:
    figures = {}
    for name, scene in SCENES.items():
        energies = np.zeros(2)
        for seed, voice in enumerate(REPLY_VOICES):
            loop = Loop(scene, speech.reply(voice, seed, seconds), seed=seed)
            run = loop.run(round(seconds * 50), stoppable=False)
            energies += np.sum(run.energies[round(CONVERGED_S * 50) :], axis=0)
        figures[name.lower()] = round(float(10 * np.log10(energies[0] / energies[1])), 1)
    return figures


def _talkovers(speech: _Speech, *, rooms: int) -> Figures:
    spans: dict[str, list[tuple[float, float, float]]] = {name: [] for name in TALKOVER_SCENES}
    runs = 0
    for name, room in product(TALKOVER_SCENES, range(rooms)):
        pairs = zip(INTERRUPTIONS, cycle(product(PERSON_VOICES, REPLY_VOICES)), strict=False)
        for turn, (text, (person_voice, reply_voice)) in enumerate(pairs):
            seed = 1000 * room + turn
            person = speech.person(_other(person_voice, reply_voice), text)
            reply = speech.reply(reply_voice, room, SPOKEN_AT_S[1] + PATIENCE_S)
            spans[name] += _talk_over(TALKOVER_SCENES[name], reply, person, seed)
            runs += 1
    every = [span for of_scene in spans.values() for span in of_scene]
    figures: Figures = {
        "talkovers": runs,
        "talkover_percent": round(100 * len(every) / runs, 1),
        "talkover_onset_lost_ms_p95": _percentile([span[2] for span in every], 95),
    }
    for at, what in enumerate(("duck_ms", "stop_ms")):
        figures[f"{what}_p50"] = _percentile([span[at] for span in every], 50)
        figures[f"{what}_p90"] = _percentile([span[at] for span in every], 90)
        figures[f"{what}_worst"] = _percentile([span[at] for span in every], 100)
        figures[f"{what}_p50_scenes"] = {
            name: _percentile([span[at] for span in of_scene], 50) for name, of_scene in spans.items()
        }
    return figures


def _talk_over(scene: Scene, reply: bytes, person: Samples, seed: int) -> list[tuple[float, float, float]]:
    """Times from the person's first sound to duck and stop, and the sound lost; nothing if unheard."""
    spoken_at = round(np.random.default_rng(seed).uniform(*SPOKEN_AT_S) * 16000)
    loud = np.abs(person) > SOUND_RMS
    onset_ms = (spoken_at + int(np.argmax(loud))) / 16
    loop = Loop(scene, reply, seed=seed, person=np.append(np.zeros(spoken_at), person))
    run = loop.run(int(spoken_at / 320 + PATIENCE_S * 50))
    stops = [number for number in run.stops if (number + 1) * FRAME_MS > onset_ms]
    if not stops or len(stops) < len(run.stops):
        return []
    duck = max(number for number in run.ducks if number <= stops[0])
    lost_ms = max(0.0, run.sent[0] * FRAME_MS - onset_ms)
    return [((duck + 1) * FRAME_MS - onset_ms, (stops[0] + 1) * FRAME_MS - onset_ms, lost_ms)]


def _false_alarms(speech: _Speech, *, hours: float) -> Figures:
    cases = list(product(SCENES.values(), REPLY_VOICES))
    frames = round(hours * 3600 * 50 / len(cases))
    total = Run()
    for seed, (scene, voice) in enumerate(cases):
        run = Loop(scene, speech.reply(voice, seed, frames / 50), seed=seed).run(frames, stoppable=False)
        total.ducks += run.ducks
        total.stops += run.stops
        total.sent += run.sent
        total.cpu_s += run.cpu_s
    heard = frames * len(cases)
    return {
        "echo_hours": round(heard / 180_000, 2),
        "echo_passed_percent": round(100 * len(total.sent) / heard, 3),
        "false_bargeins_per_hour": round(len(total.stops) / heard * 180_000, 1),
        "false_ducks_per_hour": round(len(total.ducks) / heard * 180_000, 1),
        "cpu_us_per_frame": round(total.cpu_s / heard * 1e6),
    }


def _percentile(values: list[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 0) if values else float("nan")


# ------------------------------------------------------------------------------------ voices


class _Speech:
    """Replies and interruptions in flite's voices, each spoken once."""

    def __init__(self) -> None:
        self._spoken: dict[tuple[str, str], bytes] = {}
        self._mouths = {voice: Mouth(voice) for voice in {*REPLY_VOICES, *PERSON_VOICES}}

    def reply(self, voice: str, seed: int, seconds: float) -> bytes:
        """Sentences of that many seconds or more, 24 kHz."""
        pcm = b""
        for sentence in _sentences(seed):
            if len(pcm) >= seconds * 48000:
                return pcm
            pcm += self._say(voice, sentence, for_reply=True)
        raise AssertionError("the sentences do not end")

    def person(self, voice: str, text: str) -> Samples:
        """An utterance at a person's level, 16 kHz."""
        return at_level(samples_of(self._say(voice, text, for_reply=False)))

    def _say(self, voice: str, text: str, *, for_reply: bool) -> bytes:
        if (voice, text) not in self._spoken:
            mouth = self._mouths[voice]
            speak = mouth.for_reply if for_reply else mouth.for_microphone
            self._spoken[voice, text] = asyncio.run(speak(text))
        return self._spoken[voice, text]


def _sentences(seed: int) -> Iterator[str]:
    random = np.random.default_rng(seed)
    while True:
        first, then = random.choice(FOODS, 2, replace=False)
        amounts = {"a": random.integers(100, 1900), "b": random.integers(10, 90), "h": random.integers(2, 12)}
        yield str(random.choice(SENTENCES)).format(f=first, g=then, **amounts)


def _other(voice: str, than: str) -> str:
    return voice if voice != than else "kal16"
