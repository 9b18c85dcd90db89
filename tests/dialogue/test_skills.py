"""Conversations on everything but procedures: people, misses, scams, contacts, the commune, erasure."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.dialogue.types import Behaviour
from bot.understanding.types import Band, Skill
from tests.dialogue.conftest import LOST, Talk, means
from tests.dialogue.steps import Step, held

BIRTH, RESIDENCE, LAND = "1.001193", "1.004222", "1.012753"

BIRTH_ASKED = means(codes={BIRTH: 0.95})
DENY = means(Skill.SMALLTALK, "deny")
AFFIRM = means(Skill.SMALLTALK, "affirm")
ELSEWHERE = means(Skill.NONE, "elsewhere")
OUT = means(Skill.NONE, "out_of_scope")
WISH = means(Skill.HANDOFF, "wish")
HELLO = means(Skill.SMALLTALK, "greeting")

A, C, H, R, S = Behaviour.ANSWER, Behaviour.CLARIFY, Behaviour.HANDOFF, Behaviour.REFUSE, Behaviour.SMALLTALK
P, N = Skill.PROCEDURE, Skill.NONE

CONVERSATIONS: dict[str, list[Step]] = {
    "emoji and mere punctuation are no misses": [
        Step("👍", LOST, S, Skill.SMALLTALK),
        Step("???", LOST, C, N, says=("không thấy chữ nào",)),
        Step("❤️", LOST, S, Skill.SMALLTALK),
    ],
    "two misses in a row call an officer, one does not": [
        Step("qwe", LOST, R, N, says=("chưa hiểu",)),
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
        Step("asd", LOST, R, N),
        Step("zxc", LOST, H, Skill.HANDOFF, says=("đã ghi nhận", "chưa cập nhật"),
             queue="hộ tịch–chứng thực"),
        Step("qwe", LOST, R, N),
    ],
    "out of scope, said with certainty, never calls an officer": [
        Step("bong da", OUT, R, N, says=("ngoài phần", "xã Xuân Định")),
        Step("gia vang", OUT, R, N),
        Step("thoi tiet", OUT, R, N),
    ],
    "out of scope, guessed, counts as a miss": [
        Step("bong da", replace(OUT, band=Band.UNSURE), R, N),
        Step("gia vang", replace(OUT, band=Band.LOST), H, Skill.HANDOFF),
    ],
    "business of another office is told so, and is no miss": [
        Step("qwe", LOST, R, N, says=("chưa hiểu",)),
        Step("xin visa", ELSEWHERE, R, N, (), says=("không trả lời để tránh sai", "dichvucong.gov.vn"),
             never=("ngoài phần",)),
        Step("nop thue", replace(ELSEWHERE, band=Band.UNSURE), R, N, says=("dichvucong.gov.vn",)),
        Step("1", None, S, Skill.SMALLTALK),
    ],
    "business of another office, asked of a person": [
        Step("nop thue", ELSEWHERE, R, N, says=("Gặp cán bộ",)),
        Step("gap can bo", None, H, Skill.HANDOFF),
    ],
    "an emergency: the numbers first": [
        Step("chay nha", means(Skill.HANDOFF, "emergency"), H, Skill.HANDOFF, (), says=("113", "114", "115"),
             never=("trợ lý tự động của", "đừng ở một mình"), queue="công an xã"),
        Step("khai sinh", BIRTH_ASKED, A, P, says=("trợ lý tự động",)),
    ],
    "despair": [
        Step("toi muon chet", means(Skill.HANDOFF, "emergency"), H, Skill.HANDOFF, says=("115", "một mình")),
    ],
    "a person is wanted": [
        Step("gap can bo", WISH, H, Skill.HANDOFF, says=("đã ghi nhận", "chưa cập nhật"), queue="chung"),
        Step("khai sinh", BIRTH_ASKED, A, P, (BIRTH,)),
    ],
    "a person is perhaps wanted": [
        Step("can bo", replace(WISH, band=Band.UNSURE), C, Skill.HANDOFF, says=("muốn gặp cán bộ",)),
        Step("1", None, H, Skill.HANDOFF),
    ],
    "a complaint about land goes to no field's officers": [
        Step("dat", means(codes={LAND: 0.9}), A, P),
        Step("can bo doi tien", means(Skill.HANDOFF, "complaint"), H, Skill.HANDOFF, queue="chung"),
    ],
    "anger": [
        Step("buc minh", means(Skill.HANDOFF, "anger"), H, Skill.HANDOFF, says=("xin lỗi",)),
    ],
    "abuse is answered calmly": [
        Step("do ngu", means(Skill.SMALLTALK, "abuse"), S, Skill.SMALLTALK, says=("xin lỗi", "Gặp cán bộ")),
    ],
    "greeting says who speaks, once": [
        Step("chao", HELLO, S, Skill.SMALLTALK, says=("trợ lý tự động (máy trả lời) của xã Xuân Định",)),
        Step("chao", HELLO, S, Skill.SMALLTALK, never=("trợ lý tự động",)),
        Step("cam on", means(Skill.SMALLTALK, "thanks"), S, Skill.SMALLTALK, never=("trợ lý tự động",)),
    ],
    "who are you": [
        Step("ban la ai", means(Skill.SMALLTALK, "bot"), S, Skill.SMALLTALK,
             says=("máy chứ không phải người",)),
    ],
    "yes and no out of the blue": [
        Step("u", AFFIRM, S, Skill.SMALLTALK),
        Step("khong", DENY, S, Skill.SMALLTALK),
    ],
    "erasure: asked, confirmed in a word": [
        Step("xoá dữ liệu của tôi", LOST, C, N, says=("không lấy lại được",)),
        Step("đồng ý", LOST, A, N, says=("được xóa",)),
    ],
    "erasure: thought better of it": [
        Step("xoa het tin nhan", LOST, C, N),
        Step("thoi khong", DENY, A, N, says=("không xóa gì",)),
        Step("xoa het tin nhan", LOST, C, N),
        Step("thoi", means(Skill.SMALLTALK, "bye"), A, N, says=("không xóa gì",)),
    ],
    "erasing an official record is no erasure of ours": [
        Step("xoa thong tin trong so ho khau cua toi", means(codes={RESIDENCE: 0.9}), A, P, (RESIDENCE,)),
    ],
    "scam: the thing itself is asked for": [
        Step("tin nhan nay co lua dao khong", means(Skill.SCAM, "check"), C, Skill.SCAM,
             says=("gửi chính tin nhắn", "OTP"), never=("an toàn",)),
        Step("1", None, A, Skill.SCAM, says=("Gọi ngân hàng", "lấy lại tiền")),
        Step("1", None, H, Skill.HANDOFF, says=("công an xã",), queue="công an xã"),
    ],
    "scam: where to report it": [
        Step("bao lua dao cho ai", means(Skill.SCAM, "check"), A, Skill.SCAM, says=("113", "156")),
    ],
    "scam victim: first aid at once": [
        Step("lo chuyen tien roi", means(Skill.SCAM, "victim"), A, Skill.SCAM, says=("Gọi ngân hàng", "113")),
        Step("Báo ở đâu", None, A, Skill.SCAM, says=("156",), never=("069.234",)),
    ],
    "dossier": [
        Step("H19.29-260115-0007 toi dau", means(Skill.DOSSIER, dossier="H19.29-260115-0007"), A,
             Skill.DOSSIER, says=("H19.29-260115-0007", "chưa nối", "Cổng hành chính công tỉnh Đồng Nai")),
    ],
    "the commune's address is not known": [
        Step("uy ban o dau", means(Skill.CONTACT, "address"), A, Skill.CONTACT,
             says=("UBND xã Xuân Định: chưa cập nhật",)),
        Step("so dt cong an xa", means(Skill.CONTACT, "phone"), A, Skill.CONTACT,
             says=("Công an xã Xuân Định: chưa cập nhật",)),
        Step("ai lo dat dai", means(Skill.COMMUNE, "staff"), A, Skill.COMMUNE, says=("chưa cập nhật",)),
    ],
    "the merger": [
        Step("bao hoa gio thuoc dau", means(Skill.COMMUNE, "merger"), A, Skill.COMMUNE,
             says=("Xã Bảo Hoà cũ (huyện Xuân Lộc) nay thuộc Xã Xuân Định", "1/7/2025", "NQ 1662")),
    ],
    "the merger of others": [
        Step("xuan loc gio thuoc dau", means(Skill.COMMUNE, "merger"), A, Skill.COMMUNE,
             says=("Huyện Xuân Lộc không còn", "Phường Xuân Lộc", "NQ 1662")),
        Step("#commune:merger", None, A, Skill.COMMUNE, says=("Xã Bảo Hoà (huyện Xuân Lộc cũ)",)),
    ],
    "no link": [
        Step("khai.sinh", BIRTH_ASKED, A, P),
    ],
    "guides": [
        Step("nop mang", means(Skill.COMMUNE, "online"), A, Skill.COMMUNE,
             says=("dichvucong.gov.vn", "Nguồn:")),
        Step("vneid", means(Skill.COMMUNE, "vneid"), A, Skill.COMMUNE, says=("công an xã",)),
        Step("ocop", means(Skill.COMMUNE, "ocop"), A, Skill.COMMUNE, says=("QĐ 1489",)),
        Step("tem truy xuat nguon goc", means(Skill.COMMUNE, "ocop"), A, Skill.COMMUNE, says=("NĐ 37/2026",)),
        Step("chuyen la", means(Skill.COMMUNE, "no_such_guide"), R, Skill.COMMUNE, says=("Gặp cán bộ",)),
    ],
    "a skill that is only guessed wildly is a miss": [
        Step("ccc", means(Skill.COMMUNE, "ocop", band=Band.LOST), R, N),
    ],
}  # fmt: skip


@pytest.mark.parametrize("steps", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_conversation(steps: list[Step], talk: Talk) -> None:
    held(talk, steps)
