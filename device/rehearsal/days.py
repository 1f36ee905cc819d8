"""The day, the meals to come, and taking back what was logged: day_status, suggest_meal, undo."""

from __future__ import annotations

import re

from device.rehearsal.intents import SURE_MEAL, find_meal
from device.rehearsal.sentences import Request, Sentence, Vocabulary
from device.rehearsal.toolbox import DAY_STATUS, SUGGEST_MEAL, UNDO

_NUTRIENT = r"(?:calories|calorie|energy|protein|proteins|carbs|carbohydrates?|fat|fibre|fiber|sugar|food)"
_EATEN = r"(?:eat|eaten|have|had|log|logged|get|got|consumed?)"
_STATUS = re.compile(
    r"^(?:and )?how (?:am i|are we|is it|did i|have i been) (?:doing|going|getting on|do)\b"
    r"|^how was$|^tell me about (?:my|the) day\b"
    r"|^how (?:was|is|were) (?:my|our|the) (?:days?|eating|intake|food|plan)\b|^how is it going with my\b"
    rf"|\bhow (?:much|many) {_NUTRIENT}?\b.*\b(?:left|remaining|remain|still have|to go)\b"
    r"|\bhow (?:much|many) (?:more )?(?:\w+ )?(?:can|may|could|should) i (?:still )?(?:eat|have)\b"
    rf"|\bhow (?:much|many) {_NUTRIENT} (?:have|did|has) (?:i|we) {_EATEN}\b"
    rf"|\bwhat (?:did|have) (?:i|we) {_EATEN}\b"
    r"|^what(?: is|s) (?:still )?(?:left|remaining)\b|^what do i have left\b|^what remains\b"
    r"|\b(?:am i|are we) (?:still )?on (?:track|plan|target)\b"
    r"|^(?:whats? |what is |show me |tell me )?(?:my|todays) "
    r"(?:day|totals?|balance|status|summary|intake)(?: so far)?$"
    r"|^(?:give me |tell me )?(?:a |the |my )?(?:day )?(?:summary|status|overview|total)\b"
)
_SUGGEST = re.compile(
    r"\bwhat (?:should|could|can|shall|might|may|do|would) (?:i|we) (?:still )?"
    r"(?:eat|have|cook|make|prepare|put|fix)\b"
    r"|^(?:what (?:do|would|can) you )?(?:suggest|recommend|propose)\w*\b"
    r"|\b(?:suggestions?|recommendations?)\b"
    r"|\bwhat (?:would )?(?:fits?|suits?|goes with|go with)\b.*\b(?:left|day|dinner|lunch|plan|now|target)\b"
    r"|\b(?:ideas?|inspiration) (?:for|what)\b|\bgive me (?:an |some )?ideas?\b"
    r"|^what(?: is|s) (?:there )?for\b|\bsomething (?:\w+ ){0,2}for\b|^i am hungry\b|^what to (?:eat|cook)\b"
)
_ATE = re.compile(r"\b(?:had|ate|eaten|log|drank|missed|skipped|look|looking)\b|\binstead\b")
_UNDO = re.compile(
    r"^(?:undo|revert|unlog)\b|\btake (?:(?:that|it|this|the last \w+) )?back\b|\bscratch (?:that|it)\b"
    r"|^(?:delete|remove|cancel|forget|erase|reverse) (?:that|it|this|the last)\b|\bundo (?:that|it)\b"
    r"|^that was (?:wrong|a mistake|not right|an error)\b"
    r"|^(?:no )?i (?:did not|didnt) (?:eat|drink|have) that\b"
)
_AGAIN = re.compile(
    r"^redo\b|\b(?:do|log|put|bring|make|add) (?:it|that|them) (?:again|back)\b|^again after all\b"
    r"|^undo the undo|^restore (?:it|that)\b|\bit after all$|\bthat after all$|^through it again after all"
)


def taking_back(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """The last change is to be undone, or done again."""
    if _AGAIN.search(sentence.plain):
        return Request(UNDO, {"again": True})
    return Request(UNDO) if _UNDO.search(sentence.plain) else None


def status(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """How a day stands."""
    if not _STATUS.search(sentence.plain) or re.search(r"\btimers?\b|\btime\b", sentence.plain):
        return None
    return Request(DAY_STATUS, {"days_ago": sentence.days_ago} if sentence.days_ago else {})


def suggestion(sentence: Sentence, vocabulary: Vocabulary) -> Request | None:
    """What to eat."""
    text = sentence.plain
    if not _SUGGEST.search(text) or _ATE.search(text):
        return None
    meal, likeness = find_meal(text, sentence.meals)
    return Request(SUGGEST_MEAL, {"meal": meal} if likeness >= SURE_MEAL else {})
