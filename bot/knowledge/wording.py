"""Plain Vietnamese for a phone screen: what may be shortened without changing any obligation.

Only words that say nothing to a resident are dropped ("theo quy định của pháp luật"), long official
names become the short ones that everybody uses, and long lists of databases become what they are.
"""

from __future__ import annotations

import re
from datetime import date

from bot.knowledge.model import Channel, Procedure
from bot.knowledge.text import capitalised

_DATABASES = (
    r"được khai thác trong căn cước điện tử, tài khoản định danh điện tử trên hệ thống định danh và xác thực"
    r" điện tử qua Ứng dụng định danh quốc gia hoặc trong Cơ sở dữ liệu quốc gia về dân cư, Cơ sở dữ liệu về"
    r" cư trú, Kho quản lý dữ liệu điện tử tổ chức, cá nhân trên Cổng dịch vụ công quốc gia, Hệ thống thông"
    r" tin giải quyết thủ tục hành chính cấp bộ, cấp tỉnh hoặc cơ sở dữ liệu quốc gia, cơ sở dữ liệu chuyên"
    r" ngành khác"
)
_IDENTITY = (
    r"Hộ chiếu/Thẻ căn cước công dân/Thẻ căn cước/Căn cước điện tử/Giấy chứng nhận căn cước hoặc các giấy tờ"
    r" khác có dán ảnh và thông tin cá nhân do cơ quan có thẩm quyền cấp, còn giá trị sử dụng(?: \(sau đây"
    r" gọi(?: tắt)? là giấy tờ tùy thân\))? để chứng minh về nhân thân khi làm thủ tục trực tiếp tại cơ quan"
    r" đăng ký hộ tịch"
)
_RESIDENCE = (
    r"Giấy tờ có giá trị chứng minh thông tin về cư trú trong trường hợp cơ quan đăng ký hộ tịch không thể"
    r" khai thác được thông tin về nơi cư trú của công dân theo các phương thức quy định tại khoản 2 Điều 14"
    r" Nghị định(?: số)? 104/2022/NĐ-CP(?: ngày 21/12/2022 của Chính phủ)?\. Trường hợp các thông tin về giấy"
    r" tờ chứng minh nơi cư trú đã được khai thác từ Cơ sở dữ liệu quốc gia về dân cư bằng các phương thức"
    r" này thì người có yêu cầu không phải xuất trình \(theo hình thức trực tiếp\) hoặc tải lên"
    r" \(theo hình thức trực tuyến\)"
)
_IDENTITY_PLAIN = (
    "Giấy tờ tùy thân có ảnh, còn giá trị, khi làm trực tiếp: căn cước, căn cước công dân, căn cước điện tử,"
    " giấy chứng nhận căn cước, hộ chiếu hoặc giấy tờ khác có ảnh và thông tin cá nhân do Nhà nước cấp"
)
_RESIDENCE_PLAIN = "Giấy tờ chứng minh nơi cư trú, chỉ khi cơ quan hộ tịch không tra được trên dữ liệu dân cư"
_OF_A_MINISTRY = (
    r"(?<=[A-ZĐ\d]) ngày \d{1,2}/\d{1,2}/\d{4} của"
    r" (?:Chính phủ|Bộ trưởng Bộ [A-ZĐ]\w+(?: [A-ZĐ]\w+)?|Bộ [A-ZĐ]\w+(?: [A-ZĐ]\w+)?)(?=[,.;)\s]|$)"
)
_HANDED_IN_PERSON = (
    r"\(nếu người có yêu cầu lựa chọn nộp hồ sơ theo hình thức trực tiếp"
    r"(?: hoặc gửi hồ sơ qua hệ thống bưu chính)?\)"
)
_INTERACTIVE = (
    r"\(do người yêu cầu cung cấp thông tin theo hướng dẫn trên Cổng dịch vụ công(?: quốc gia)?,? nếu người"
    r" có yêu cầu lựa chọn nộp hồ sơ theo hình thức trực tuyến\)"
)
# In order: whole sentences of the portal first, then words. None takes a duty away or adds one.
_SHORTER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (_DATABASES, "do cơ quan tra trên VNeID hoặc các cơ sở dữ liệu của Nhà nước"),
        (_IDENTITY, _IDENTITY_PLAIN),
        (_RESIDENCE, _RESIDENCE_PLAIN),
        (_HANDED_IN_PERSON, "(nếu nộp trực tiếp hoặc qua bưu điện)"),
        (_INTERACTIVE, "(điền trên Cổng Dịch vụ công, nếu nộp qua mạng)"),
        (r"\s*\(sau đây gọi (?:tắt )?là [^()]*\)", ""),
        (r",? ban hành kèm theo (?=(?:thông tư|nghị định|quyết định|nghị quyết)\b)", ", "),
        (r"\b(thông tư|nghị định|quyết định|nghị quyết|luật) số (?=\d)", r"\1 "),
        (_OF_A_MINISTRY, ""),
        (r"\s*theo quy định của pháp luật(?=\s*(?:[,.;:)]|$))", ""),
        (r"\bỦy ban nhân dân\b|\bUỷ ban nhân dân\b", "UBND"),
        (r"\bHội đồng nhân dân\b", "HĐND"),
        (r"Cơ sở dữ liệu quốc gia về dân cư", "dữ liệu dân cư quốc gia"),
        (r"Cơ sở dữ liệu hộ tịch điện tử", "dữ liệu hộ tịch điện tử"),
        (r"Ứng dụng định danh quốc gia|Ứng dụng định danh điện tử \(VneID\)", "VNeID"),
        (r"người yêu cầu đăng ký hộ tịch", "người đi đăng ký"),
        (r"\bCSDLQG\b", "cơ sở dữ liệu quốc gia"),
        (r"\bNLĐ\b", "người lao động"),
        (r"\bSDLĐ\b", "sử dụng lao động"),
        (r"\bTNLĐ\b", "tai nạn lao động"),
        (r"\bBNN\b", "bệnh nghề nghiệp"),
        (r"\bKCB\b", "khám chữa bệnh"),
        (r"\bDSPHSK\b", "dưỡng sức, phục hồi sức khỏe"),
        (r"\bPTTGSH\b", "phương tiện trợ giúp sinh hoạt"),
        (r"\s+([,.;:])", r"\1"),
        (r"(?<=[.:;]) (?=[+–-] )", "\n"),
        (r"\(\s*,\s*", "("),
        (r" {2,}", " "),
    )
)
_LETTERED = re.compile(r"^[a-zđ]\d?\)")
_BULLET = re.compile(r"^(?:[-+*•–]|\d{1,2}[.)](?!\d))\s*")

CHANNEL_WORDS = {
    Channel.DIRECT: "nộp trực tiếp",
    Channel.ONLINE: "nộp qua mạng",
    Channel.POST: "gửi qua bưu điện",
}


def plain(text: str) -> str:
    """``text`` in shorter words that mean the same."""
    for pattern, words in _SHORTER:
        text = pattern.sub(words, text)
    text = text.strip()
    return text if _LETTERED.match(text) else capitalised(text)


def without_bullet(text: str) -> str:
    """``text`` without the dash, letter or number that stood before it in the record."""
    return _BULLET.sub("", text)


_LABEL = re.compile(r"^(?:\(?(?:[a-zđ]|[ivx]{1,4}|\d{1,2}(?:\.\d{1,2})*)[).]\s*|[-+*•–]\s*)+")


def without_label(heading: str) -> str:
    """A heading without its "a)" or "(1.2)" before and its "hồ sơ gồm" behind."""
    bare = _LABEL.sub("", heading).strip().rstrip(":")
    return re.sub(r",? (?:thành phần )?hồ sơ (?:bao )?gồm$|,? (?:bao )?gồm$", "", bare, flags=re.IGNORECASE)


def money(amount: int, currency: str = "VND") -> str:
    """20000 as "20.000 đồng"."""
    grouped = f"{amount:,}".replace(",", ".")
    return f"{grouped} USD" if currency == "USD" else f"{grouped} đồng"


def day(value: date) -> str:
    """As people write it: 15/8/2026."""
    return f"{value.day}/{value.month}/{value.year}"


def month(as_of: str) -> str:
    """ "2026-07" as "tháng 7/2026"."""
    year, number = as_of.split("-")
    return f"tháng {int(number)}/{year}"


def channels(ways: tuple[Channel, ...], portal: str = "") -> str:
    """Ways of handing in, in a sentence; ``portal`` names where one hands in online."""
    words = [
        CHANNEL_WORDS[way] + (f" ({portal})" if portal and way is Channel.ONLINE else "") for way in ways
    ]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} hoặc {words[-1]}"


def title(procedure: Procedure) -> str:
    """The name without "Thủ tục", first letter in upper case."""
    return capitalised(re.sub(r"^thủ tục\s+", "", procedure.name, flags=re.IGNORECASE))


_BUTTON_WORDS: tuple[tuple[str, str], ...] = (
    (r"\s*\((?:thực hiện tại )?cấp xã\)$", ""),
    (
        r" bằng dịch vụ công trực tuyến toàn trình| thực hiện bằng dịch vụ công trực tuyến toàn trình",
        " (qua mạng)",
    ),
    (r" thực hiện bằng dịch vụ công toàn trình| trực tuyến toàn trình", " (qua mạng)"),
    (
        r"(?: thực hiện)? bằng dịch vụ công(?: trực tuyến)? một phần hoặc trực tiếp thực hiện tại .*$",
        " (trực tiếp)",
    ),
    (r" thực hiện tại cấp .*$", ""),
    (r"có yếu tố nước ngoài", "(nước ngoài)"),
    (r"tại khu vực biên giới", "(biên giới)"),
    (r"cho người đã có hồ sơ, giấy tờ cá nhân", "(đã có giấy tờ)"),
    (r"hợp tác xã, liên hiệp hợp tác xã", "HTX"),
    (r"tổ hợp tác", "THT"),
    (r"chứng nhận đăng ký xe, biển số xe", "đăng ký xe, biển số"),
    (r"Ủy ban nhân dân|Uỷ ban nhân dân", "UBND"),
    (r"Giấy chứng nhận", "GCN"),
    (r"bảo hiểm xã hội", "BHXH"),
    (r"bảo hiểm y tế", "BHYT"),
    (r"quyền sử dụng đất", "QSDĐ"),
    (r"thuộc thẩm quyền(?: giải quyết)? của .*$", ""),
    (r"nghĩa vụ quân sự", "NVQS"),
)


def short_name(procedure: Procedure, limit: int = 40) -> str:
    """A title for a button: what was written by hand, else the name with its usual abbreviations.

    Cut at a word only where nothing else helps; a cut name ends in "…".
    """
    if procedure.button:
        return procedure.button
    name = title(procedure)
    for pattern, short in _BUTTON_WORDS:
        if len(name) <= limit:
            break
        name = re.sub(pattern, short, name, flags=re.IGNORECASE)
    name = " ".join(name.split())
    if len(name) <= limit:
        return name
    return name[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:(-–") + "…"
