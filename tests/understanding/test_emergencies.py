"""Emergencies: found at once, and not in questions that only sound like one."""

from __future__ import annotations

import pytest

from bot.understanding.emergencies import is_emergency, is_supported
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
    "cháy rồi",
    "nhà tôi cháy rồi làm sao",
    "nhà bên cạnh bốc cháy lớn lắm",
    "xe đang bốc cháy trước cổng",
    "ổ điện bị cháy khét lẹt",
    "cháy rừng ở ấp 3",
    "chợ cháy, ngoài chợ đang cháy lớn",
    "gọi chữa cháy giùm nhà tôi cháy",
    "bé té sông rồi",
    "con tôi té giếng",
    "có người rơi xuống ao",
    "lật ghe ngoài sông",
    "mưa lớn sạt lở vùi nhà",
    "nhà bị sập đè người",
    "chồng em đánh em",
    "bị chồng đánh",
    "bị người ta đánh",
    "bị hàng xóm đánh",
    "bố đánh con dữ quá",
    "đang đánh nhau ngoài chợ",
    "bạn tôi bị chém",
    "có người cầm dao đuổi chém",
    "bị giật túi xách, có cướp",
    "bị cướp xe máy",
    "nhà bị trộm",
    "ba em bị đột quỵ",
    "mẹ tôi khó thở quá",
    "ông nội ngất xỉu",
    "bà bị ngất rồi",
    "con tôi co giật",
    "bị rắn cắn",
    "bị chó dại cắn",
    "có người bị điện giật",
    "con tôi bị bắt cóc",
    "em tôi muốn tự tử",
    "tôi không muốn sống nữa",
    "uống thuốc trừ sâu",
    "có người nhảy cầu",
    "xe lật, bị xe tải tông",
    "gọi cấp cứu số bao nhiêu",
    "bé bị lạc rồi",
    "bị bạo hành",
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
    "trễ 2 tháng có bị phạt k",
    "quá hạn có bị phạt không",
    "chạy cho kịp giờ",
    "mở quán ăn chay",
    "quán cơm chay",
    "hồ sơ của tôi đang chạy tới đâu",
    "xe bị chảy dầu",
    "có cho xe chạy",
    "nhà sắp xây xong",
    "nhà em bán chạy",
    "treo cờ ngày lễ",
    "tư vấn giúp em",
    "em muốn từ từ làm",
    "sẽ từ từ nộp",
    "kinh tế hộ gia đình",
    "thực tế sống ở đây",
    "rồi hồ sơ nộp đâu",
    "danh sách hộ nghèo",
    "bị đánh giá chậm",
    "bị đánh mất giấy khai sinh",
    "đánh máy tờ khai",
    "dành cho con",
    "bảo hành điện thoại",
    "bị cướp đất",
    "cứu trợ bão lụt",
    "con cừu",
    "dùng xe chung",
    "đúng xe này",
    "tai nạn lao động hưởng gì",
    "ba tôi bị tai biến xin giấy khuyết tật",
    "đăng kiểm xe",
    "phải chăm sóc mẹ bị bệnh",
    "công an đánh dân",
    "có người gọi điện bảo con tôi bị bắt cóc",
    "bán xe rồi nộp lại biển số",
    "bị ngắt điện",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger(text: str) -> None:
    assert is_emergency(" ".join(words(text)))
    assert is_emergency(" ".join(words(fold(text))))


@pytest.mark.parametrize("text", CALM)
def test_calm(text: str) -> None:
    assert not is_emergency(" ".join(words(text)))
    assert not is_emergency(" ".join(words(fold(text))))


def test_the_model_only_supports_a_word() -> None:
    """What Rasa thinks counts beside a word that points the same way, and never alone."""
    assert is_supported("xe dung nhau chet nguoi", 0.9)
    assert not is_supported("xe dung nhau chet nguoi", 0.4)
    assert not is_supported("tre hai thang co bi phat khong", 0.99)
    assert not is_supported("tro cap tai nan chet nguoi", 0.99)
