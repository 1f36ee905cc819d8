"""The two sound formats of the device: what the microphone gives and what a reply is.

Both are mono signed 16-bit little-endian PCM, as the Live API takes and sends them
(https://ai.google.dev/gemini-api/docs/live-api/best-practices).
"""

from __future__ import annotations

from device.events import FRAME_MS, REPLY_BYTES_PER_MS

SAMPLE_BYTES = 2

MICROPHONE_RATE_HZ = 16_000
FRAME_SAMPLES = MICROPHONE_RATE_HZ * FRAME_MS // 1000
FRAME_BYTES = FRAME_SAMPLES * SAMPLE_BYTES
SILENT_FRAME = bytes(FRAME_BYTES)

REPLY_RATE_HZ = 24_000
BLOCK_MS = 20
BLOCK_SAMPLES = REPLY_RATE_HZ * BLOCK_MS // 1000
BLOCK_BYTES = BLOCK_SAMPLES * SAMPLE_BYTES
BLOCKS_PER_S = 1000 // BLOCK_MS
SILENT_BLOCK = bytes(BLOCK_BYTES)


def frames_in(duration_ms: int) -> int:
    """Number of whole frames that cover `duration_ms`, at least one."""
    return max(1, -(-duration_ms // FRAME_MS))


def reply_ms(pcm_bytes: int) -> float:
    """Duration in ms of that many bytes of reply audio."""
    return pcm_bytes / REPLY_BYTES_PER_MS
