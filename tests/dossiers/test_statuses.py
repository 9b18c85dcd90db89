"""Statuses, appointments in working days, and what residents read of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dossiers.appointments import Appointment, Due, appointment, working_days
from bot.dossiers.records import Dossier
from bot.dossiers.statuses import NAMES, UNKNOWN, Reading, Shade, Status, read_status
from bot.dossiers.telling import lines
from bot.hours import Calendar
from bot.settings import ROOT
from bot.texts import load_texts

NATIONAL = (
    "Mới đăng ký", "Được tiếp nhận", "Không được tiếp nhận", "Đang xử lý", "Yêu cầu bổ sung giấy tờ",
    "Yêu cầu thực hiện nghĩa vụ tài chính", "Công dân yêu cầu rút hồ sơ", "Dừng xử lý", "Đã xử lý xong",
    "Đã trả kết quả",
)  # fmt: skip
OTHERS = (
    "Chờ tiếp nhận", "Đang xử lý", "Chờ bổ sung hồ sơ", "Dừng xử lý", "Từ chối chuyên ngành", "Đã hủy",
    "Đã trả kết quả", "Hồ sơ mới tiếp nhận", "Chờ xử lý", "Chờ ký duyệt", "Chờ thực hiện liên thông",
    "Chờ thực hiện nghĩa vụ tài chính", "Đã bổ sung - chờ tiếp nhận", "Hồ sơ không xử lý được",
    "Đã rút hồ sơ",
)  # fmt: skip
WEEK = Calendar(dict.fromkeys(range(5), ((450, 690), (780, 1020))))
WORDS = load_texts(ROOT / "faq_data").wording.dossier_statuses
DOSSIER = Dossier("H19-261102-0001", Status.RECEIVED, datetime(2026, 11, 24, tzinfo=UTC))


@pytest.mark.parametrize("text", [*NATIONAL, *OTHERS, *NAMES.values()])
def test_every_status_of_the_four_systems_has_one_of_the_nine_names(text: str) -> None:
    assert read_status(text).status in NAMES
    assert read_status(f"  {text.upper()}. ") == read_status(text)


def test_the_national_portals_numbers() -> None:
    for number, text in enumerate(NATIONAL, start=1):
        assert read_status(str(number)) == read_status(text)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("Mới đăng ký", Reading(Status.RECEIVED, Shade.SUBMITTED)),
        ("Không được tiếp nhận", Reading(Status.REFUSED, Shade.NOT_ACCEPTED)),
        ("Đã bổ sung - chờ tiếp nhận", Reading(Status.RECEIVED, Shade.SUPPLEMENTED)),
        ("Chờ thực hiện nghĩa vụ tài chính", Reading(Status.DUTY)),
        ("Đã rút hồ sơ", Reading(Status.WITHDRAWN)),
        ("", UNKNOWN),
        ("11", UNKNOWN),
        ("0", UNKNOWN),
        ("Đang xử lý lại lần 2", UNKNOWN),
        ("Chưa xử lý xong", UNKNOWN),
    ],
)
def test_what_a_status_means(text: str, reading: Reading) -> None:
    assert read_status(text) == reading


@pytest.mark.parametrize(
    ("after", "until", "days"),
    [
        (date(2026, 11, 16), date(2026, 11, 20), 4),
        (date(2026, 11, 20), date(2026, 11, 23), 1),  # over a weekend
        (date(2026, 4, 29), date(2026, 5, 4), 1),  # 30/4, 1/5, a weekend
        (date(2026, 8, 31), date(2026, 9, 3), 1),  # 1/9 and 2/9
        (date(2026, 2, 13), date(2026, 2, 23), 1),  # Tết
        (date(2026, 11, 20), date(2026, 11, 20), 0),
        (date(2026, 11, 20), date(2026, 11, 1), 0),
    ],
)
def test_working_days_leave_out_weekends_and_holidays(after: date, until: date, days: int) -> None:
    assert working_days(after, until, None) == working_days(after, until, WEEK) == days


def test_exceptional_days_of_the_office_count() -> None:
    swapped = Calendar(WEEK.weekly, {date(2026, 11, 21): ((450, 690),), date(2026, 11, 23): ()})
    assert working_days(date(2026, 11, 20), date(2026, 11, 23), swapped) == 1
    assert working_days(date(2026, 11, 20), date(2026, 11, 22), swapped) == 1


_DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


@settings(deadline=None)
@given(_DAYS, _DAYS, _DAYS)
def test_working_days_add_up(a: date, b: date, c: date) -> None:
    first, middle, last = sorted((a, b, c))
    both = working_days(first, middle, None) + working_days(middle, last, None)
    assert working_days(first, last, None) == both <= (last - first).days


@pytest.mark.parametrize(
    ("status", "due", "found"),
    [
        (Status.RECEIVED, date(2026, 12, 4), Appointment(Due.AHEAD, date(2026, 12, 4), 8)),
        (Status.RECEIVED, date(2026, 11, 24), Appointment(Due.TODAY, date(2026, 11, 24))),
        (Status.RECEIVED, date(2026, 11, 18), Appointment(Due.OVERDUE, date(2026, 11, 18), 3)),
        (Status.RECEIVED, None, Appointment(Due.NONE)),
        (None, date(2026, 11, 18), Appointment(Due.OVERDUE, date(2026, 11, 18), 3)),
        (Status.SUPPLEMENT, date(2026, 11, 18), Appointment(Due.PAUSED, date(2026, 11, 18))),
        (Status.DUTY, date(2026, 12, 4), Appointment(Due.PAUSED, date(2026, 12, 4))),
        (Status.DONE, date(2026, 11, 18), Appointment(Due.ENDED, date(2026, 11, 18))),
    ],
)
def test_how_an_appointment_stands(status: Status | None, due: date | None, found: Appointment) -> None:
    """On Tuesday 24/11/2026, itself a public holiday (the Day of Culture)."""
    assert appointment(replace(DOSSIER, status=status, due=due), date(2026, 11, 24), WEEK) == found


@pytest.mark.parametrize("status", [*Status, None])
@pytest.mark.parametrize("shade", list(Shade))
@pytest.mark.parametrize("days", [None, -400, -1, 0, 1, 400])
def test_every_dossier_can_be_told(status: Status | None, shade: Shade, days: int | None) -> None:
    now = datetime(2026, 11, 25, 3, tzinfo=UTC)
    due = None if days is None else now.date() + timedelta(days=days)
    told = lines(replace(DOSSIER, status=status, shade=shade, due=due, note="x" * 999), WORDS, now, WEEK)
    assert all(told) and not any("{" in line for line in told)
    assert len("\n".join(told)) < 1200


def test_overdue_is_said_with_whom_to_ask() -> None:
    now = datetime(2026, 11, 25, 3, tzinfo=UTC)
    told = lines(replace(DOSSIER, due=date(2026, 11, 18), office="Bộ phận Một cửa"), WORDS, now, WEEK)
    assert "quá hẹn 4 ngày làm việc" in told[-1] and "Bộ phận Một cửa" in told[-1]


def test_an_unknown_status_is_said_to_be_unknown() -> None:
    now = datetime(2026, 11, 25, 3, tzinfo=UTC)
    told = lines(replace(DOSSIER, status=None, status_text="Chờ hội ý"), WORDS, now, WEEK)
    assert "Chờ hội ý" in told[0] and "chưa biết" in told[0]
