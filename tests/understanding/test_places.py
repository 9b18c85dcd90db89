"""Names of units in messages, and which messages ask about a merger."""

from __future__ import annotations

import random
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.units import District, Old, Province, Unit, Units, bare, key, read_units
from bot.settings import ROOT
from bot.understanding.folding import fold, words
from bot.understanding.gazetteer import _NO_NAME, Gazetteer, Place, is_spelt, meant
from bot.understanding.places import asks_for_parts, merger_rule

UNITS: Units = read_units(ROOT / "faq_data" / "units" / "dong-nai.yml", "units")
GAZETTEER = Gazetteer(UNITS)
RULE = merger_rule(UNITS)
OLDS = list(UNITS.old.values())


def places(text: str) -> list[tuple[Place, ...]]:
    said = words(text)
    parts = asks_for_parts(" ".join(said))
    return [meant(mention, parts=parts) for mention in GAZETTEER.read(said).mentions]


def name(place: Place) -> str:
    if isinstance(place, Old):
        return f"{place.unit.name}, {place.unit.district}"
    return place.name


def only(text: str) -> list[str]:
    """The one place that the message names, or its possible meanings."""
    found = places(text)
    assert len(found) == 1, (text, found)
    return [name(place) for place in found[0]]


@pytest.mark.parametrize("old", OLDS, ids=lambda old: f"{old.unit.code}")
def test_every_old_unit_is_found_by_its_name_and_district(old: Old) -> None:
    """With and without diacritics; a name of several is told apart by the district, or all are offered."""
    alike = UNITS.old_by_key[key(old.unit.name)]
    for text in (f"{old.unit.name} cũ giờ thuộc đâu", fold(f"{old.unit.name} gio la xa nao")):
        (options,) = places(text)
        assert old in options and set(alike) <= set(options), text
        assert len(options) == 1 or len(alike) > 1, text
    (options,) = places(f"{old.unit.name} {old.unit.district} giờ thuộc đâu")
    same = [o for o in alike if o.unit.district == old.unit.district]
    assert list(options) == same


@pytest.mark.parametrize("unit", UNITS.units, ids=lambda unit: unit.code)
def test_every_unit_of_today_is_found(unit: Unit) -> None:
    for text in (f"{unit.name} gồm những xã nào", fold(f"{unit.name} gom nhung don vi nao")):
        (options,) = places(text)
        assert unit in options and all(isinstance(option, Unit) for option in options), text
    (options,) = places(f"{unit.name} giờ thuộc đâu")
    olds = [option for option in options if isinstance(option, Old)]
    told = {u for old in olds for u in old.now} | {UNITS.same_name(old) for old in olds}  # Hố Nai, An Lộc
    assert unit in told | set(options)


@pytest.mark.parametrize("district", UNITS.districts.values(), ids=lambda district: district.slug)
def test_every_district_is_found(district: District) -> None:
    assert places(f"{district.name} còn không") == [(district,)]
    assert places(fold(f"{district.name}, {district.province} con khong a")) == [(district,)]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(OLDS), st.integers(0, 10_000))
def test_a_mistyped_name_is_found_or_asked_back(old: Old, seed: int) -> None:
    """Two letters that changed places, one too many or too few: the right name is among the guesses."""
    letters = list(fold(bare(old.unit.name)))
    if len("".join(letters).replace(" ", "")) < 7:
        return
    at = random.Random(seed).randrange(1, len(letters) - 1)
    if seed % 3 == 0:
        letters[at], letters[at - 1] = letters[at - 1], letters[at]
    elif seed % 3 == 1:
        letters.insert(at, letters[at])
    else:
        del letters[at]
    typed = "".join(letters)
    if words(typed) != typed.split() or typed.split()[0] in _NO_NAME:  # it became a short form, or "nào"
        return
    found = GAZETTEER.read(words(f"xa {typed} cu gio thuoc dau"))
    heard = {m.named.key for m in found.mentions} | {named.key for named in found.guesses}
    # Fewer slips may lead to another name; then that name is there, and asked about if it may be right.
    assert heard, typed
    nearer = any(UNITS.old_by_key.get(k) or UNITS.new_by_key.get(k) for k in heard)
    assert key(old.unit.name) in heard or nearer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xa bao hoaf gio thuoc dau", "Xã Bảo Hoà, Huyện Xuân Lộc"),  # "hoaf" is no syllable
        ("baohoa h la xa nao", "Xã Bảo Hoà, Huyện Xuân Lộc"),
        ("tt gia ray giờ là gì", "Thị trấn Gia Ray, Huyện Xuân Lộc"),
        ("xã cũ Suối Cát nay thuộc đâu", "Xã Suối Cát, Huyện Xuân Lộc"),
        ("Tân Thành Bù Đốp giờ là xã nào", "Xã Tân Thành, Huyện Bù Đốp"),
        ("huyện bù đốp xã tân thành giờ thuộc đâu", "Xã Tân Thành, Huyện Bù Đốp"),
        ("xã Tân Hiệp tỉnh Bình Phước giờ thuộc đâu", "Xã Tân Hiệp, Huyện Hớn Quản"),
        ("xã Đồng Nai huyện Bù Đăng giờ thuộc đâu", "Xã Đồng Nai, Huyện Bù Đăng"),
        ("xã Bảo Hòa, thành phố Đồng Nai nay là gì", "Xã Bảo Hoà, Huyện Xuân Lộc"),
        ("xã Long An huyện Long Thành giờ về đâu", "Xã Long An, Huyện Long Thành"),
        ("xã Bàu Hàm 2 nhập về đâu", "Xã Bàu Hàm 2, Huyện Thống Nhất"),
        ("xuân lộc giờ thuộc đâu", "Huyện Xuân Lộc"),
        ("thành phố đồng nai có từ khi nào", "Thành phố Đồng Nai"),
        ("bình phước nhập vào đồng nai chưa", "Thành phố Đồng Nai"),
        ("phường Bình Phước là phường nào cũ", "Phường Bình Phước"),
        ("phường Hố Nai gồm những phường nào", "Phường Hố Nai"),
        ("phường Hố Nai giờ thuộc đâu", "Phường Hố Nai, Thành phố Biên Hòa"),
    ],
)
def test_one_place_is_meant(text: str, expected: str) -> None:
    assert only(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("xã Tân Thành giờ thuộc đâu",
         ["Xã Tân Thành, Thành phố Đồng Xoài", "Xã Tân Thành, Huyện Bù Đốp"]),
        ("xã Thống Nhất sáp nhập vào đâu",
         ["Xã Thống Nhất, Huyện Bù Đăng", "Phường Thống Nhất, Thành phố Biên Hòa", "Xã Thống Nhất"]),
        ("thống nhất giờ là gì",
         ["Xã Thống Nhất, Huyện Bù Đăng", "Phường Thống Nhất, Thành phố Biên Hòa", "Xã Thống Nhất",
          "Huyện Thống Nhất"]),
        ("xã lộc thành gồm xã nào", ["Xã Lộc Thạnh", "Xã Lộc Thành"]),
    ],
)  # fmt: skip
def test_several_places_may_be_meant(text: str, expected: list[str]) -> None:
    assert only(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "xã Tam Đảo giờ thuộc đâu",
        "phường Bến Nghé nhập vào đâu",
        "xã Tân Hòa tỉnh Tây Ninh giờ thuộc đâu",
        "xã Hòa Phú huyện Củ Chi giờ là gì",
        "bình dương giờ thuộc tỉnh nào",
        "tỉnh Long An còn không",
        "quận 9 giờ thuộc đâu",
    ],
)
def test_what_lies_elsewhere_is_unknown(text: str) -> None:
    found = GAZETTEER.read(words(text))
    assert found.unknown and not found.mentions and not found.guesses


@pytest.mark.parametrize(
    ("text", "guessed"),
    [
        ("xa bao hao gio thuoc dau", {"bao hoa"}),
        ("xã Xuân Lâm giờ thuộc đâu", {"xuan lap", "xuan tam"}),
        ("xa xuan thanh huyen thong nhat gio la gi", {"xuan thanh"}),  # Xuân Thành lay elsewhere
    ],
)
def test_a_name_that_may_lie_elsewhere_is_only_guessed(text: str, guessed: set[str]) -> None:
    found = GAZETTEER.read(words(text))
    assert not found.mentions and {named.key for named in found.guesses} == guessed


@pytest.mark.parametrize(
    ("typed", "name", "can_be"),
    [
        ("bao hoa", "bao hoa", True),
        ("Bảo Hòa", "bao hoa", True),
        ("BẢO HOÀ", "bao hoa", True),
        ("bảo hoa", "bao hoa", True),
        ("Bão Hòa", "bao hoa", False),
        ("Xuân Thạnh", "xuan thanh", False),
        ("Lộc Thành", "loc thanh", True),
        ("Đak Ơ", "dak o", True),
        ("Đồng Xoai", "dong xoai", True),
        ("Đông Tiến", "dong tien", True),
        ("Đồng Tiền", "dong tien", False),
    ],
)
def test_diacritics_may_be_missing_but_none_may_be_another(typed: str, name: str, can_be: bool) -> None:
    named = GAZETTEER.named(name)
    assert named is not None and is_spelt(typed, named) is can_be


@pytest.mark.parametrize(
    ("text", "only_a_hamlet"),
    [
        ("ấp Bảo Thị giờ thuộc xã nào", True),
        ("khu phố 3 nay thuộc phường nào", True),
        ("ấp 3 xã Bảo Hòa giờ thuộc đâu", False),
        ("nhà tôi ở ấp cũ giờ thuộc xã nào", False),
    ],
)
def test_hamlets_are_not_known(text: str, only_a_hamlet: bool) -> None:
    assert GAZETTEER.read(words(text)).hamlet is only_a_hamlet


@pytest.mark.parametrize(
    "text", ["xã tôi sáp nhập vào đâu", "sáp nhập xã", "xã cũ giờ tên gì", "xã nào mới", ""]
)
def test_no_name_at_all(text: str) -> None:
    found = GAZETTEER.read(words(text))
    assert not found.mentions and not found.guesses and not found.unknown


@pytest.mark.parametrize(
    "text",
    [
        "xã Bảo Hòa cũ giờ thuộc đâu",
        "bao hoa h la xa nao",
        "phường Xuân Lập nhập vô đâu",
        "xã Xuân Định gồm những xã nào",
        "thị trấn Gia Ray giờ là gì",
        "huyện Xuân Lộc còn không",
        "tỉnh Bình Phước cũ giờ ra sao",
        "xã Suối Cát đổi tên thành gì",
        "xã Xuân Tâm sáp nhập với xã nào vậy ad",
        "nhà em ở xã Xuân Bảo giờ thuộc xã nào",
        "tân phú giờ là phường hay xã",
        "đồng nai lên thành phố trực thuộc trung ương khi nào",
        "long khánh bỏ rồi hả",
        "huyện Cẩm Mỹ có mấy xã",
        "cho hỏi xã Sông Trầu cũ",
        "xã Đồng Tiến nay thuộc xã nào",
    ],
)
def test_questions_on_a_merger(text: str) -> None:
    assert RULE(" ".join(words(text)))


@pytest.mark.parametrize(
    "text",
    [
        "đăng ký khai sinh ở xã Bảo Hòa",
        "xã Bảo Hòa sáp nhập rồi làm khai sinh ở đâu",
        "UBND xã Bảo Hòa cũ giờ ở đâu",
        "chuyển hộ khẩu từ xã Bảo Hòa cũ về đâu làm",
        "nhập hộ khẩu vào xã Xuân Định",
        "đổi tên cho con ở xã Xuân Định",
        "xã Xuân Định giờ còn mở cửa không",
        "xã Xuân Định giờ còn làm việc không",
        "giấy tờ ghi xã Bảo Hòa cũ có phải đổi không",
        "sổ đỏ ghi huyện Xuân Lộc giờ là gì",
        "đóng tiền giờ là gì",
        "thống nhất vậy nha",
        "đăng ký tạm trú ở Long Khánh",
        "công an xã Bảo Hòa cũ giờ là ai",
        "chủ tịch xã Xuân Định giờ là ai",
        "xã tôi sáp nhập vào đâu",
        "tôi ở Xuân Định",
        "giờ tôi ở xã Bảo Hòa muốn xin giấy độc thân thì lên đâu",
        "",
    ],
)
def test_questions_on_something_else(text: str) -> None:
    assert not RULE(" ".join(words(text)))


def test_no_question_written_for_a_procedure_asks_about_a_merger() -> None:
    asked = [
        text
        for path in sorted((ROOT / "faq_data" / "questions").glob("*.yml"))
        for parts in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).values()
        for texts in parts.values()
        for text in texts
    ]
    assert len(asked) > 1000
    assert [text for text in asked if RULE(" ".join(words(text)))] == []


@pytest.mark.parametrize("place", ["ở xã Bảo Hòa cũ", "tại huyện Xuân Lộc", "ở xã mới Xuân Định được không"])
def test_a_procedure_with_a_place_beside_it_is_still_the_procedure(place: str) -> None:
    named = [
        name
        for path in sorted((ROOT / "faq_data" / "aliases").glob("*.yml"))
        for names in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).values()
        for name in (names or {}).get("aliases", ())
    ]
    wrong = [name for name in named if RULE(" ".join(words(f"{name} {place}")))]
    assert len(wrong) <= len(named) / 200, wrong


def test_without_units_nothing_is_a_merger_question() -> None:
    assert not merger_rule(None)("xa bao hoa cu gio thuoc dau")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    said = words(text)
    for options in (meant(m) for m in GAZETTEER.read(said).mentions):
        assert all(isinstance(option, (Unit, Old, District, Province)) for option in options)
    RULE(" ".join(said))


def test_the_rule_costs_next_to_nothing() -> None:
    """It runs on every message."""
    said = " ".join(words("em ở xã Xuân Bảo muốn hỏi thủ tục đăng ký kết hôn với người ở huyện Định Quán ạ"))
    started = time.perf_counter()
    for _ in range(200):
        RULE(said)
    assert (time.perf_counter() - started) / 200 < 0.002
