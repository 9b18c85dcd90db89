"""Who asks for a person gets one, whatever it is about."""

from __future__ import annotations

import pytest

from bot.understanding.folding import fold, words
from bot.understanding.wishes import is_wish

WISHES = [
    "tôi muốn gặp cán bộ",
    "tôi muốn gặp cán bộ hỏi giấy khai sinh của cháu",
    "cho bà gặp cán bộ hỏi giấy khai sinh của cháu",
    "cho tôi gặp cán bộ được không",
    "cho tôi gặp người thật đi nói máy mãi",
    "con tôi mất giấy khai sinh, lên xã hai lần rồi, giờ muốn gặp cán bộ hỏi cho rõ",
    "gặp cán bộ hỏi trợ cấp người cao tuổi",
    "gặp cán bộ",
    "xin gặp nhân viên phụ trách đất đai",
    "tôi cần gặp cán bộ tư pháp gấp",
    "cho em nói chuyện với cán bộ địa chính",
    "nối máy cho tôi với cán bộ hộ tịch",
    "tôi muốn gặp cán bộ để hỏi làm lại sổ đỏ ở đâu",
    "tôi muốn gặp cán bộ bàn phím zalo",
]
QUESTIONS = [
    "làm khai sinh phải gặp cán bộ nào",
    "muốn gặp cán bộ địa chính thì đến phòng nào",
    "muốn gặp cán bộ tư pháp thì lên xã thứ mấy",
    "tôi muốn gặp cán bộ hộ tịch ở đâu",
    "làm khai sinh có cần gặp cán bộ không",
    "thôi tôi không muốn gặp cán bộ nữa",
    "khỏi cần gặp cán bộ đâu",
    "gặp cán bộ cần mang theo gì",
    "cho hỏi giấy tờ làm khai sinh",
    "nhân viên xã có làm thứ bảy không",
    "con muốn làm cán bộ xã thì thi ở đâu",
    "cho con gặp mẹ",
]


@pytest.mark.parametrize("text", WISHES)
def test_a_wish(text: str) -> None:
    assert is_wish(" ".join(words(text)))
    assert is_wish(" ".join(words(fold(text))))


@pytest.mark.parametrize("text", QUESTIONS)
def test_no_wish(text: str) -> None:
    assert not is_wish(" ".join(words(text)))
    assert not is_wish(" ".join(words(fold(text))))
