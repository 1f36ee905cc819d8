"""What the Live API is told at the start of a connection."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from device.config import LiveSettings
from device.errors import ConfigError
from device.events import ToolDeclaration, TurnTaking
from device.live.setup import live_config, make_client
from device.live.transport import Dialer

TOOL = ToolDeclaration("look_up_food", "Looks a food up.", {"type": "object", "properties": {}})
NOW = datetime(2026, 11, 21, 13, 5, tzinfo=ZoneInfo("Europe/London"))


def config(handle: str | None = None, **settings: Any) -> dict[str, Any]:
    made = live_config(LiveSettings(**settings), [TOOL], now=NOW, handle=handle)
    return made.model_dump(mode="json", exclude_none=True)


def test_the_device_takes_turns_by_default() -> None:
    detection = config()["realtime_input_config"]["automatic_activity_detection"]
    assert detection == {"disabled": True}


def test_the_api_takes_turns_where_it_is_asked_to() -> None:
    detection = config(turn_taking=TurnTaking.SERVER)["realtime_input_config"]["automatic_activity_detection"]
    assert detection == {"silence_duration_ms": 400}


def test_it_answers_aloud_with_the_configured_voice_and_language() -> None:
    made = config(voice="Puck", language="de-DE")
    assert made["response_modalities"] == ["AUDIO"]
    assert made["speech_config"]["voice_config"]["prebuilt_voice_config"] == {"voice_name": "Puck"}
    assert made["speech_config"]["language_code"] == "de-DE"


def test_the_model_waits_for_tools_that_block() -> None:
    [function] = config()["tools"][0]["function_declarations"]
    assert function == {
        "name": "look_up_food",
        "description": "Looks a food up.",
        "parameters_json_schema": {"type": "object", "properties": {}},
        "behavior": "BLOCKING",
    }


def test_a_model_that_cannot_wait_is_not_asked_to() -> None:
    made = config(model="gemini-3.8-live-extended-thinking")
    assert made["tools"][0]["function_declarations"][0]["behavior"] == "NON_BLOCKING"
    assert made["thinking_config"]["thinking_level"] == "LOW"
    assert "thinking_config" not in config()


def test_transcripts_compression_and_resumption_are_asked_for() -> None:
    made = config(context_trigger_tokens=20_000, context_target_tokens=9_000)
    assert {"input_audio_transcription", "output_audio_transcription"} <= made.keys()
    assert made["context_window_compression"]["trigger_tokens"] == 20_000
    assert made["context_window_compression"]["sliding_window"]["target_tokens"] == 9_000
    assert made["session_resumption"] == {}
    assert config(handle="h")["session_resumption"] == {"handle": "h"}


def test_the_instruction_tells_the_time_and_forbids_invented_numbers() -> None:
    part = config()["system_instruction"]
    assert "Saturday, 21 November 2026, 13:05, time zone GMT" in part
    assert "Never estimate or invent a nutrition number" in part


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = LiveSettings(ca_file=tmp_path / "missing.pem", endpoint="https://127.0.0.1:1")
    with pytest.raises(ConfigError, match=r"live\.ca_file .*missing\.pem cannot be used: No such file"):
        make_client(settings, SecretStr("key"), Dialer(10))
