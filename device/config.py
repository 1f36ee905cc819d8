"""Settings: the one pydantic tree of everything that can be set, with its defaults and its bounds.

`device.configfile` reads it from a file.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    Strict,
    field_validator,
    model_validator,
)

from device.errors import ConfigError
from device.events import Chime, Duplex, TurnTaking

KEY_CREDENTIAL = "gemini-api-key"
UNSET_CREDENTIAL = "unset"
REHEARSAL_KEY = "rehearsal"
HIGHEST_GPIO = 27
SHORTEST_SERVER_HANGOVER_MS = 500
"""The API needs 400 ms of silence to end a turn by itself, and the gate must still be open then."""


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


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        near = difflib.get_close_matches(name, available_timezones(), n=1) or ["Europe/London"]
        raise ValueError(f"is not a time zone; did you mean {near[0]}?") from None
    return name


def _reachable(endpoint: str) -> str:
    try:
        parts = urlsplit(endpoint)
        usable = parts.scheme == "https" and parts.hostname and parts.port != 0 and not parts.fragment
        (parts.hostname or "").encode("idna")
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("must look like https://HOST or https://HOST:PORT")
    return endpoint


def _usable_path(path: Path) -> Path:
    if "\0" in str(path):
        raise ValueError("cannot be the path of a file")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError("names a home directory that is not there") from None


Whole = Annotated[int, Strict()]
"""A whole number, and not true, false or a number in quotes."""
YesNo = Annotated[bool, Strict()]
FilePath = Annotated[Path, AfterValidator(_usable_path)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LiveSettings(_Section):
    """The conversation with the Live API."""

    model: str = Field("gemini-3.8-live", min_length=1)
    voice: str = Field("Kore", min_length=1)
    language: str | None = None
    endpoint: Annotated[str, AfterValidator(_reachable)] | None = None
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


class ChimeSettings(_Section):
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


class BargeInSettings(_Section):
    """How a person who talks over a reply is told from its echo; times in ms."""

    enabled: YesNo = True
    duck_db: float = Field(15, ge=0, le=40)
    doubt_ms: Whole = Field(400, ge=200, le=2000)
    deaf_ms: Whole = Field(1600, ge=0, le=5000)


class AudioSettings(_Section):
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


class GateSettings(_Section):
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


Pin = Annotated[int, Strict(), Field(ge=0, le=HIGHEST_GPIO)]


class PanelSettings(_Section):
    """Button and lights; pins by their GPIO (BCM) number."""

    enabled: YesNo = True
    button_pin: Pin = 17
    lights: Literal["rgb", "none"] = "rgb"
    red_pin: Pin = 22
    green_pin: Pin = 23
    blue_pin: Pin = 24
    common_anode: YesNo = False
    mute_hold_s: float = Field(1.5, ge=0.5, le=10)

    @model_validator(mode="after")
    def _pins_differ(self) -> PanelSettings:
        pins = [self.button_pin, self.red_pin, self.green_pin, self.blue_pin]
        if len(set(pins)) < len(pins):
            raise ValueError("button_pin, red_pin, green_pin and blue_pin must be four different pins")
        return self


class NutritionSettings(_Section):
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


class PersonSettings(_Section):
    """One of the household: what else they are called, and what nobody may offer them."""

    aliases: tuple[str, ...] = ()
    allergens: tuple[str, ...] = ()
    excluded_foods: tuple[str, ...] = ()
    diet: Literal["vegan", "vegetarian", "pescatarian"] | None = None


PersonName = Annotated[str, Field(min_length=1, max_length=40)]


class HouseholdSettings(_Section):
    """The people and their clock. Whether each name means one person `device.household` knows."""

    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    day_start: str = Field("04:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    people: dict[PersonName, PersonSettings] = {}
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


class PrivacySettings(_Section):
    """What may be written down."""

    keep_transcripts: YesNo = False


class Settings(_Section):
    """Everything that can be set."""

    live: LiveSettings = LiveSettings()
    audio: AudioSettings = AudioSettings()
    gate: GateSettings = GateSettings()
    panel: PanelSettings = PanelSettings()
    nutrition: NutritionSettings = NutritionSettings()
    household: HouseholdSettings = HouseholdSettings()
    privacy: PrivacySettings = PrivacySettings()

    @model_validator(mode="after")
    def _server_hears_the_end(self) -> Settings:
        if self.live.turn_taking is TurnTaking.SERVER and self.gate.hangover_ms < SHORTEST_SERVER_HANGOVER_MS:
            raise ValueError(
                "with live.turn_taking: server, gate.hangover_ms must be at least "
                f"{SHORTEST_SERVER_HANGOVER_MS}, or the API never hears the end of a turn"
            )
        return self


# ----------------------------------------------------------------------------------- the key


def api_key(settings: Settings, environment: Mapping[str, str] = os.environ) -> SecretStr:
    """The API key: the systemd credential, else the file that GEMINI_API_KEY_FILE names, else GEMINI_API_KEY.

    A stand-in that `live.endpoint` names takes any key, so none is asked for there.

    Raises:
        ConfigError: there is no key, or the file that should hold it cannot be read.
    """
    for where, key in _keys(environment):
        if key and not (key.isascii() and key.isprintable() and " " not in key):
            raise ConfigError(f"The API key in {where} is not one word of plain letters. Write it again.")
        if key:
            return SecretStr(key)
    if settings.live.endpoint:
        return SecretStr(REHEARSAL_KEY)
    raise ConfigError(
        "There is no API key. Get one from https://aistudio.google.com/apikey and put it into the "
        "environment as GEMINI_API_KEY, or into a file that GEMINI_API_KEY_FILE names."
    )


def _keys(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each place where the key may be, by its name, and what is there."""
    directory = environment.get("CREDENTIALS_DIRECTORY")
    credential = Path(directory) / KEY_CREDENTIAL if directory else None
    if credential and credential.exists():
        key = _read_key(credential, "The systemd credential")
        yield f"the systemd credential {KEY_CREDENTIAL}", "" if key == UNSET_CREDENTIAL else key
    file = environment.get("GEMINI_API_KEY_FILE")
    if file:
        yield file, _read_key(Path(file), "GEMINI_API_KEY_FILE")
    yield "GEMINI_API_KEY", environment.get("GEMINI_API_KEY", "").strip()


def _read_key(path: Path, who: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise ConfigError(f"{who} names {path}, which cannot be read: {reason}.") from None
