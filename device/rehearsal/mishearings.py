"""What the recogniser makes of sentences about food, meals, time and weight, put right.

Everything here was heard: synthetic voices spoke the sentences in a room with noise, and this came back.
"""

from __future__ import annotations

import re

_NUMBER = (
    r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|"
    r"fifty|sixty|seventy|eighty|ninety|half|some)"
)
_VESSEL = r"(?:glass|glasses|bottle|bottles|cup|cups|mug|mugs|can|cans|pint|pints)"
_REPLACE = r"bree|brie|bury|free|three|pretty|worry|glory|freak|real|re|we|ray"

_HEARD = (
    # amounts
    (re.compile(r"\bto (?=hundred\b|thousand\b)"), "two "),
    (re.compile(r"(?<=[a-z] )to 100\b"), "200"),
    (re.compile(r"\bto (?=eggs?\b|ex\b)"), "two "),
    (re.compile(r"\btwo (?:ex|x)\b"), "two eggs"),
    (re.compile(r"\b(?:band|bank) of (?=\w+s\b)"), "bag of "),
    (re.compile(r"\bhand full\b"), "handful"),
    (re.compile(r"\bto end (?:the|a) half\b"), "two and a half"),
    # eating and drinking
    (re.compile(r"^look at that (?=i had\b)"), "log that "),
    (re.compile(rf"^(?:i hate|i eat|hi ate) (?={_NUMBER}\b)|^high (?:eight|ate|rate of) (?=\w)"), "i ate "),
    (
        re.compile(
            rf"^i(?:d)?( just)? (?:drag|drain|drained|dran|grant|ran|rang) (?={_NUMBER} {_VESSEL} of\b)"
        ),
        r"i\1 drank ",
    ),
    (re.compile(r"^i( just)? (?:drain|drag) (?=some\b)"), r"i\1 drank "),
    (re.compile(rf"^i have hit (?={_NUMBER}\b)"), "i have had "),
    (re.compile(rf"^i (?:hid|hit|heard|head) (?={_NUMBER} \w+ of\b)"), "i had "),
    (re.compile(r"\b(?:an )?(?:implant|in plan|un planned|on planned|implanted) (?=\w)"), "an unplanned "),
    (re.compile(r"\b(?:smacked|snapped|snatched) on\b"), "snacked on"),
    (re.compile(r"\bas a smack\b"), "as a snack"),
    (re.compile(r"\bbetween (?:nails|meal|me(?: or|(?: and)? oss)?)$"), "between meals"),
    (re.compile(r"\b(was|did) not (?:bland|blend)$"), r"\1 not planned"),
    (re.compile(rf"^(?:bright|right|cried|cry|ride|pride) down (?={_NUMBER}\b)"), "write down "),
    (re.compile(r"\ball mens?$"), "almonds"),
    (re.compile(r"\bslices of (?:doughs|those|dosed)\b"), "slices of toast"),
    (re.compile(r"\bbowl of birch\b"), "bowl of porridge"),
    (
        re.compile(
            rf"^(?:a lot|the lot|lot|locked|lock|blocked|block|the lord|lord|loud) (?={_NUMBER}\b|my\b)"
        ),
        "log ",
    ),
    # swaps
    (re.compile(rf"^(?:{_REPLACE}) placed?\b(?: and\b)?"), "replace"),
    (re.compile(r"^(?:swopped|swapped|swop|slop|swab|swamp|splot) (?=.* for )"), "swap "),
    (re.compile(r"\b(?:for|por)(?=tofu\b)"), "for "),
    (re.compile(r"\b(?:tough|tuff) you\b|\btough few\b|\bto fue\b"), "tofu"),
    # meals to come
    (re.compile(r"^(?:subject|so you just) (?=a )"), "suggest "),
    (re.compile(r"^what (?:if )?(?:its|thats) what is left$"), "what fits what is left"),
    (re.compile(r"^(?:now|cow|home) (?=am i doing\b|was my day\b)"), "how "),
    (re.compile(r"^in my entr\w+$"), "am i on track"),
    (re.compile(r"(?<=lunch )the day$|(?<=dinner )the day$|(?<=breakfast )the day$"), "today"),
    # moving
    (re.compile(r"\bdid (?:yield(?: it| a)?|the other) (?=for|four)"), "did yoga "),
    # time
    (re.compile(r"\b(?:past|post|cost) (?:of |e )?an? time(?:r\b|\b)"), "pasta timer"),
    (re.compile(r"\b(egg)? ?time (?:or|worth|work|fore|before|for)\b"), r"\1 timer for"),
    (re.compile(r"^(?:egg|ect|ed) timer (?:for )?(?=\w+ minutes)"), "egg timer "),
    (re.compile(r"^(?:said|sat|its at)\b(?=.*\btimer\b)"), "set"),
    (re.compile(r"^start at (?=.*\btimer\b)"), "start a "),
    (re.compile(r"^can ?t (?:solve|sum|sell) (?=.*\btimer\b)"), "cancel "),
    (re.compile(r"\bhow much time is less\b"), "how much time is left"),
    (re.compile(r"\bhour (?:in|end|and) (?:the|of|a) (?:half|past)\b|\bhour in the$"), "hour and a half"),
    (re.compile(r"(?<!i )\b(?:have|heft|haf|half) (?:an|in|and) (?:our|ours|hour)\b"), "half an hour"),
    (re.compile(r"\b(?:four|for) in hour\b"), "for an hour"),
    (re.compile(r"\b(?:minuets|minis)\b"), "minutes"),
    (re.compile(r"\btoo? (?=(?:minutes|hours|seconds)\b)"), "two "),
    (re.compile(r"\bfree (?=(?:minutes|hours|seconds)\b)"), "three "),
    (re.compile(r"\bfore? (?=(?:minutes|hours|seconds)\b)"), "four "),
    (re.compile(r"\bate (?=(?:minutes|hours|seconds)\b)"), "eight "),
    # taking back
    (
        re.compile(r"^(please )?(?:and|then|im|under|undue|on) do(?:ing)? (?=that\b|it\b|the last\b)"),
        r"\1undo ",
    ),
    (re.compile(r"^that was wrong and do it$"), "that was wrong undo it"),
    (re.compile(r"^(?:tate|tape|take the) that back$"), "take that back"),
    (re.compile(r"^(?:we|where|very|great|pretty) do(?= that\b| it\b)|^re do\b"), "redo"),
    # people
    (re.compile(r"^(?:hi and|high and|high of|hi im|hi am|high m) ?(?=\S)"), "i am "),
    (re.compile(rf"^(?:i|im|id) (?:way|wait|waste|weight|lay|weigh it) (?={_NUMBER})"), "i weigh "),
    (re.compile(r"\bi lay (?=\w+ kilos)"), "i weigh "),
    (re.compile(r"^my way (?:to day|today|a day) (?:is )?"), "my weight is "),
    (re.compile(r"\bmy weight a day\b"), "my weight today"),
    (re.compile(r"^this (?:kale|chaos) (?:says|has)\b"), "the scale says"),
    (re.compile(r"^(?:said|sip|set|sat)\b.* my profile$"), "set up my profile"),
    (re.compile(r"\b(?:keep|give) my way$"), "keep my weight"),
    (re.compile(r"\bstone for$"), "stone four"),
    (re.compile(r"^(i (?:am|weigh\w*) [\w. ]+?) (?:de los|deals|dealers|dollars|key lows)\b"), r"\1 kilos"),
    (re.compile(r"^i (?:am|and) (four|five|six) four (\w+)$"), r"i am \1 foot \2"),
)


def repaired(text: str) -> str:
    """Tidied words with what is known to be misheard put right."""
    for pattern, meant in _HEARD:
        text = pattern.sub(meant, text)
    return " ".join(text.split())
