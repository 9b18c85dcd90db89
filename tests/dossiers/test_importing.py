"""Imports: all of a file or nothing, with a reason for every refused row."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from bot.cli import main
from bot.dossiers.columns import guess, problem_of
from bot.dossiers.importing import Report, import_file, preview, try_file
from bot.dossiers.records import Digits
from bot.dossiers.retention import forget_old
from bot.dossiers.sources import TableSource
from bot.dossiers.statuses import Shade, Status
from bot.store.engine import make_engine, reading, writing
from bot.store.migrate import upgrade
from bot.store.models import Audit
from bot.store.models_dossiers import DossierEvent, DossierImport, DossierRow
from tests.dossiers.helpers import CODE, HASHER, HEAD, IDENTITY, NOW, PHONE, csv_bytes, row, xlsx

DAY = timedelta(days=1)


@pytest.fixture
def put(engine: Engine, tmp_path: Path) -> Callable[..., Report]:
    """Import rows as a CSV file."""

    def take(*rows: list[str], after: timedelta = timedelta(0), data: bytes | None = None) -> Report:
        path = tmp_path / "danh-sach.csv"
        path.write_bytes(data if data is not None else csv_bytes(rows))
        return import_file(engine, path, NOW + after, HASHER, "officer:1", NOW + after)

    return take


def stored(engine: Engine) -> list[DossierRow]:
    with reading(engine) as session:
        return list(session.scalars(select(DossierRow).order_by(DossierRow.code)))


def steps(engine: Engine) -> list[str]:
    with reading(engine) as session:
        return list(session.scalars(select(DossierEvent.status_text).order_by(DossierEvent.id)))


def test_new_changed_and_unchanged_rows(engine: Engine, put: Callable[..., Report]) -> None:
    first = put(row(1), row(2), row(3))
    assert (first.done, first.new, first.changed, first.unchanged) == (True, 3, 0, 0)
    again = put(row(1), row(2, status="Đã xử lý xong"), row(3, office="x", note="x"), row(4), after=DAY)
    assert (again.new, again.changed, again.unchanged) == (1, 2, 1)
    rows = stored(engine)
    assert [r.status for r in rows] == ["received", "done", "received", "received"]
    assert {r.as_of for r in rows} == {NOW + DAY}
    told_again = steps(engine)[3:]
    assert sorted(told_again) == ["Đang xử lý", "Đang xử lý", "Đã xử lý xong"]
    with reading(engine) as session:
        done = list(session.scalars(select(DossierImport).order_by(DossierImport.id)))
        told = list(session.scalars(select(Audit.action)))
    assert [(d.done, d.new, d.changed, d.unchanged, d.refused) for d in done] == [
        (True, 3, 0, 0, 0),
        (True, 1, 2, 1, 0),
    ]
    assert told == ["dossiers_imported"] * 2


def test_what_is_stored_is_what_the_row_says_without_its_person(
    engine: Engine, put: Callable[..., Report]
) -> None:
    put(row(1, note="- Gọi 0912345678 để bổ sung"))
    found = TableSource(engine).find(CODE)
    assert found is not None
    dossier = found.dossier
    assert (dossier.status, dossier.shade, dossier.procedure) == (
        Status.RECEIVED, Shade.IN_WORK, "Đăng ký khai sinh"
    )  # fmt: skip
    assert (dossier.received, dossier.due) == (date(2026, 11, 2), date(2026, 12, 4))
    assert dossier.note == "Gọi ••••••••78 để bổ sung"
    assert HASHER.matches(found.factors, CODE, Digits(PHONE[-4:]))
    with reading(engine) as session:
        everything = " ".join(
            str(value)
            for table in (DossierRow, DossierEvent, DossierImport)
            for values in session.execute(select(*table.__table__.columns))
            for value in values
        )
    for secret in ("Người Thử", PHONE, IDENTITY, "0912345678"):
        assert secret not in everything


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code": ""}, "thiếu Mã hồ sơ"),
        ({"code": "abc"}, "không giống mã hồ sơ"),
        ({"code": "6,7381E+10"}, "làm tròn"),
        ({"status": ""}, "thiếu Trạng thái"),
        ({"status": "=1+1"}, "công thức"),
        ({"note": '=HYPERLINK("http://a.vn")'}, "công thức"),
        ({"procedure": "@SUM(A1)"}, "công thức"),
        ({"note": "+cmd|' /C calc'!A0"}, "công thức"),
        ({"note": "-2+3+cmd|' /C calc'!A0"}, "công thức"),
        ({"code": "=cmd|x"}, "công thức"),
        ({"due": "31/02/2026"}, "Ngày hẹn trả"),
        ({"due": "12/31/2026"}, "Ngày hẹn trả"),
        ({"due": "05/11/26"}, "không hiểu ngày"),
        ({"due": "05/11/1926"}, "ngoài khoảng"),
        ({"received": "hôm qua"}, "Ngày tiếp nhận"),
        ({"identity": "7,5E+10"}, "làm tròn"),
        ({"status": "#N/A"}, "ô lỗi"),
        ({"procedure": "x" * 501}, "dài quá"),
        ({"procedure": "§¨ng ký khai sinh cho trÎ em míi sinh t¹i x·"}, "TCVN3"),
    ],
)
def test_one_wrong_row_changes_nothing_and_is_told(
    engine: Engine, put: Callable[..., Report], change: dict[str, str], reason: str
) -> None:
    put(row(1))
    report = put(row(1, status="Đã trả kết quả"), row(2, **change), row(3), after=DAY)
    assert (report.done, report.refused, [p.row for p in report.problems]) == (False, 1, [3])
    assert reason in report.problems[0].reason
    assert [(r.code, r.status) for r in stored(engine)] == [(CODE, "received")]
    with reading(engine) as session:
        last = session.scalars(select(DossierImport).order_by(DossierImport.id.desc())).first()
    assert last is not None and not last.done and last.problems[0][0] == 3


@settings(deadline=None)
@given(at=st.integers(1, 30), size=st.integers(1, 30))
def test_a_file_broken_at_any_row_says_which(
    broken: Callable[[int, int], Report], at: int, size: int
) -> None:
    report = broken(at, size)
    assert [p.row for p in report.problems] == ([at + 1] if at <= size else [])
    assert bool(report.refused) == (at <= size)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, int], Report]:
    folder = tmp_path_factory.mktemp("broken")
    upgrade(f"sqlite:///{folder / 'a.db'}")
    engine = make_engine(f"sqlite:///{folder / 'a.db'}")

    def take(at: int, size: int) -> Report:
        rows = [row(n, due="nay mai" if n == at else "04/12/2026") for n in range(1, size + 1)]
        path = folder / "a.csv"
        path.write_bytes(csv_bytes(rows))
        return try_file(engine, path, NOW, HASHER)

    return take


def test_a_quote_that_is_never_closed_is_told_with_its_row(
    engine: Engine, put: Callable[..., Report]
) -> None:
    report = put(data=csv_bytes([row(1), row(2)]) + b'3,"never closed' + b"\n4,x" * 10)
    assert not report.done and report.problems[0].row == 4
    assert stored(engine) == []


def test_a_code_twice_in_a_file(engine: Engine, put: Callable[..., Report]) -> None:
    assert put(row(1), row(1)).repeated == 1
    report = put(row(1), row(2), row(1, status="Đã trả kết quả"), after=DAY)
    assert report.problems[0].row == 4 and "dòng 2" in report.problems[0].reason


def test_an_older_list_does_not_undo_a_newer_one(engine: Engine, put: Callable[..., Report]) -> None:
    put(row(1, status="Đã trả kết quả"), after=2 * DAY)
    report = put(row(1), after=DAY)
    assert (report.unchanged, report.older) == (1, 1)
    assert stored(engine)[0].status == "returned"


def test_an_unknown_status_is_kept_as_it_is_written(engine: Engine, put: Callable[..., Report]) -> None:
    report = put(row(1, status="Chờ hội ý lần 2"))
    assert report.unknown_statuses == {"Chờ hội ý lần 2": 1}
    found = TableSource(engine).find(CODE)
    assert found is not None and found.dossier.status is None
    assert found.dossier.status_text == "Chờ hội ý lần 2"


def test_titles_above_and_sums_below_are_no_rows(engine: Engine, put: Callable[..., Report]) -> None:
    title = "UBND XÃ XUÂN ĐỊNH\r\nDANH SÁCH HỒ SƠ\r\n\r\n".encode()
    report = put(data=title + csv_bytes([row(1)]) + "\r\nTổng cộng,,,,,,,,,1\r\n".encode())
    assert (report.new, report.refused) == (1, 0)
    late = put(data=title + csv_bytes([row(1), row(2, due="x")]), after=DAY)
    assert late.problems[0].row == 6


@pytest.mark.parametrize(
    "cell", ['="0900000021"', "0900000021", "900000021", "+84 900 000 021", "84900000021", "0900.000.021"]
)
def test_a_phone_in_any_spelling_is_the_same_factor(
    engine: Engine, put: Callable[..., Report], cell: str
) -> None:
    put(row(1, phone=cell))
    found = TableSource(engine).find(CODE)
    assert found is not None and found.factors.phone == HASHER.factors(CODE, PHONE, "").phone
    assert found.factors.phone4 == HASHER.factors(CODE, PHONE, "").phone4


def test_columns_are_guessed_remembered_and_can_be_chosen(engine: Engine, tmp_path: Path) -> None:
    head = ("Số biên nhận", "Tình trạng xử lý", "Điện thoại người nộp", "Hẹn trả (dự kiến)", "Diễn giải")
    path = xlsx(
        tmp_path / "a.xlsx", [("H19-261102-0001", "Đang xử lý", PHONE, "04/12/2026", "ghi gì đó")], head
    )
    seen = preview(engine, path)
    assert seen.columns == {"code": 0, "status": 1, "due": 3, "phone": 2} and not seen.remembered
    assert seen.sample[0]["phone"] == "…0021"
    chosen = {**seen.columns, "note": 4}
    assert import_file(engine, path, NOW, HASHER, "cli", NOW, columns=chosen).new == 1
    assert stored(engine)[0].note == "ghi gì đó"
    later = preview(engine, path)
    assert later.remembered and later.columns == chosen


def test_columns_that_are_not_enough_are_said() -> None:
    assert problem_of(guess(["Mã hồ sơ", "Ghi chú"])) == "thiếu cột Trạng thái"
    assert "không ai tra được" in (problem_of(guess(["Mã hồ sơ", "Trạng thái"])) or "")
    assert problem_of(guess(HEAD)) is None


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Three times the rows, not three times the memory."""
    upgrade(f"sqlite:///{tmp_path / 'a.db'}")
    engine = make_engine(f"sqlite:///{tmp_path / 'a.db'}")
    peaks = []
    for number in (1200, 3600):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(csv_bytes(row(n) for n in range(1, number + 1)))
        tracemalloc.start()
        import_file(engine, path, NOW, HASHER, "cli", NOW)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    engine.dispose()
    assert peaks[1] < 1.3 * peaks[0]


def test_old_dossiers_are_forgotten(engine: Engine, put: Callable[..., Report]) -> None:
    put(row(1, status="Đã trả kết quả"), row(2))
    with writing(engine) as session:
        assert forget_old(session, NOW + 100 * DAY, days=365) == 0
        assert forget_old(session, NOW + 366 * DAY, days=365) == 2
    with reading(engine) as session:
        assert session.scalar(select(func.count()).select_from(DossierEvent)) == 0


def test_on_the_command_line(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", "k" * 40)
    path = tmp_path / "a.csv"
    path.write_bytes(csv_bytes([row(1), row(2, status="Chờ hội ý")]))
    run = CliRunner()
    tried = run.invoke(main, ["dossiers", "import", "--try", str(path)])
    assert tried.exit_code == 0 and "Sẽ nhập: 2 mới" in tried.output, tried.output
    done = run.invoke(main, ["dossiers", "import", str(path)])
    assert "Đã nhập: 2 mới" in done.output and "«Chờ hội ý»" in done.output
    assert "Tổng cộng 2 hồ sơ" in run.invoke(main, ["dossiers", "list"]).output
    shown = run.invoke(main, ["dossiers", "show", CODE.lower()])
    assert "hẹn" in shown.output.lower() and "Đang xử lý" not in json.dumps(shown.exception or "")
    path.write_bytes(csv_bytes([row(1, due="mai")]))
    bad = run.invoke(main, ["dossiers", "import", str(path)])
    assert bad.exit_code == 1 and "dòng 2: Ngày hẹn trả" in bad.output
    assert "từ chối" in run.invoke(main, ["dossiers", "imports"]).output
    assert run.invoke(main, ["dossiers", "unlock", CODE]).exit_code == 0
    assert run.invoke(main, ["dossiers", "alerts"]).exit_code == 0
