"""What becomes of a comment under a page's post: rules, in the order in which they hold. Pure.

1. what the page itself wrote is nobody's question;
2. danger to life: told where help comes from, and a person is called;
3. scams with a link or a number, and insults, are hidden and shown to the editor;
4. phone, identity and account numbers are hidden, and their writer is told in private;
5. thanks, emoji and friends who are called are left alone;
6. a dossier is spoken of in private only;
7. a complaint waits for a person, and so does whatever is not surely understood;
8. a question that is understood is answered in private, with a neutral line in public.

Nobody gets more than one automatic answer under one post, and nobody who answers somebody else's comment
gets one: people talk to each other there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.posts import comment_words as tell
from bot.scams.recognising import Wanted, recognise
from bot.scams.types import Analysis, Level
from bot.understanding.emergencies import is_emergency
from bot.understanding.folding import words

PRIVATE_DAYS = 7
"""So long after a comment Facebook takes a private reply."""


class Where(StrEnum):
    """What a comment stands under."""

    POST = "post"
    PAGE = "page"  # an answer to what the page said
    SELF = "self"  # goes on with a comment of their own
    OTHERS = "others"  # an answer to somebody else


class Understood(StrEnum):
    """What the assistant makes of it, as it would of a message."""

    ANSWER = "answer"
    DOSSIER = "dossier"
    COMPLAINT = "complaint"
    EMERGENCY = "emergency"
    UNCERTAIN = "uncertain"


class Verdict(StrEnum):
    """``comments.verdict``: the rule that decided."""

    OWN = "own"
    EMERGENCY = "emergency"
    SCAM = "scam"
    SMELLS = "smells"
    INSULT = "insult"
    PERSONAL = "personal"
    PERSONAL_QUESTION = "personal_question"
    KIND = "kind"
    FRIEND = "friend"
    NO_WORDS = "no_words"
    PICTURE = "picture"
    DOSSIER = "dossier"
    COMPLAINT = "complaint"
    QUESTION = "question"
    SCAM_QUESTION = "scam_question"
    AGAIN = "again"
    BETWEEN = "between"
    LATE = "late"
    NAMELESS = "nameless"
    SWITCHED_OFF = "switched_off"
    UNCERTAIN = "uncertain"


VERDICT_NAMES: Mapping[Verdict, str] = {
    Verdict.OWN: "Của trang",
    Verdict.EMERGENCY: "Có thể đang nguy cấp",
    Verdict.SCAM: "Dấu hiệu lừa đảo",
    Verdict.SMELLS: "Có liên kết đáng ngờ",
    Verdict.INSULT: "Lời xúc phạm",
    Verdict.PERSONAL: "Có số điện thoại hoặc số giấy tờ",
    Verdict.PERSONAL_QUESTION: "Câu hỏi, có số điện thoại hoặc số giấy tờ",
    Verdict.KIND: "Cảm ơn, chúc mừng",
    Verdict.FRIEND: "Gọi bạn bè",
    Verdict.NO_WORDS: "Không có chữ",
    Verdict.PICTURE: "Chỉ có ảnh",
    Verdict.DOSSIER: "Hỏi về hồ sơ riêng",
    Verdict.COMPLAINT: "Phản ánh, phàn nàn",
    Verdict.QUESTION: "Câu hỏi",
    Verdict.SCAM_QUESTION: "Hỏi có phải lừa đảo không",
    Verdict.AGAIN: "Đã trả lời người này ở bài này",
    Verdict.BETWEEN: "Hỏi trong lúc trò chuyện với người khác",
    Verdict.LATE: "Quá 7 ngày, không nhắn riêng được",
    Verdict.NAMELESS: "Facebook không cho biết người viết",
    Verdict.SWITCHED_OFF: "Trang không bật trả lời tự động",
    Verdict.UNCERTAIN: "Chưa rõ ý",
}


class Part(StrEnum):
    """What the one private reply is made of, in this order."""

    HIDDEN = "hidden"  # the comment was hidden, and why
    ANSWER = "answer"  # what the assistant says
    DOSSIER = "dossier"  # come and ask here


@dataclass(frozen=True, slots=True)
class Said:
    """A comment as the rules see it. ``answered``: this person has had an automatic answer under this post.

    ``fresh``: young enough for a private reply. ``named``: who wrote it is known. ``answers``, ``hides``:
    what the page's rule allows.
    """

    text: str
    own: bool = False
    where: Where = Where.POST
    picture: bool = False
    named: bool = True
    fresh: bool = True
    answered: bool = False
    answers: bool = True
    hides: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """``hide`` it, send ``private``, say the neutral line in ``public``; ``waits``: a person looks at it."""

    verdict: Verdict
    hide: bool = False
    private: tuple[Part, ...] = ()
    public: bool = False
    waits: bool = False

    @property
    def speaks(self) -> bool:
        """Whether it is an automatic answer."""
        return self.public or bool(self.private)


def judge(
    said: Said,
    understand: Callable[[], Understood],
    check: Callable[[str], Analysis],
    public_numbers: Collection[str] = (),
) -> Decision:
    """What to do with ``said``. ``understand`` is asked only where it matters: it may cost a call.

    :param check: the scam check of a text.
    :param public_numbers: the commune's own telephone numbers, digits only.
    """
    if said.own:
        return Decision(Verdict.OWN)
    return _within(said, _by_rule(said, understand, check, public_numbers))


def _by_rule(
    said: Said,
    understand: Callable[[], Understood],
    check: Callable[[str], Analysis],
    public_numbers: Collection[str],
) -> Decision:
    text = said.text
    if not tell.has_words(text):
        return Decision(Verdict.PICTURE, waits=True) if said.picture else Decision(Verdict.NO_WORDS)
    joined = " ".join(words(text))
    if is_emergency(joined):
        return Decision(Verdict.EMERGENCY, private=(Part.ANSWER,), waits=True)
    if tell.insults(text):
        return Decision(Verdict.INSULT, hide=True, waits=True)
    scam = _scam(text, check(text))
    if scam is not None:
        return scam
    if tell.personal(text, public_numbers):
        return _personal(text, joined, understand)
    if tell.calls_a_friend(text):
        return Decision(Verdict.FRIEND)
    if tell.is_kind(text):
        return Decision(Verdict.KIND)
    return _wish(text, joined, understand)


_ASKING = frozenset({Wanted.LINK, Wanted.PHONE, Wanted.ACCOUNT, Wanted.ASKING, Wanted.STORY})


def _scam(text: str, found: Analysis) -> Decision | None:
    """Baits of swindlers. Who asks whether it is a scam is told in private, and the bait is hidden too."""
    baits = bool([link for link in found.links if not link.official] or found.phones or found.accounts)
    if found.level is Level.CLEAR or not baits:
        return None
    brought = recognise(text)
    if found.level is Level.DANGER or brought is Wanted.FORWARDED:
        if brought in _ASKING and tell.asks(text):
            return Decision(Verdict.SCAM_QUESTION, hide=True, private=(Part.ANSWER,), waits=True)
        return Decision(Verdict.SCAM, hide=True, waits=True)
    return Decision(Verdict.SMELLS, waits=True) if found.links else None


def _personal(text: str, joined: str, understand: Callable[[], Understood]) -> Decision:
    """Hidden in any case; answered along with it if it is a question that is understood."""
    hidden = Decision(Verdict.PERSONAL, hide=True, private=(Part.HIDDEN,), waits=True)
    if tell.about_a_dossier(text):
        return replace(hidden, verdict=Verdict.DOSSIER, private=(Part.HIDDEN, Part.DOSSIER), waits=False)
    if tell.complains(joined) or not tell.asks(text) or understand() is not Understood.ANSWER:
        return hidden
    both = (Part.HIDDEN, Part.ANSWER)
    return replace(hidden, verdict=Verdict.PERSONAL_QUESTION, private=both, waits=False)


def _wish(text: str, joined: str, understand: Callable[[], Understood]) -> Decision:
    if tell.complains(joined):
        return Decision(Verdict.COMPLAINT, waits=True)
    if tell.about_a_dossier(text):
        return Decision(Verdict.DOSSIER, private=(Part.DOSSIER,))
    if not tell.asks(text):
        return Decision(Verdict.UNCERTAIN, waits=True)
    match understand():
        case Understood.ANSWER:
            return Decision(Verdict.QUESTION, private=(Part.ANSWER,), public=True)
        case Understood.DOSSIER:
            return Decision(Verdict.DOSSIER, private=(Part.DOSSIER,))
        case Understood.COMPLAINT:
            return Decision(Verdict.COMPLAINT, waits=True)
        case Understood.EMERGENCY:
            return Decision(Verdict.EMERGENCY, private=(Part.ANSWER,), waits=True)
    return Decision(Verdict.UNCERTAIN, waits=True)


def _within(said: Said, wanted: Decision) -> Decision:
    """``wanted`` as far as the page's rule, the platform and the one answer per person and post allow it."""
    decision = wanted
    if decision.hide and not said.hides:
        parts = tuple(part for part in decision.private if part is not Part.HIDDEN)
        decision = replace(decision, hide=False, private=parts, waits=True)
    if not decision.speaks:
        return decision
    reason = _silenced(said, decision)
    if reason is None:
        return decision
    verdict = decision.verdict if decision.hide or decision.verdict is Verdict.EMERGENCY else reason
    return replace(decision, verdict=verdict, private=(), public=False, waits=True)


def _silenced(said: Said, decision: Decision) -> Verdict | None:
    """Why no automatic answer may be given."""
    if not said.answers:
        return Verdict.SWITCHED_OFF
    if not said.named:
        return Verdict.NAMELESS
    if said.answered:
        return Verdict.AGAIN
    if not said.fresh:
        return Verdict.LATE
    if said.where is Where.OTHERS and not decision.hide and decision.verdict is not Verdict.EMERGENCY:
        return Verdict.BETWEEN
    return None
