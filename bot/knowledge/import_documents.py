"""The documents of a captured record: cleaned, deduplicated, grouped, the main papers first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bot.knowledge.model import Document, DocumentGroup, GroupRole, Need
from bot.knowledge.text import clean, clean_line

# The portal glues the name of the form's file to the text, often with its Vietnamese letters dropped:
# "…Thông tư số 53/2025/TT-BCA).1.MuCT01banhnhkmtheo", "…/NĐ-CPMẫu số 01.docx"
_FILE_START = (
    r"(?:\d{1,3}[.-]\s*)?(?:Mẫu|mẫu|Mau|Mu(?=s?\d|CT)|Mus|Phụ lục|văn bản đề nghị|Danhmu|TT05|\d{6}_"
    r"|n(?=xin|gk|ngh))"
)
_DEBRIS = (
    re.compile(rf"(?<=\S)[.;]?{_FILE_START}[^\n]*\.(?:docx?|pdf|xlsx?)$"),
    re.compile(r"(?<=\S)(?:\d{1,2}\.)(?:Mu|n)[A-Za-z0-9]{8,}$"),
    re.compile(r"(?<=\))\.?Mus?\d[\w.\-]*$"),
    re.compile(r"(?<=\S)Mau ?\d+[a-z]? ?- ?Phu ?luc[\w ]*_\d+\.\d{4}\.?$"),
    re.compile(r"(?<=[).])Mau$"),
    re.compile(r"(?<=\));\d{1,2}\.$"),
    re.compile(r"(?<=\S)luc TT\d+ BXD [^\n]*\.docx?$"),
)
_AUTHORISATION = re.compile(
    r"^[-+*\s(]*(văn bản ủy quyền|văn bản uỷ quyền|giấy ủy quyền|giấy uỷ quyền|hợp đồng ủy quyền"
    r"|trường hợp (?:được )?(?:ủy|uỷ) quyền)",
    re.IGNORECASE,
)
_CASE = re.compile(r"^[-+*\s(]*(trường hợp|đối với|nếu|khi)\b", re.IGNORECASE)
_CONDITIONAL = re.compile(
    r"trong trường hợp|\(nếu (?!người có yêu cầu)|phương tiện đăng ký đậu|đăng ký phương tiện và",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"^[-+*\s(]*(tờ khai|đơn\b|phiếu|mẫu\b|giấy đề nghị|văn bản đề nghị|bản khai)", re.IGNORECASE
)
_LABEL = re.compile(
    r"^[-+*\s]*(?:\((?P<roman>[ivx]{1,5})\)|\(?(?P<letter>[a-eg-z])\)|\((?P<number>\d{1,2})\))"
)
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_SHOW = re.compile(r"xuất trình", re.IGNORECASE)
_NOTES = re.compile(r"^\*?\s*(lưu ý|ghi chú|số lượng hồ sơ)", re.IGNORECASE)
_MAIN = re.compile(
    r"^(giấy tờ phải nộp|thành phần hồ sơ|bao gồm|hồ sơ gồm\b.*|hồ sơ đăng ký tạm trú gồm"
    r"|hồ sơ gia hạn tạm trú gồm|người yêu cầu chứng thực nộp 01.*)$",
    re.IGNORECASE,
)
_TELLS_NOTHING = re.compile(
    r"^(giấy tờ phải nộp|thành phần hồ sơ|bao gồm|giấy tờ phải xuất trình|xuất trình|lưu ý)$", re.IGNORECASE
)
_ORDER = {role: place for place, role in enumerate(GroupRole)}


def without_debris(text: str) -> str:
    """``text`` without the file name that the portal glued to its end."""
    for pattern in _DEBRIS:
        text = pattern.sub("", text)
    return text.rstrip(" ;")


def group_role(name: str | None) -> GroupRole:
    """What a heading of the portal asks of the resident."""
    if name is None or _MAIN.match(name):
        return GroupRole.SUBMIT
    if _NOTES.match(name):
        return GroupRole.NOTES
    if re.search(r"(ủy|uỷ) quyền thực hiện thủ tục", name, re.IGNORECASE):
        return GroupRole.AUTHORISATION
    if _SHOW.search(name) and not _CASE.match(name):
        return GroupRole.SHOW
    return GroupRole.CASE


def need_of(text: str, role: GroupRole) -> Need:
    """Whether everybody in the group needs this document."""
    if role is GroupRole.AUTHORISATION or _AUTHORISATION.match(text):
        return Need.AUTHORISATION
    if _CASE.match(text):
        return Need.CASE
    return Need.ALWAYS


def _document(raw: Mapping[str, Any], role: GroupRole) -> Document | None:
    text = without_debris(clean(raw["text"]))
    if not text:
        return None
    note = raw["kind"] == "note" or role is GroupRole.NOTES
    form = raw.get("form_file")
    return Document(
        text=text,
        kind="note" if note else "document",
        need=Need.ALWAYS if note else need_of(text, role),
        originals=0 if note else int(raw.get("originals") or 0),
        copies=0 if note else int(raw.get("copies") or 0),
        form_file=clean_line(form) if form else None,
    )


def _label(text: str) -> int:
    """The place that a row's own label gives it ("(iii)" is 3): the portal shuffles its rows."""
    match = _LABEL.match(text)
    if match is None:
        return 0
    if roman := match["roman"]:
        return _ROMAN.index(roman) + 1 if roman in _ROMAN else 0
    return int(match["number"]) if match["number"] else ord(match["letter"]) - ord("a") + 1


def _rank(item: Document, bare: bool) -> tuple[int, bool, bool, bool, int]:
    """Main papers first, then those that only some must bring, special cases, authorisations, notes.

    Among equals: rows under a heading before bare ones, forms before other papers, else the portal's order.
    """
    if item.kind == "note":
        return (len(Need), False, False, False, 0)
    need = list(Need).index(item.need)
    return (
        need,
        bool(_CONDITIONAL.search(item.text[:120])),
        bare,
        not _FORM.match(item.text),
        _label(item.text),
    )


def import_documents(raw: Iterable[Mapping[str, Any]]) -> tuple[DocumentGroup, ...]:
    """Group the rows by their heading, drop repeated rows, and put the main papers first.

    A heading that only says "to hand in" or "to show" is replaced by the group's role; the rows that the
    portal lists under no heading at all join the papers to hand in, after those.
    """
    buckets: dict[tuple[GroupRole, str | None], list[tuple[Document, bool]]] = {}
    seen: set[tuple[GroupRole, str | None, str]] = set()
    headed = [row for row in raw if row.get("group")]
    bare = [row for row in raw if not row.get("group")]
    for row in [*headed, *bare]:
        heading = clean_line(row["group"]) if row.get("group") else None
        role = group_role(heading)
        name = heading
        if heading is None or role is GroupRole.SUBMIT or _TELLS_NOTHING.match(heading):
            name = None
        item = _document(row, role)
        if item is None or (role, name, item.text) in seen:
            continue
        seen.add((role, name, item.text))
        buckets.setdefault((role, name), []).append((item, heading is None))
    groups = [
        DocumentGroup(
            name=name, role=role, items=tuple(item for item, _ in sorted(rows, key=lambda row: _rank(*row)))
        )
        for (role, name), rows in buckets.items()
    ]
    return tuple(sorted(groups, key=lambda group: _ORDER[group.role]))


def rejoin_steps(steps: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Mend a record whose page was cut at the words "Thành phần hồ sơ".

    The capture took the cross-reference "quy định tại mục 9.3 (Thành phần hồ sơ)" in the steps for the
    heading of the documents: the rest of the steps ended up as one "document". It goes back to the steps.
    """
    tail = "\n".join(clean(row["text"]) for row in rows)
    head = clean(steps)
    if not head.endswith("("):
        head += " "
    joined = f"{head}Thành phần hồ sơ{'' if tail[:1] in ').;,' else ' '}{tail}"
    return re.sub(r"Thành phần hồ sơ Bước", "Thành phần hồ sơ.\nBước", joined)
