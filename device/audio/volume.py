"""Loudness of reply audio."""

from __future__ import annotations

import numpy as np


def scaled(pcm: bytes, *, percent: int) -> bytes:
    """Signed 16-bit samples at `percent` (0 to 100) of their amplitude."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.int32)
    return (samples * percent // 100).astype("<i2").tobytes()
