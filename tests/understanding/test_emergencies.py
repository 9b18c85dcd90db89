"""Emergencies: found at once, and not in questions that only sound like one."""

from __future__ import annotations

import pytest

from bot.understanding.emergencies import is_emergency
from bot.understanding.folding import fold, words

DANGER = [
    "cháy nhà rồi cứu với",
    "nhà hàng xóm đang cháy",
    "cấp cứu",
    "gọi cấp cứu giùm",
    "có cướp",
    "đang bị cướp",
    "đang bị chồng đánh đập",
    "có người muốn tự tử",
    "có tai nạn ngoài ngã ba",
    "tai nạn giao thông nặng lắm",
    "có đứa nhỏ đuối nước",
    "có người bị điện giật",
    "nổ bình gas",
    "có trộm vào nhà",
    "cứu em với",
]
CALM = [
    "giấy chứng nhận phòng cháy chữa cháy",
    "trợ cấp tai nạn lao động",
    "hồ sơ chế độ tai nạn giao thông",
    "tra cứu tới đâu rồi",
    "cho chạy xe vào sân uỷ ban không",
    "chợ bán chạy quá",
    "từ từ em làm",
    "em từ từ nộp",
    "làm giấy chứng tử cho người bị tai nạn",
    "hỗ trợ nhà bị cháy cần giấy tờ gì",
    "tập huấn sơ cấp cứu",
    "con tôi cấp cứu kêu chuyển tiền có phải lừa đảo",
    "nghiên cứu em nên học ngành gì",
    "đăng ký khai sinh",
    "nghĩa vụ quân sự",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger(text: str) -> None:
    assert is_emergency(" ".join(words(text)))
    assert is_emergency(" ".join(words(fold(text))))


@pytest.mark.parametrize("text", CALM)
def test_calm(text: str) -> None:
    assert not is_emergency(" ".join(words(text)))
