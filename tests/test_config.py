"""The configuration file: what it may say, and what is said about what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from device.apikey import KEY_CREDENTIAL, api_key
from device.config import PersonSettings, Settings, shipped_directory, state_directory
from device.configfile import load_settings
from device.errors import ConfigError
from device.events import Duplex, TurnTaking


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "ladle.yaml"


def fault_of(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    return str(caught.value)


def test_the_shipped_file_shows_every_key_with_its_default() -> None:
    shipped = yaml.safe_load((shipped_directory() / "ladle.yaml").read_text(encoding="utf-8"))
    assert shipped == Settings().model_dump(mode="json")


def test_an_empty_file_is_a_whole_configuration(written: Path) -> None:
    written.write_text("", encoding="utf-8")
    assert load_settings(written).live == Settings().live


def test_a_section_whose_keys_are_all_commented_out_takes_its_defaults(written: Path) -> None:
    written.write_text("live:\n  # voice: Puck\naudio:\n  volume: 40\n", encoding="utf-8")
    settings = load_settings(written)
    assert (settings.live.voice, settings.audio.volume) == ("Kore", 40)


def test_values_are_read_as_what_they_mean(written: Path) -> None:
    written.write_text("live: {turn_taking: server}\naudio: {duplex: half}\n", encoding="utf-8")
    settings = load_settings(written)
    assert settings.live.turn_taking is TurnTaking.SERVER
    assert settings.audio.duplex is Duplex.HALF


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "audio:\n  volum: 40\n",
            "line 2: audio.volum is not a setting that Ladle knows; did you mean audio.volume?",
        ),
        ("adio: {}\n", "line 1: adio is not a setting that Ladle knows; did you mean audio?"),
        ("gate:\n  zzz: 1\n", "line 2: gate.zzz is not a setting that Ladle knows; gate has aggressiveness,"),
        ("audio:\n  volume: loud\n", "line 2: audio.volume is 'loud': input should be a valid integer"),
        (
            "audio:\n  volume: 140\n",
            "line 2: audio.volume is 140: input should be less than or equal to 100.",
        ),
        (
            "live:\n  turn_taking: sever\n",
            "line 2: live.turn_taking is 'sever', but must be one of device, server",
        ),
        ("live:\n  turn_taking: sever\n", "did you mean server?"),
        (
            "gate:\n  aggressiveness: 7\n",
            "line 2: gate.aggressiveness is 7: input should be less than or equal to 3.",
        ),
        (
            "live:\n  endpoint: http://x\n",
            "live.endpoint is 'http://x', which must look like https://HOST or https://HOST:PORT",
        ),
        (
            "household:\n  day_start: 4am\n",
            "household.day_start is '4am', which must be a time such as \"04:00\"",
        ),
        ("household:\n  time_zone: Europe/Londn\n", "is not a time zone; did you mean Europe/London?"),
        ("gate:\n  onset_ms: 300\n", "line 1: gate is wrong: pre_roll_ms must be at least twice onset_ms"),
        (
            "panel:\n  red_pin: 17\n",
            "line 1: panel is wrong: button_pin, red_pin, green_pin and blue_pin must be",
        ),
        ("live:\n  context_target_tokens: 16000\n", "context_target_tokens must be smaller than"),
        ("live: {turn_taking: server}\ngate: {hangover_ms: 300}\n", "gate.hangover_ms must be at least 500"),
        ("audio:\n  volume: 1\n  volume: 2\n", "line 3: audio.volume is set twice; keep one of them."),
        (
            "household:\n  people:\n    anna:\n      alergens: [peanut]\n    ben: {}\n",
            "line 4: household.people.anna.alergens is not a setting that Ladle knows; did you mean "
            "household.people.anna.allergens?",
        ),
        (
            "household:\n  people:\n    anna: {}\n    ben: {zzz: 1}\n",
            "line 4: household.people.ben.zzz is not a setting that Ladle knows; household.people.ben has "
            "aliases, allergens, excluded_foods, diet.",
        ),
        (
            "household:\n  people:\n    anna: {diet: vegetarain}\n",
            "line 3: household.people.anna.diet is 'vegetarain', but must be one of vegan, vegetarian, "
            "pescatarian; did you mean vegetarian?",
        ),
        ("household:\n  people:\n    '': {}\n", "should have at least 1 character"),
        (
            'panel:\n  night: {from: "22:00", to: "07:00", brightnes: 10}\n',
            "line 2: panel.night.brightnes is not a setting that Ladle knows; did you mean "
            "panel.night.brightness?",
        ),
        ("nutrition:\n  variation: 0.1\n", "nutrition.variation is 0.1: input should be less than or equal"),
        ("nutrition:\n  exercise_credit: 2\n", "nutrition.exercise_credit is 2: input should be less than"),
        ("nutrition:\n  quiet_numbers: 1\n", "nutrition.quiet_numbers is 1: input should be a valid boolean"),
        (
            "nutrition:\n  ownfoods: x\n",
            "nutrition.ownfoods is not a setting that Ladle knows; did you mean nutrition.own_foods?",
        ),
        ("live: [\n", "line 2: this is not valid YAML"),
        ("- a\n- b\n", "line 1: expected sections such as `live:` or `audio:`, not a list."),
        ("live: 7\n", "line 1: live is 7:"),
    ],
)
def test_a_fault_names_file_line_key_and_remedy(written: Path, text: str, fault: str) -> None:
    said = fault_of(written, text)
    assert str(written) in said
    assert fault in said


def test_all_faults_are_told_at_once_a_line_for_each(written: Path) -> None:
    said = fault_of(written, "audio:\n  volum: 1\n  latency_ms: 1\n").splitlines()
    assert len(said) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml cannot be read: No such file or directory\."):
        load_settings(tmp_path / "nowhere.yaml")


def test_data_files_beside_the_configuration_win_over_the_shipped_ones(written: Path) -> None:
    written.write_text("", encoding="utf-8")
    foods = written.with_name("foods.yaml")
    foods.write_text("", encoding="utf-8")
    settings = load_settings(written)
    assert settings.nutrition.foods == foods
    assert settings.nutrition.plan == shipped_directory() / "plan.yaml"


def test_foods_of_ones_own_beside_the_configuration_are_used_and_none_are_needed(written: Path) -> None:
    written.write_text("", encoding="utf-8")
    assert load_settings(written).nutrition.own_foods is None
    own = written.with_name("own_foods.yaml")
    own.write_text("", encoding="utf-8")
    assert load_settings(written).nutrition.food_files == (shipped_directory() / "foods.yaml", own)


def test_people_are_read_with_all_that_is_said_of_them(written: Path) -> None:
    written.write_text(
        "household:\n"
        "  people:\n"
        "    anna: {aliases: [mum], allergens: [peanut], excluded_foods: [liver], diet: vegetarian}\n"
        "    ben: {}\n"
        "  default_person: ben\n",
        encoding="utf-8",
    )
    household = load_settings(written).household
    anna = PersonSettings(
        aliases=("mum",), allergens=("peanut",), excluded_foods=("liver",), diet="vegetarian"
    )
    assert household.people == {"anna": anna, "ben": PersonSettings()}
    assert household.default_person == "ben"


def test_a_diary_and_activities_of_ones_own_are_looked_for_beside_the_configuration(written: Path) -> None:
    written.write_text("nutrition: {diary: kept, activities: mine.yaml}", encoding="utf-8")
    nutrition = load_settings(written).nutrition
    assert nutrition.diary == written.parent / "kept"
    assert nutrition.activities_file == written.parent / "mine.yaml"


def test_a_configured_data_file_is_looked_for_beside_the_configuration(written: Path) -> None:
    written.write_text("nutrition: {plan: mine/plan.yaml}", encoding="utf-8")
    assert load_settings(written).nutrition.plan == written.parent / "mine" / "plan.yaml"


class TestTheKey:
    def test_the_credential_comes_first(self, tmp_path: Path) -> None:
        (tmp_path / KEY_CREDENTIAL).write_text("from-credential\n", encoding="utf-8")
        environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "GEMINI_API_KEY": "from-environment"}
        assert api_key(Settings(), environment).get_secret_value() == "from-credential"

    def test_an_unset_credential_counts_as_none(self, tmp_path: Path) -> None:
        (tmp_path / KEY_CREDENTIAL).write_text("unset", encoding="utf-8")
        environment = {"CREDENTIALS_DIRECTORY": str(tmp_path), "GEMINI_API_KEY": "from-environment"}
        assert api_key(Settings(), environment).get_secret_value() == "from-environment"

    def test_the_file_comes_before_the_variable(self, tmp_path: Path) -> None:
        file = tmp_path / "key"
        file.write_text(" from-file \n", encoding="utf-8")
        environment = {"GEMINI_API_KEY_FILE": str(file), "GEMINI_API_KEY": "from-environment"}
        assert api_key(Settings(), environment).get_secret_value() == "from-file"

    def test_a_file_that_cannot_be_read_is_named(self) -> None:
        with pytest.raises(ConfigError, match="GEMINI_API_KEY_FILE names /nowhere, which cannot be read"):
            api_key(Settings(), {"GEMINI_API_KEY_FILE": "/nowhere"})

    def test_without_a_key_the_error_says_where_to_get_one_and_where_to_put_it(self) -> None:
        with pytest.raises(ConfigError, match=r"aistudio\.google\.com/apikey .*GEMINI_API_KEY"):
            api_key(Settings(), {})

    def test_a_stand_in_needs_none(self) -> None:
        settings = Settings.model_validate({"live": {"endpoint": "https://127.0.0.1:1"}})
        assert api_key(settings, {}).get_secret_value()

    def test_it_is_never_shown(self) -> None:
        key = api_key(Settings(), {"GEMINI_API_KEY": "secret-key"})
        assert "secret-key" not in f"{key} {key!r}"


class TestTheStateDirectory:
    def test_a_service_has_the_first_that_systemd_names(self) -> None:
        environment = {"STATE_DIRECTORY": "/var/lib/ladle:/var/lib/other", "XDG_STATE_HOME": "/home/state"}
        assert state_directory(environment) == Path("/var/lib/ladle")

    def test_a_user_may_say_where_state_lies(self) -> None:
        assert state_directory({"XDG_STATE_HOME": "/home/state"}) == Path("/home/state/ladle")

    @pytest.mark.parametrize(
        "environment", [{}, {"STATE_DIRECTORY": "", "XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "state"}]
    )
    def test_otherwise_it_is_in_the_home_directory(
        self, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", "/home/cook")
        assert state_directory(environment) == Path("/home/cook/.local/state/ladle")

    def test_a_user_without_a_home_is_told_what_to_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Path, "home", homeless)
        with pytest.raises(ConfigError, match="XDG_STATE_HOME"):
            state_directory({})


def homeless() -> Path:
    raise RuntimeError("no home")
