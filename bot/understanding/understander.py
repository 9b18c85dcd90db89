"""Text -> Understanding: rules for what must not wait, then the matcher and Rasa, then the decision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.knowledge.loading import Knowledge
from bot.understanding.client import Parse, RasaAway, RasaClient
from bot.understanding.cues import aspects_by_words, is_witnessed, is_yes_or_no, talk_by_words
from bot.understanding.deciding import (
    KINDS,
    NAMED,
    Evidence,
    Reading,
    Thresholds,
    Weights,
    Wording,
    aspects_asked,
    band,
    by_names_alone,
    decide,
    gather,
    load_weights,
)
from bot.understanding.dossier_codes import Found, find
from bot.understanding.emergencies import is_emergency, is_supported
from bot.understanding.folding import fold, normalise, tokens
from bot.understanding.matcher import Match, Matcher
from bot.understanding.names import Kind, names_by_code, special_codes
from bot.understanding.places import merger_rule
from bot.understanding.requests import request_of
from bot.understanding.set_phrases import after_con, bare_aspect, is_abuse, is_complaint, set_talk
from bot.understanding.types import UNNAMED, Aspect, Band, Candidate, Skill, Understanding
from bot.understanding.wishes import is_wish

EMERGENCY = "emergency"

INTENT_SKILLS: Mapping[str, tuple[Skill, str]] = {
    "greeting": (Skill.SMALLTALK, "greeting"),
    "thanks": (Skill.SMALLTALK, "thanks"),
    "bye": (Skill.SMALLTALK, "bye"),
    "bot_identity": (Skill.SMALLTALK, "bot"),
    "menu": (Skill.SMALLTALK, "menu"),
    "abuse": (Skill.SMALLTALK, "abuse"),
    "affirm": (Skill.SMALLTALK, "affirm"),
    "deny": (Skill.SMALLTALK, "deny"),
    "handoff_wish": (Skill.HANDOFF, "wish"),
    EMERGENCY: (Skill.HANDOFF, "emergency"),
    "complaint": (Skill.HANDOFF, "complaint"),
    "anger": (Skill.HANDOFF, "anger"),
    "scam_check": (Skill.SCAM, "check"),
    "scam_victim": (Skill.SCAM, "victim"),
    "dossier_status": (Skill.DOSSIER, "status"),
    "contact_address": (Skill.CONTACT, "address"),
    "contact_hours": (Skill.CONTACT, "hours"),
    "contact_phone": (Skill.CONTACT, "phone"),
    "commune_merger": (Skill.COMMUNE, "merger"),
    "commune_staff": (Skill.COMMUNE, "staff"),
    "commune_online": (Skill.COMMUNE, "online"),
    "commune_vneid": (Skill.COMMUNE, "vneid"),
    "commune_payment": (Skill.COMMUNE, "payment"),
    "commune_digital_team": (Skill.COMMUNE, "digital_team"),
    "commune_ocop": (Skill.COMMUNE, "ocop"),
    "commune_fee_holiday": (Skill.COMMUNE, "fee_holiday"),
    "out_of_scope": (Skill.NONE, "out_of_scope"),
    "elsewhere": (Skill.NONE, "elsewhere"),
}
FOLLOW_UP = "follow_up"
SCAM_MESSAGE = "scam_message"
"""The intent of the examples of kinds of scams: the intent classifier leaves it out and never answers it."""

SUGGESTED = 0.05
"""How probable it must be that one of the procedures is meant for them to be suggested."""

_PROCEDURE_CODE = re.compile(r"(?<![\d.])(\d\.\d{6})(?![\d])")


class Understander:
    """Understands one message at a time. Thread-safe; never raises for any text."""

    def __init__(
        self,
        knowledge: Knowledge,
        client: RasaClient | None,
        thresholds: Thresholds,
        weights: Weights | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._client = client
        self._thresholds = thresholds
        self._weights = weights or load_weights()
        self._matcher = Matcher(names_by_code(knowledge))
        self._special = special_codes(knowledge)
        self._is_merger = merger_rule(knowledge.units)

    def understand(self, text: str, topic: str | None = None) -> Understanding:
        """What ``text`` means, in a conversation that last spoke of the procedure ``topic``, if any."""
        text = normalise(text)
        start = Understanding(text=text, folded=fold(text), skill=Skill.NONE)
        typed = tokens(text)
        said = [word for token in typed for word in token.words]
        if not said:
            return start
        ruled = self._by_rule(start, said) or self._by_set_phrase(start, said, topic)
        if ruled:
            return ruled
        kept = after_con(text, typed)
        said = [word for token in tokens(kept) for word in token.words]
        return self._by_models(start, kept, said, topic)

    def _by_rule(self, start: Understanding, said: list[str]) -> Understanding | None:
        """Emergencies, typed codes, wishes for a person: certain, whatever else is said."""
        joined = " ".join(said)
        sure = replace(start, confidence=1.0, band=Band.SURE)
        if is_emergency(joined):
            return replace(sure, skill=Skill.HANDOFF, topic="emergency")
        dossier = find(start.text)
        if dossier:  # nearly one: the dialogue asks back
            code = dossier.code if isinstance(dossier, Found) else None
            return replace(sure, skill=Skill.DOSSIER, topic="status", dossier=code)
        typed = self._typed_code(start.text)
        if typed:
            asked = aspects_by_words(joined)
            return replace(sure, skill=Skill.PROCEDURE, candidates=(Candidate(typed, 1.0),), aspects=asked)
        if is_complaint(joined):
            return replace(sure, skill=Skill.HANDOFF, topic="complaint")
        if is_wish(joined):
            return replace(sure, skill=Skill.HANDOFF, topic="wish")
        if self._is_merger(joined):
            return replace(sure, skill=Skill.COMMUNE, topic="merger")
        return None

    def _by_set_phrase(
        self, start: Understanding, said: list[str], topic: str | None
    ) -> Understanding | None:
        """Whole messages of one meaning: a bare aspect, yes, no, that's all, what can you do."""
        aspect = bare_aspect(said)
        if aspect and (topic or aspect is not Aspect.ONLINE):  # there is a guide on filing online
            return self._follow_up(start, (aspect,), topic, confidence=1.0)
        talk = set_talk(said)
        if talk:
            return replace(start, skill=Skill.SMALLTALK, topic=talk, confidence=1.0, band=Band.SURE)
        return None

    def _typed_code(self, text: str) -> str | None:
        for code in _PROCEDURE_CODE.findall(text):
            successor = self._knowledge.successor(code)
            if successor:
                return successor.code
            if code in self._knowledge.procedures or code in self._knowledge.missing:
                return str(code)
        return None

    def _by_models(
        self, start: Understanding, text: str, said: list[str], topic: str | None
    ) -> Understanding:
        matches = self._matcher.match(said)
        joined = " ".join(said)
        if is_abuse(joined) and not (matches and matches[0].score >= NAMED):
            return replace(start, skill=Skill.SMALLTALK, topic="abuse", confidence=1.0, band=Band.SURE)
        parse = self._parse(text, joined)
        if parse is None:
            return self._degraded(start, joined, matches, topic)
        reading = decide(self._gathered(parse, matches, said), self._weights)
        open_still = reading.intent is None or reading.intent in KINDS
        if open_still and reading.confidence < self._thresholds.sure:
            reading = self._by_request(text, reading) or reading
        if reading.candidates and reading.candidates[0].code in self._unspoken(matches, said):
            reading = replace(reading, ask=1.0)  # never taken for granted, however probable
        # The model leaves a plain "làm sao" or "ở đâu" beside an unusual name open: the words decide.
        in_words = aspects_by_words(joined)
        by_model = aspects_asked(parse.aspects, in_words, self._thresholds)
        asked = tuple(a for a in by_model if is_witnessed(a, joined)) or in_words
        if not asked and is_yes_or_no(joined):
            asked = (Aspect.CONDITIONS,)
        # "hồ sơ gồm những gì" names no paper: the one that was spoken of is meant.
        about_topic = reading.intent == UNNAMED and topic is not None and bool(asked)
        follows = reading.intent == FOLLOW_UP and not self._names_another(matches, topic)
        leaning = follows or about_topic
        if leaning or self._leans(reading, matches, asked, topic):
            # A strange word in it ("thi toeic lệ phí?") speaks against leaning on the topic.
            bare = max(reading.intent_score, 0.7) * self._familiarity(parse) * parse.known_share**3
            return self._follow_up(start, asked, topic, bare)
        if reading.intent == UNNAMED:
            near = reading.candidates if reading.in_scope >= SUGGESTED else ()
            unnamed = replace(start, skill=Skill.PROCEDURE, topic=UNNAMED, band=Band.UNSURE)
            return replace(unnamed, aspects=asked, candidates=near)
        if reading.intent and reading.intent != FOLLOW_UP:
            heard = self._skill(start, reading)
            if heard.band is not Band.LOST or not matches:
                return heard
        return self._procedure(start, reading, asked, degraded=False)

    def _by_request(self, text: str, whole: Reading) -> Reading | None:
        """The reading of what a long message comes to in the end ("… giờ muốn làm lại giấy thì sao").

        It counts only where it is sure and the whole story already brought up what it says.
        """
        request = request_of(text, tokens(text))
        if request is None:
            return None
        said = [word for token in tokens(request) for word in token.words]
        parse = self._parse(request, " ".join(said))
        if parse is None:
            return None
        reading = decide(self._gathered(parse, self._matcher.match(said), said), self._weights)
        known = {candidate.code for candidate in whole.candidates}
        surer = reading.confidence >= self._thresholds.sure and not reading.intent
        return reading if surer and reading.candidates[0].code in known else None

    def evidence(self, text: str) -> Evidence | None:
        """What speaks for each reading of ``text``, for fitting the weights; None if Rasa is away."""
        said = [word for token in tokens(normalise(text)) for word in token.words]
        parse = self._parse(normalise(text), " ".join(said))
        return self._gathered(parse, self._matcher.match(said), said) if parse else None

    def _unspoken(self, matches: tuple[Match, ...], said: list[str]) -> frozenset[str]:
        """The procedures for a special case (abroad, at the border) of which the message says nothing."""
        joined = " ".join(said)
        exact = {match.code for match in matches if match.exact and match.kind is not Kind.SHARED}
        return frozenset(c for c, case in self._special.items() if not case.search(joined)) - exact

    def _gathered(self, parse: Parse, matches: tuple[Match, ...], said: list[str]) -> Evidence:
        unspoken = self._unspoken(matches, said)
        wording = Wording(len(said), self._matcher.weighty(said), self._matcher.holders(said))
        return gather(parse, matches, unspoken, wording)

    def scam_kinds(self, text: str) -> Mapping[str, float] | None:
        """Rasa's probability of each likely kind of scam; None if Rasa is away or knows of none."""
        try:
            return (self._client.parse(normalise(text)).scam_kinds or None) if self._client else None
        except RasaAway:
            return None

    def _parse(self, text: str, joined: str) -> Parse | None:
        """Rasa's reading; an emergency that no word supports is taken out of it."""
        if self._client is None:
            return None
        try:
            parse = self._client.parse(text)
        except RasaAway:
            return None
        kept = tuple((i, p) for i, p in parse.intents if i != EMERGENCY or is_supported(joined, p))
        return replace(parse, intents=kept)

    def _names_another(self, matches: tuple[Match, ...], topic: str | None) -> bool:
        """Whether a message that sounds like a follow-up has a procedure of its own."""
        return bool(matches) and matches[0].score >= (NAMED if topic else 0.5)

    def _leans(
        self,
        reading: Reading,
        matches: tuple[Match, ...],
        asked: tuple[Aspect, ...],
        topic: str | None,
    ) -> bool:
        """Whether a message about an aspect names nothing of its own while a topic is at hand."""
        named = matches[0].score if matches else 0.0
        lost = reading.confidence < self._thresholds.unsure
        return bool(topic and asked and lost and named < 0.5 and not reading.intent)

    def _familiarity(self, parse: Parse) -> float:
        """1 for a message like the training examples, less the farther it is from all of them."""
        near = min(1.0, parse.nearest / self._thresholds.near_enough)
        known = min(1.0, parse.known_share / self._thresholds.known_enough)
        return (0.4 + 0.6 * near) * (0.4 + 0.6 * known)

    def _skill(self, start: Understanding, reading: Reading) -> Understanding:
        skill, topic = INTENT_SKILLS[reading.intent or "out_of_scope"]
        confidence = round(reading.intent_score, 4)
        how_sure = band(confidence, self._thresholds, degraded=False)
        lost = how_sure is Band.LOST
        return replace(
            start,
            skill=Skill.NONE if lost else skill,
            topic="" if lost else topic,
            confidence=confidence,
            candidates=reading.candidates,
            band=how_sure,
        )

    def _follow_up(
        self, start: Understanding, asked: tuple[Aspect, ...], topic: str | None, confidence: float
    ) -> Understanding:
        """``confidence`` counts only with a topic to lean on; a bare aspect alone is a question back."""
        how_sure = band(confidence, self._thresholds, degraded=False) if topic else Band.UNSURE
        return replace(
            start,
            skill=Skill.PROCEDURE,
            candidates=(Candidate(topic, 1.0),) if topic else (),
            aspects=asked,
            confidence=round(confidence, 4) if topic else 0.0,
            band=how_sure,
            follow_up=True,
        )

    def _procedure(
        self, start: Understanding, reading: Reading, asked: tuple[Aspect, ...], *, degraded: bool
    ) -> Understanding:
        how_sure = band(
            reading.confidence,
            self._thresholds,
            degraded=degraded,
            in_scope=reading.in_scope,
            ask=reading.ask,
        )
        return replace(
            start,
            skill=Skill.NONE if how_sure is Band.LOST else Skill.PROCEDURE,
            candidates=reading.candidates,
            aspects=asked,
            confidence=reading.confidence,
            band=how_sure,
            degraded=degraded,
        )

    def _degraded(
        self, start: Understanding, joined: str, matches: tuple[Match, ...], topic: str | None
    ) -> Understanding:
        reading = by_names_alone(matches, self._thresholds)
        asked = aspects_by_words(joined)
        named = band(reading.confidence, self._thresholds, degraded=True)
        talk = talk_by_words(joined)
        if talk and named is not Band.SURE:
            skill, about = talk
            sure = replace(start, skill=skill, topic=about, confidence=0.7, band=Band.SURE)
            return replace(sure, degraded=True)
        if named is Band.LOST and asked:
            return replace(self._follow_up(start, asked, topic, confidence=0.7), degraded=True)
        return self._procedure(start, reading, asked, degraded=True)


def build_understander(
    rasa_url: str | None,
    knowledge: Knowledge,
    thresholds: Thresholds | None = None,
    token: str = "",
) -> Understander:
    """The understander of a process; without ``rasa_url`` it works degraded, on the matcher alone."""
    client = RasaClient(rasa_url, token) if rasa_url else None
    return Understander(knowledge, client, thresholds or Thresholds())
