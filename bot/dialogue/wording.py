"""The typed form of ``faq_data/messages/``: one file per group, one key per text.

A text may use only the placeholders that its field names; a typing slip is refused at loading.
"""

from __future__ import annotations

from string import Formatter
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints

from bot.dossiers.telling import StatusWords

Text = Annotated[str, StringConstraints(min_length=1, max_length=1500, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=20, strip_whitespace=True)]
"""What a button says: Messenger cuts titles at 20 characters."""


def _filled_with(*names: str) -> AfterValidator:
    """A text in which each of ``names`` may stand in braces, and nothing else."""

    def check(text: str) -> str:
        try:
            used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
        except ValueError as error:
            raise ValueError(f"dấu ngoặc nhọn không khớp ({error})") from error
        unknown = sorted(used - set(names))
        if unknown:
            allowed = ", ".join(names) or "không có"
            raise ValueError(f"chỗ điền {', '.join(unknown) or '{}'} không có (cho phép: {allowed})")
        return text

    return AfterValidator(check)


Plain = Annotated[Text, _filled_with()]
OfCommune = Annotated[Text, _filled_with("commune")]
Named = Annotated[Text, _filled_with("name")]
NamedOfCommune = Annotated[Text, _filled_with("name", "commune")]
NamedSince = Annotated[Text, _filled_with("name", "day")]
Numbered = Annotated[Text, _filled_with("number")]
Coded = Annotated[Text, _filled_with("code")]
Merged = Annotated[Text, _filled_with("commune", "day", "units")]
Fact = Annotated[Text, _filled_with("office", "value")]
UnknownFact = Annotated[Text, _filled_with("what", "office")]
WithHours = Annotated[Text, _filled_with("hours")]
Sourced = Annotated[Text, _filled_with("source", "month")]
OfKind = Annotated[Text, _filled_with("kind")]
Dated = Annotated[Text, _filled_with("title", "day")]


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Buttons(_Group):
    """Titles of buttons."""

    officer: Title
    menu: Title
    none_of_these: Title
    more: Title
    more_of: Annotated[Title, _filled_with("aspect")]
    other_aspects: Title
    other_case: Title
    more_first: Title
    more_second: Title
    procedures: Title
    scam: Title
    victim: Title
    report: Title
    recognise: Title
    dossier: Title
    commune: Title
    erase_yes: Title
    erase_no: Title
    police: Title
    no_officer: Title
    satisfied: Title
    unsatisfied: Title
    supervisor: Title
    report_police: Title
    all_kinds: Title
    example: Title
    warn_on: Title
    warn_off: Title


class Smalltalk(_Group):
    """Talk that is about nothing but the assistant."""

    greeting: OfCommune
    greeting_again: Plain
    introduction: OfCommune  # one line before the first answer of a conversation
    menu: Plain
    procedures: Plain
    bot: OfCommune
    thanks: Plain
    bye: Plain
    abuse: Plain
    affirm: Plain
    deny: Plain
    voice: Plain
    picture: Plain
    file: Plain
    sticker: Plain
    other_attachment: Plain
    empty: Plain


class Procedures(_Group):
    """Around the answers on procedures, not the answers themselves."""

    ask_back_one: Named
    ask_back: Plain
    ask_paper: Plain
    dropped: Plain
    more_aspects: Named
    missing: NamedOfCommune
    superseded_by: NamedSince
    superseded: NamedSince
    choose: Plain
    one_more: Plain


class Misses(_Group):
    """What the assistant can't answer."""

    out_of_scope: OfCommune
    elsewhere: Plain
    lost: Plain
    stale_number: Numbered
    wrong_number: Numbered
    stale_button: Plain


class Handoff(_Group):
    """A person is to take over."""

    wish: Plain
    police: Plain
    complaint: Plain
    anger: Plain
    misses: Plain
    hours_known: WithHours
    hours_unknown: Plain
    open_now: Annotated[Text, _filled_with("until")]
    open_at: Annotated[Text, _filled_with("time")]
    meanwhile: Plain
    contact: Plain
    offer: Plain
    again: Plain  # called already, and asked for once more
    contact_noted: Plain
    cancelled: Plain
    released: Plain
    idle: Plain
    still_waiting: Plain
    forwarded: Plain
    officer_says: Annotated[Text, _filled_with("persona", "text")]
    rate: Plain
    rated_good: Plain
    rated_bad: Plain


class Emergency(_Group):
    """Somebody is in danger."""

    numbers: Plain
    despair: Plain
    noted: Plain


class CommuneWords(_Group):
    """The commune's own facts."""

    menu: OfCommune
    address: Fact
    hours: Fact
    phone: Fact
    not_yet: UnknownFact
    address_name: Title
    hours_name: Title
    phone_name: Title
    staff_name: Title
    merger_name: Title
    merger: Merged
    merger_elsewhere: Plain
    old_papers: Title
    website_name: Title
    website: Fact
    website_hint: Plain
    channels_name: Title
    not_guided: Plain
    over: Dated
    not_begun: Dated
    source: Sourced
    staff: OfCommune
    staff_of: Annotated[Text, _filled_with("what", "commune")]
    staff_unknown: Annotated[Text, _filled_with("what", "commune")]


class UnitWords(_Group):
    """What became of the old units, and what those of today consist of."""

    old: Annotated[Text, _filled_with("old", "district", "now", "province")]
    split: Annotated[Text, _filled_with("old", "district", "units")]
    now: Annotated[Text, _filled_with("now", "province")]
    changed: Annotated[Text, _filled_with("now", "earlier", "day")]
    parts: Annotated[Text, _filled_with("now", "count", "day", "units")]
    part: Annotated[Text, _filled_with("old", "district")]
    other: Annotated[Text, _filled_with("name", "parts")]
    district: Annotated[Text, _filled_with("district", "day", "count", "units")]
    province: Annotated[
        Text, _filled_with("joined", "earlier", "province", "merged", "city", "count", "communes", "wards")
    ]
    which: Annotated[Text, _filled_with("name", "options")]
    option_old: Annotated[Text, _filled_with("old", "district")]
    option_now: Named
    option_district: Named
    whole_district: Title
    guess: Annotated[Text, _filled_with("options")]
    hamlet: Plain
    unknown: Annotated[Text, _filled_with("province", "count")]


class Scams(_Group):
    """The check of a message, what is told about kinds of scams, and the commune's warnings."""

    danger: Plain
    danger_kind: OfKind
    suspicious: Plain
    suspicious_kind: OfKind
    do_link: Plain
    do_call: Plain
    do_pay: Plain
    do_doubt: Plain
    followed: Plain
    clear: Annotated[Text, _filled_with("looked")]
    official_link: Annotated[Text, _filled_with("host")]
    official_phone: Annotated[Text, _filled_with("number", "whose")]
    looked_words: Plain
    looked_links: Annotated[Text, _filled_with("hosts")]
    looked_phones: Plain
    looked_accounts: Plain
    looked_picture: Plain
    looked_code: Plain
    ask: Plain
    again: Plain
    signs: Plain
    victim: Plain
    reported: Plain
    reported_already: Plain
    nothing_to_report: Plain
    picture_text: Plain
    picture_size: Plain
    picture_away: Plain
    picture_empty: Plain
    picture_else: Plain
    kinds: Plain
    kinds_of: Annotated[Text, _filled_with("group")]
    group_line: Annotated[Text, _filled_with("group", "kinds")]
    groups: dict[str, Title]
    kind_signs: Plain
    kind_do: Plain
    kind_report: Plain
    kind_example: Plain
    kind_source: Annotated[Text, _filled_with("sources", "month")]
    warn_on: Plain
    warn_on_already: Plain
    warn_off: Plain
    warn_off_already: Plain
    warning: Annotated[Text, _filled_with("commune", "text")]


class Dossiers(_Group):
    """Looking dossiers up."""

    with_code: Coded
    without_code: Plain
    ask_code: Plain
    not_code: Plain
    nearly: Coded
    this_code: Title
    ask_factor: Coded
    not_factor: Plain
    missed: Plain
    wait: Annotated[Text, _filled_with("time")]
    away: Plain
    head: Coded
    head_of: Annotated[Text, _filled_with("code", "procedure")]
    as_of: Annotated[Text, _filled_with("time", "day")]
    follow: Title
    stop_following: Title
    following: Coded
    stopped: Annotated[Text, _filled_with("codes")]
    not_following: Plain
    news: Plain
    news_late: Plain
    why_late: Title
    what_missing: Title
    why_refused: Title
    late_overdue: Annotated[Text, _filled_with("due")]
    late_not_due: Annotated[Text, _filled_with("due")]
    late_no_date: Plain
    late_on_resident: Plain
    late_ended: Plain
    missing_known: Plain
    missing_unknown: Plain
    missing_nothing: Plain
    refused_known: Plain
    refused_unknown: Plain
    refused_not: Plain
    handed_over: Coded


class Erasure(_Group):
    """A resident wants the own data erased."""

    ask: Plain
    done: Plain
    kept: Plain


class Posts(_Group):
    """Comments under a page's posts: one line in public, the rest in the one private reply."""

    public: Plain
    intro: OfCommune
    hidden: Plain
    dossier: Plain
    more: Plain


class Wording(_Group):
    """Every text that a resident reads and that is no procedure and no guide."""

    buttons: Buttons
    smalltalk: Smalltalk
    procedures: Procedures
    misses: Misses
    handoff: Handoff
    emergency: Emergency
    commune: CommuneWords
    units: UnitWords
    scams: Scams
    dossiers: Dossiers
    dossier_statuses: StatusWords
    erasure: Erasure
    posts: Posts
