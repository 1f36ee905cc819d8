"""Settings: the one pydantic tree of everything that can be set, with its defaults and its bounds.

`device.configfile` reads it from a file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    Field,
    field_validator,
    model_validator,
)

from device.errors import ConfigError
from device.events import Chime, Duplex, TurnTaking
from device.panelsettings import PanelSettings
from device.settingtypes import Endpoint, FilePath, Section, Whole, YesNo, Zone

SHORTEST_SERVER_HANGOVER_MS = 500
"""The API needs 400 ms of silence to end a turn by itself, and the gate must still be open then."""


SERVICE_STATE = Path("/var/lib/ladle")
"""systemd's StateDirectory of the service; whoever types a command is not told of it."""


def shipped_directory() -> Path:
    """Where the shipped ladle.yaml, foods.yaml and plan.yaml lie: in the package, else in the checkout."""
    installed = Path(__file__).with_name("shipped")
    return installed if installed.is_dir() else Path(__file__).parents[1] / "config"


def state_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """Where to keep what survives a restart: systemd's directory for the service, else the user's own.

    Raises:
        ConfigError: the user has no home directory.
    """
    of_service = environment.get("STATE_DIRECTORY", "").split(":")[0]
    if of_service:
        return Path(of_service)
    of_user = Path(environment.get("XDG_STATE_HOME", ""))
    # The XDG specification has a relative path ignored.
    return (of_user if of_user.is_absolute() else _home() / ".local" / "state") / "ladle"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise ConfigError(
            "The user that runs Ladle has no home directory. Name a directory in XDG_STATE_HOME where Ladle "
            "may keep its files."
        ) from None


class LiveSettings(Section):
    """The conversation with the Live API."""

    model: str = Field("gemini-3.8-live", min_length=1)
    voice: str = Field("Kore", min_length=1)
    language: str | None = None
    endpoint: Endpoint | None = None
    ca_file: FilePath | None = None
    api_version: str = Field("v1beta", pattern=r"^v\d")
    turn_taking: TurnTaking = TurnTaking.DEVICE
    connect_timeout_s: float = Field(10, gt=0, le=60)
    answer_timeout_s: float = Field(8, gt=0, le=60)
    tool_timeout_s: float = Field(10, gt=0, le=60)
    buffer_s: float = Field(30, ge=5, le=120)
    ping_interval_s: float = Field(20, gt=0, le=120)
    half_open_timeout_s: float = Field(10, gt=0, le=60)
    handoff_age_s: float = Field(480, gt=0, le=3600)
    handoff_margin_s: float = Field(5, ge=0, le=60)
    restore_turns: Whole = Field(20, ge=0, le=100)
    restore_chars: Whole = Field(6_000, ge=0, le=50_000)
    context_trigger_tokens: Whole = Field(16_000, ge=4_000, le=128_000)
    context_target_tokens: Whole = Field(8_000, ge=2_000, le=128_000)

    @model_validator(mode="after")
    def _target_below_trigger(self) -> LiveSettings:
        if self.context_target_tokens >= self.context_trigger_tokens:
            raise ValueError("context_target_tokens must be smaller than context_trigger_tokens")
        return self


class EchoMode(StrEnum):
    """Who takes the echo out of what the microphone hears."""

    AUTO = "auto"
    SOFTWARE = "software"
    HARDWARE = "hardware"
    OFF = "off"


class ChimeSettings(Section):
    """Which of the short sounds are played."""

    ready: YesNo = False
    heard: YesNo = False
    interrupted: YesNo = False
    muted: YesNo = True
    unmuted: YesNo = True
    offline: YesNo = True
    fault: YesNo = True

    @property
    def wanted(self) -> frozenset[Chime]:
        """Those that are on; a timer that somebody has set is always heard."""
        return frozenset(chime for chime in Chime if getattr(self, chime.value, True))


class BargeInSettings(Section):
    """How a person who talks over a reply is told from its echo; times in ms."""

    enabled: YesNo = True
    duck_db: float = Field(15, ge=0, le=40)
    doubt_ms: Whole = Field(400, ge=200, le=2000)
    deaf_ms: Whole = Field(1600, ge=0, le=5000)


class AudioSettings(Section):
    """Microphone and speaker."""

    input: str = Field("default", min_length=1)
    output: str = Field("default", min_length=1)
    input_channel: Whole = Field(0, ge=0, le=7)
    latency_ms: Whole = Field(80, ge=20, le=500)
    volume: Whole = Field(100, ge=0, le=100)
    volume_max: Whole = Field(100, ge=10, le=100)
    echo_cancellation: EchoMode = EchoMode.AUTO
    duplex: Duplex = Duplex.FULL
    barge_in: BargeInSettings = BargeInSettings()
    chimes: ChimeSettings = ChimeSettings()

    @model_validator(mode="after")
    def _volume_within_its_bound(self) -> AudioSettings:
        if self.volume > self.volume_max:
            raise ValueError("volume must not be above volume_max")
        return self


class GateSettings(Section):
    """What counts as a person speaking; times in ms where their name does not say otherwise."""

    aggressiveness: Whole = Field(3, ge=0, le=3)
    above_noise_db: float = Field(4, ge=0, le=20)
    onset_ms: Whole = Field(120, ge=20, le=1000)
    confirm: Literal["silero", "none"] = "silero"
    confirm_within_ms: Whole = Field(600, ge=200, le=3000)
    pre_roll_ms: Whole = Field(700, ge=20, le=2000)
    hangover_ms: Whole = Field(800, ge=100, le=3000)
    max_activity_s: Whole = Field(30, ge=5, le=300)

    @model_validator(mode="after")
    def _pre_roll_covers_onset(self) -> GateSettings:
        if self.pre_roll_ms < 2 * self.onset_ms + 200:
            raise ValueError(
                "pre_roll_ms must be at least twice onset_ms and 200 more, or the first syllable is clipped"
            )
        return self


class NutritionSettings(Section):
    """Where the data lie, and how the tools reckon and speak.

    foods, activities, plan: unset: beside the configuration file, else the shipped ones; own_foods: unset:
    own_foods.yaml beside the configuration file, if there is one; diary: a directory.
    """

    foods: FilePath | None = None
    own_foods: FilePath | None = None
    activities: FilePath | None = None
    plan: FilePath | None = None
    diary: FilePath | None = None
    variation: float = Field(0.02, ge=0, le=0.03)
    exercise_credit: float = Field(0.5, ge=0, le=1)
    quiet_numbers: YesNo = False
    helpline: str | None = Field(None, min_length=1, max_length=200)

    @property
    def food_files(self) -> tuple[Path, ...]:
        """The food database, then the household's own foods where it has any."""
        shipped = self.foods or shipped_directory() / "foods.yaml"
        return (shipped, self.own_foods) if self.own_foods else (shipped,)

    @property
    def activities_file(self) -> Path:
        """The activities to use."""
        return self.activities or shipped_directory() / "activities.yaml"

    @property
    def plan_file(self) -> Path:
        """The plan to use."""
        return self.plan or shipped_directory() / "plan.yaml"


class PersonSettings(Section):
    """One of the household: what else they are called, and what nobody may offer them."""

    aliases: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    excluded_foods: tuple[str, ...] = ()
    diet: Literal["vegan", "vegetarian", "pescatarian"] | None = None


PersonName = Annotated[str, Field(min_length=1, max_length=40)]


class HouseholdSettings(Section):
    """The people and their clock. Whether each name means one person `device.household` knows."""

    time_zone: Zone | None = None
    day_start: str = Field("04:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    people: dict[PersonName, PersonSettings] = Field(default_factory=dict)
    default_person: str | None = None

    @field_validator("people", mode="before")
    @classmethod
    def _name_alone(cls, people: object) -> object:
        """A person of whom nothing is said but the name."""
        if not isinstance(people, dict):
            return people
        return {name: {} if own is None else own for name, own in people.items()}

    @property
    def zone(self) -> ZoneInfo | None:
        """The household's time zone; None: the machine's own."""
        return ZoneInfo(self.time_zone) if self.time_zone else None


class MetricsSettings(Section):
    """Counters and histograms over HTTP, for Prometheus."""

    enabled: YesNo = False
    host: str = Field("127.0.0.1", min_length=1)
    port: Whole = Field(9464, ge=1, le=65535)


class PrivacySettings(Section):
    """What may be written down."""

    keep_transcripts: YesNo = False


class Settings(Section):
    """Everything that can be set."""

    live: LiveSettings = LiveSettings()
    audio: AudioSettings = AudioSettings()
    gate: GateSettings = GateSettings()
    panel: PanelSettings = PanelSettings()
    nutrition: NutritionSettings = NutritionSettings()
    household: HouseholdSettings = HouseholdSettings()
    metrics: MetricsSettings = MetricsSettings()
    privacy: PrivacySettings = PrivacySettings()

    @model_validator(mode="after")
    def _server_hears_the_end(self) -> Settings:
        if self.live.turn_taking is TurnTaking.SERVER and self.gate.hangover_ms < SHORTEST_SERVER_HANGOVER_MS:
            raise ValueError(
                "with live.turn_taking: server, gate.hangover_ms must be at least "
                f"{SHORTEST_SERVER_HANGOVER_MS}, or the API never hears the end of a turn"
            )
        return self
