"""Links by their parts: every trick a row; official sites are never flagged."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.scams.checking import Checker, Known, Level
from bot.scams.lists import Lists, load_lists

FAQ = Path(__file__).resolve().parents[2] / "faq_data"


@pytest.fixture(scope="module")
def lists() -> Lists:
    return load_lists(FAQ)


@pytest.fixture(scope="module")
def checker(lists: Lists) -> Checker:
    return Checker(lists)


TRICKS = [
    # link, sign, least level
    ("https://dichvucong.gov.vn@evil-site.com/dang-nhap", "link_userinfo", Level.DANGER),
    ("https://vneid.gov.vn%40evil.top/", "link_userinfo", Level.DANGER),
    ("http://103.45.67.89/vneid", "link_ip", Level.SUSPICIOUS),
    ("http://1731035993/x", "link_ip", Level.SUSPICIOUS),
    ("http://0x672d4359/x", "link_ip", Level.SUSPICIOUS),
    ("http://0147.055.0103.0131/x", "link_ip", Level.SUSPICIOUS),
    ("http://[2001:db8::1]/x", "link_ip", Level.SUSPICIOUS),
    ("https://tra-cuu-ho-so.com:8443/", "link_port", Level.SUSPICIOUS),
    ("https://xn--vietcombnk-t7b.com/", "link_drawn|link_name|link_slip|link_punycode", Level.SUSPICIOUS),
    ("https://viеtcombank.com/", "link_mixed", Level.DANGER),  # Cyrillic е
    ("https://vietcornbank.com/", "link_drawn", Level.DANGER),
    ("https://v1etc0mbank.net/", "link_drawn", Level.DANGER),
    ("https://vietconbank.com/", "link_slip", Level.DANGER),
    ("https://agrlbank.info/", "link_drawn", Level.DANGER),
    ("https://vietcombank-xacthuc.com/", "link_name", Level.DANGER),
    ("https://vcb-digibank.top/", "link_name", Level.DANGER),
    ("https://evn-cskh.vip/", "link_name", Level.DANGER),
    ("https://vnpost-giaohang.com/", "link_name", Level.DANGER),
    ("https://viettel-chuanhoa.net/", "link_name", Level.DANGER),
    ("https://dichvucong.gov.vn.dangky-online.net/", "link_fake_gov", Level.DANGER),
    ("https://dichvucong-gov.vn/", "link_fake_gov", Level.DANGER),
    ("https://vneid.govn.com/", "link_state_name", Level.DANGER),
    ("https://vneid-capnhat.com/", "link_state_name", Level.DANGER),
    ("https://bocongan.top/", "link_state_name", Level.DANGER),
    ("https://baohiemxahoi.site/", "link_state_name", Level.DANGER),
    ("https://bit.ly/3xYzAbc", "link_shortener", Level.SUSPICIOUS),
    ("https://nhanqua-tet.weebly.com/", "link_free_hosting", Level.SUSPICIOUS),
    ("https://sites.google.com/view/nhan-qua", "link_free_hosting", Level.SUSPICIOUS),
    ("https://abc-xyz.icu/", "link_cheap", Level.SUSPICIOUS),
    ("https://example.com/vneid.apk", "link_download", Level.DANGER),
    ("https://example.com/tai.apk?x=1#y", "link_download", Level.DANGER),
    ("https://anydesk-hotro.com/", "link_remote", Level.SUSPICIOUS),
    ("https://88vin.bet/", "link_gambling", Level.DANGER),
    ("https://google.com/url?q=https%3A%2F%2Fvcb-digibank.top%2Flogin", "link_name", Level.DANGER),
    ("https://google.com/url?q=https%253A%252F%252Fvcb-digibank.top", "link_name", Level.DANGER),
    ("https://%76neid-capnhat.com/", "link_hidden_host", Level.DANGER),
    ("hxxps://vneid-capnhat[.]com", "link_state_name", Level.DANGER),
    ("vneid-capnhat . com", "link_state_name", Level.DANGER),
    ("https:\\\\vneid-capnhat.com\\x", "link_state_name", Level.DANGER),
    ("HTTPS://VNEID-CAPNHAT.COM", "link_state_name", Level.DANGER),
    ("ｖｎｅｉｄ-capnhat。com", "link_state_name", Level.DANGER),
    ("vneid\u200b-capnhat.com", "link_state_name", Level.DANGER),
    ("000000.live", "link_listed", Level.DANGER),
    ("https://www.000000.live/a", "link_listed", Level.DANGER),
]


@pytest.mark.parametrize(("link", "signs", "least"), TRICKS)
def test_every_trick_is_seen(checker: Checker, link: str, signs: str, least: Level) -> None:
    found = checker.check(link)
    codes = {reason.code for reason in found.reasons}
    assert codes & set(signs.split("|")), (codes, found.links)
    order = [Level.CLEAR, Level.SUSPICIOUS, Level.DANGER]
    assert order.index(found.level) >= order.index(least), found


def test_official_sites_are_never_flagged(checker: Checker, lists: Lists) -> None:
    groups = [g for g in lists.official.groups if g.what != "platform"]
    hosts = [h for g in groups for s in g.sites for h in s.hosts]
    assert len(hosts) >= 150
    assert all(g.source and g.as_of for g in groups)
    for host in hosts:
        for link in (host, f"https://{host}/", f"https://www.{host}/tin-tuc?id=1", f"http://cskh.{host}"):
            found = checker.check(link)
            assert found.level is Level.CLEAR and not found.reasons, (link, found)
            assert found.links[0].official, link


@pytest.mark.parametrize(
    "host", ["xuanloc.dongnai.gov.vn", "xuandinh.xuanloc.dongnai.gov.vn", "congan.hue.gov.vn", "qdnd.mil.vn"]
)
def test_the_states_endings_are_official(checker: Checker, host: str) -> None:
    assert checker.check(f"https://{host}").links[0].official


@pytest.mark.parametrize(
    "text",
    [
        "chào chị.em gửi giấy", "giá 1.500.000đ/tháng", "họp lúc 8h.Mang theo CCCD", "TP.HCM", "v.v.",
        "mã 1.001193.000.00.00.H19", "nộp ngày 20.11.2026", "ông A.B.C",
    ],
)  # fmt: skip
def test_sentences_are_no_links(checker: Checker, text: str) -> None:
    assert checker.check(text).links == ()


def test_the_communes_own_list(checker: Checker) -> None:
    known = Known(hosts=frozenset({"trangtot.com"}), phones=frozenset({"+84912345678"}))
    assert checker.check("vào https://www.trangtot.com/a", known).level is Level.DANGER
    assert checker.check("0912 345 678", known).level is Level.DANGER
    assert checker.check("https://trangtot.com").level is Level.CLEAR


def test_what_is_not_known_is_not_called_safe(checker: Checker) -> None:
    found = checker.check("https://quanphohung.vn")
    assert found.level is Level.CLEAR
    assert [reason.code for reason in found.reasons] == ["link_unknown"]
