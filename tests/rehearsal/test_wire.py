"""Casing and base64, as the SDK and others send them."""

from __future__ import annotations

import base64

import pytest

from device.rehearsal.wire import NotJsonError, base64_bytes, decoded, encoded, normalised


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ({"realtime_input": {"activityStart": {}}}, {"realtimeInput": {"activityStart": {}}}),
        (
            {"realtimeInputConfig": {"automatic_activity_detection": {"prefix_padding_ms": 20}}},
            {"realtimeInputConfig": {"automaticActivityDetection": {"prefixPaddingMs": 20}}},
        ),
        ({"turns": [{"inline_data": {"mime_type": "x"}}]}, {"turns": [{"inlineData": {"mimeType": "x"}}]}),
    ],
)
def test_protocol_keys_become_camel_case(sent: object, meant: object) -> None:
    assert normalised(sent) == meant


def test_the_payload_of_a_tool_keeps_its_own_keys() -> None:
    answer = {"tool_response": {"functionResponses": [{"response": {"protein_g": {"per_100g": 1}}}]}}
    assert normalised(answer) == {
        "toolResponse": {"functionResponses": [{"response": {"protein_g": {"per_100g": 1}}}]}
    }


def test_the_names_of_arguments_are_kept_and_what_describes_them_is_not() -> None:
    schema = {"parameters": {"properties": {"food_name": {"type": "STRING", "min_length": 1}}}}
    assert normalised(schema) == {
        "parameters": {"properties": {"food_name": {"type": "STRING", "minLength": 1}}}
    }


def test_json_schema_is_left_alone() -> None:
    schema = {"parameters_json_schema": {"properties": {"a_b": {"max_length": 3}}}}
    assert normalised(schema) == {"parametersJsonSchema": {"properties": {"a_b": {"max_length": 3}}}}


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padded", [True, False])
def test_both_alphabets_of_base64_are_read(encode: object, padded: bool) -> None:
    data = bytes(range(251, 256)) * 3 + b"?"
    text = encode(data).decode()  # type: ignore[operator]
    assert base64_bytes(text if padded else text.rstrip("=")) == data


def test_what_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match="base64"):
        base64_bytes("no base64!")


@pytest.mark.parametrize("frame", [b"\xff\x00", "{", "[1]", '"text"', "null"])
def test_a_frame_without_an_object_is_refused(frame: str | bytes) -> None:
    with pytest.raises(NotJsonError):
        decoded(frame)


def test_text_and_binary_frames_are_read_alike() -> None:
    assert decoded('{"client_content": {}}') == decoded(b'{"clientContent": {}}') == {"clientContent": {}}
    assert decoded(encoded({"a": "é"})) == {"a": "é"}
