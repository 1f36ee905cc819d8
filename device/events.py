"""The vocabulary of the core: what happens (events), what to do about it (actions), what to show (faces).

Everything here is a frozen value without behaviour, so that a conversation can be written down, replayed and
compared. `frame` is 20 ms of 16 kHz mono signed 16-bit PCM; reply audio is 24 kHz mono signed 16-bit PCM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

FRAME_MS = 20
"""The length of a frame."""

REPLY_BYTES_PER_MS = 48
"""24 kHz of 16-bit samples."""

# --------------------------------------------------------------------------------------- values


@dataclass(frozen=True, slots=True)
class Frame:
    """One 20 ms frame from the microphone; `number` counts from 0 at ready."""

    number: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class ToolDeclaration:
    """What the model is told of a tool; `parameters` is a JSON schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, object]
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model made; `blocking`: the model waits for it and must not be spoken to meanwhile."""

    id: str
    name: str
    arguments: Mapping[str, object]
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class ToolOutcome:
    """The one answer to a tool call; `payload` is what the model reads."""

    call_id: str
    name: str
    payload: Mapping[str, object]


class Face(StrEnum):
    """What the panel shows."""

    FAULT = "fault"
    MUTED = "muted"
    STARTING = "starting"
    RECONNECTING = "reconnecting"
    RINGING = "ringing"
    HEARING = "hearing"
    THINKING = "thinking"
    WORKING = "working"
    SPEAKING = "speaking"
    READY = "ready"


class TurnTaking(StrEnum):
    """Who decides when a person has finished speaking: the gate on the device, or the Live API."""

    DEVICE = "device"
    SERVER = "server"


class PanelMode(StrEnum):
    """OPEN: people speak at any time. BUTTON: the microphone opens only by the button, for one request."""

    OPEN = "open"
    BUTTON = "button"


class Duplex(Enum):
    """FULL: people can talk over a reply. HALF: they cannot, the button can."""

    FULL = "full"
    HALF = "half"


class Chime(StrEnum):
    """Short sounds that need no network."""

    READY = "ready"
    HEARD = "heard"
    INTERRUPTED = "interrupted"
    MUTED = "muted"
    UNMUTED = "unmuted"
    OFFLINE = "offline"
    FAULT = "fault"
    TIMER = "timer"


class InterruptedBy(StrEnum):
    """Who cut a reply short."""

    BUTTON = "button"
    VOICE = "voice"
    SERVER = "server"


# --------------------------------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Started:
    """Every part of the device runs."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The session has a connection that accepts audio.

    asks_again: something that was asked before and not answered is asked again.
    """

    asks_again: bool = True


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """The session has no connection; it is looking for another.

    planned: it left by itself, before the API would have ended the connection.
    """

    reason: str
    planned: bool = False


@dataclass(frozen=True, slots=True)
class StillOffline:
    """An attempt to connect failed; the session keeps trying."""

    reason: str


@dataclass(frozen=True, slots=True)
class ActivityStarted:
    """The gate opened; `pre_roll` holds the frames from before, oldest first."""

    pre_roll: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class ActivityFrame:
    """One more frame while the gate is open."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class ActivityEnded:
    """The gate closed."""


@dataclass(frozen=True, slots=True)
class BargeInSuspected:
    """Over a playing reply there is something that may be a person."""


@dataclass(frozen=True, slots=True)
class BargeInDismissed:
    """The suspicion is over: it was nobody, or they have been understood."""


@dataclass(frozen=True, slots=True)
class DuplexChosen:
    """Whether people can talk over a reply, now that it is known who cancels the echo."""

    duplex: Duplex


@dataclass(frozen=True, slots=True)
class ReplyAudioReceived:
    """A piece of reply audio, as it came."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class InputTranscript:
    """A piece of what the API understood the person to say."""

    text: str


@dataclass(frozen=True, slots=True)
class OutputTranscript:
    """A piece of what the reply says."""

    text: str


@dataclass(frozen=True, slots=True)
class UsageReported:
    """What a turn is charged for: tokens by modality, such as "audio", all that was read again included."""

    tokens_in: Mapping[str, int]
    tokens_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class GenerationComplete:
    """The API has no more audio for this reply."""


@dataclass(frozen=True, slots=True)
class InteractionContinues:
    """The API has completed a turn, but thinks on in the background and will say more by itself."""


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """The API considers the turn over; it may wait with this until the reply has been played."""


@dataclass(frozen=True, slots=True)
class ReplyInterrupted:
    """The API stopped generating and threw the rest away."""


@dataclass(frozen=True, slots=True)
class ToolCallReceived:
    """The model asks for a tool."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ToolCallsCancelled:
    """The API no longer wants these answers."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToolFinished:
    """A tool has an outcome, a good one or an error."""

    outcome: ToolOutcome


@dataclass(frozen=True, slots=True)
class PlaybackDrained:
    """The speaker has played all that it was given."""


@dataclass(frozen=True, slots=True)
class AnswerOverdue:
    """Nothing came from the API for too long after a person finished speaking."""


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A person pressed the button, and holds it down so far."""


@dataclass(frozen=True, slots=True)
class ButtonClicked:
    """They let go of it before it counted as held."""


@dataclass(frozen=True, slots=True)
class MuteToggled:
    """They hold it, to mute or unmute the microphone."""


@dataclass(frozen=True, slots=True)
class RestartWished:
    """They have held it for so long that the device is to start anew."""


@dataclass(frozen=True, slots=True)
class MuteChosen:
    """Somebody asked by other means that the microphone be muted or not."""

    muted: bool


@dataclass(frozen=True, slots=True)
class InterruptWished:
    """Somebody asked by other means than the button that it be silent."""


@dataclass(frozen=True, slots=True)
class NobodySpoke:
    """The microphone was opened for one request, and closed again without one."""


@dataclass(frozen=True, slots=True)
class TextAsked:
    """A question in writing, to be answered as if it had been spoken."""

    text: str


@dataclass(frozen=True, slots=True)
class TimerRings:
    """So many timers have come to their end and are to be heard; told again until they are silenced."""

    timers: int


@dataclass(frozen=True, slots=True)
class TimersSilent:
    """No timer rings any more: somebody stopped it, or it has rung for long enough."""


@dataclass(frozen=True, slots=True)
class FaultRaised:
    """A part of the device does not work; `sentence` says what a person can do."""

    part: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FaultCleared:
    """The part works again."""

    part: str


Event = (
    Started
    | Connected
    | ConnectionLost
    | StillOffline
    | ActivityStarted
    | ActivityFrame
    | ActivityEnded
    | BargeInSuspected
    | BargeInDismissed
    | DuplexChosen
    | ReplyAudioReceived
    | InputTranscript
    | OutputTranscript
    | UsageReported
    | GenerationComplete
    | InteractionContinues
    | TurnComplete
    | ReplyInterrupted
    | ToolCallReceived
    | ToolCallsCancelled
    | ToolFinished
    | PlaybackDrained
    | AnswerOverdue
    | ButtonPressed
    | ButtonClicked
    | MuteToggled
    | RestartWished
    | MuteChosen
    | InterruptWished
    | NobodySpoke
    | TextAsked
    | TimerRings
    | TimersSilent
    | FaultRaised
    | FaultCleared
)

# --------------------------------------------------------------------------------------- actions


@dataclass(frozen=True, slots=True)
class StartActivity:
    """Tell the API that a person begins to speak."""


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send a frame to the API."""

    frame: Frame


@dataclass(frozen=True, slots=True)
class EndActivity:
    """Tell the API that the person has finished; it may answer now."""


@dataclass(frozen=True, slots=True)
class AskInWriting:
    """Put a written question to the API."""

    text: str


@dataclass(frozen=True, slots=True)
class OpenMicrophone:
    """The next voice, however short, is a request: a person has pressed the button for it."""


@dataclass(frozen=True, slots=True)
class CloseMicrophone:
    """The request is over."""


@dataclass(frozen=True, slots=True)
class StopCapture:
    """No microphone sample is to be taken from the device any more, until StartCapture."""


@dataclass(frozen=True, slots=True)
class StartCapture:
    """Take samples from the microphone again."""


@dataclass(frozen=True, slots=True)
class Restart:
    """End the process, so that it is started anew."""


@dataclass(frozen=True, slots=True)
class StopGeneration:
    """Ask the API to stop generating although nobody speaks."""


@dataclass(frozen=True, slots=True)
class PlayReply:
    """Give reply audio to the speaker."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class DuckReply:
    """Make the reply softer, so that a person can be told from its echo."""


@dataclass(frozen=True, slots=True)
class RestoreReply:
    """As loud as before."""


@dataclass(frozen=True, slots=True)
class FlushSpeaker:
    """Silence the speaker at once and forget what it has not played."""

    by: InterruptedBy


@dataclass(frozen=True, slots=True)
class RunTool:
    """Start a tool."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class CancelTool:
    """Stop a tool where it can be stopped; its outcome is not wanted."""

    call_id: str


@dataclass(frozen=True, slots=True)
class SendToolOutcome:
    """Answer a tool call; `silent`: the model need not say anything about it."""

    outcome: ToolOutcome
    silent: bool = False


@dataclass(frozen=True, slots=True)
class TellLateOutcome:
    """Tell the model the outcome of a call that was made on an earlier connection."""

    call: ToolCall
    outcome: ToolOutcome
    silent: bool = False


@dataclass(frozen=True, slots=True)
class ContinueReply:
    """Ask the API to go on with a reply that a lost connection cut off."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The API has begun to answer, or has nothing to answer: the question need not be kept any longer."""


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Leave this connection and open another in a fresh session: it no longer answers.

    ask_again: what was not answered is asked again there.
    """

    reason: str
    ask_again: bool = False


@dataclass(frozen=True, slots=True)
class ForgetSpeech:
    """Nothing that was said before is to leave the device any more."""


@dataclass(frozen=True, slots=True)
class PlayChime:
    """Play a chime on the speaker."""

    chime: Chime


@dataclass(frozen=True, slots=True)
class SilenceTimers:
    """Stop the timers that ring."""


@dataclass(frozen=True, slots=True)
class ShowFace:
    """Show a face on the panel."""

    face: Face


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the journal: a stable name and its fields."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """The event is not legal in this phase; nothing changed."""

    event: str
    phase: str


Action = (
    StartActivity
    | SendFrame
    | EndActivity
    | AskInWriting
    | OpenMicrophone
    | CloseMicrophone
    | StopCapture
    | StartCapture
    | Restart
    | StopGeneration
    | PlayReply
    | DuckReply
    | RestoreReply
    | FlushSpeaker
    | RunTool
    | CancelTool
    | SendToolOutcome
    | TellLateOutcome
    | ContinueReply
    | Answered
    | Reconnect
    | ForgetSpeech
    | PlayChime
    | SilenceTimers
    | ShowFace
    | Note
    | Refused
)
