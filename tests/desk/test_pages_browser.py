"""Every page of the desk beside the inbox, in headless Chromium: on a PC and on a phone, and by axe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine, update

from bot.clock import utc_now
from bot.posts.content import Content, Target
from bot.posts.lifecycle import Action, Actor
from bot.posts.store import Request, create, perform
from bot.store.engine import make_engine, writing
from bot.store.models import Account, Conversation, Handoff, Rating, Unanswered
from bot.store.models_dossiers import DossierAlert, DossierEvent, DossierRow
from bot.store.models_posts import Comment, Publication
from bot.store.models_scams import ScamListed, ScamReport, ScamWarning
from bot.supervisor.stack import Stack
from tests.browsing import DESKTOP, PHONE
from tests.desk.browsers import fresh_login, keep_picture, signed_in
from tests.desk.chats import add_chat, add_message
from tests.desk.conftest import add_officer
from tests.endtoend.test_browser import serious

pytestmark = pytest.mark.browser

UNDERSTOOD = {"behaviour": "answer", "skill": "procedure", "codes": ["1.001193"], "confidence": 0.9}
PAGES = [
    ("administrator", "officers", "officers"),
    ("administrator", "officers-add", "officers/add"),
    ("administrator", "audit", "audit"),
    ("supervisor", "hours", "hours"),
    ("supervisor", "canned", "canned"),
    ("supervisor", "reports", "reports"),
    ("supervisor", "review", "review"),
    ("officer", "scams", "scams"),
    ("officer", "scams-report", "scams/1"),
    ("officer", "scams-list", "scams/list"),
    ("officer", "scams-warnings", "scams/warnings"),
    ("officer", "scams-warning", "scams/warnings/add"),
    ("officer", "dossiers", "dossiers"),
    ("officer", "dossier", "dossiers/1"),
    ("officer", "dossier-import", "dossiers/import"),
    ("supervisor", "dossier-alerts", "dossier-alerts"),
    ("editor", "posts", "posts?tab=asked"),
    ("supervisor", "post-asked", "posts/1"),
    ("editor", "post-new", "posts/new"),
    ("editor", "post-templates", "posts/templates"),
    ("editor", "post-template", "posts/templates/product"),
    ("editor", "post-comments", "posts/comments"),
    ("editor", "post-figures", "posts/figures"),
    ("supervisor", "post-house", "posts/house"),
    ("supervisor", "accounts", "accounts"),
    ("supervisor", "account-rule", "accounts/91"),
    ("officer", "account", "account"),
    ("officer", "second-factor", "account/second-factor"),
]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(Path(tmp_path_factory.mktemp("pages")), ("redis", "web")) as running:
        yield running


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{stack.var_dir / 'troly.db'}")
    _fill(engine)
    yield engine
    engine.dispose()


def _fill_scams(engine: Engine, conversation_id: int) -> None:
    now = utc_now()
    with writing(engine) as session:
        session.add(
            ScamReport(
                id=1, conversation_id=conversation_id, status="open", level="danger", kind="vneid-gia",
                text="Cong an xa thong bao: VNeID loi, vao vneid-capnhat.top", hosts=["vneid-capnhat.top"],
                links=["http://vneid-capnhat.top/a"], reasons=["vneid-capnhat.top mang tên VNeID."],
                created_at=now, reported_at=now,
            )
        )  # fmt: skip
        session.add(ScamListed(kind="host", value="nhan-qua.top", officer_id=1, added_at=now))
        session.add(ScamWarning(text="Có kẻ giả công an xã.", officer_id=1, created_at=now, updated_at=now))


def _fill_posts(engine: Engine) -> None:
    """A post that waits for approval, one that was published, a comment that waits."""
    now = utc_now()
    actor = Actor(1, 1, approves=True)
    with writing(engine) as session:
        for number, channel, name in ((91, "facebook", "Xã Xuân Định"), (92, "zalo", "Xã Xuân Định OA")):
            row = Account(id=number, channel=channel, external_id=str(number), name=name, created_at=now)
            session.add(row)
        session.flush()
        for title in ("Mời họp chi hội", "Tiêm phòng cho trâu bò"):
            targets = (Target(91), Target(92, broadcast=True))
            made = create(session, actor, 1, Content(title, "Mời bà con tới dự.", targets=targets), now)
            assert isinstance(made, int)
            assert perform(session, actor, made, Request(Action.ASK, 1), now) is None
        assert perform(session, actor, made, Request(Action.APPROVE, 1), now) is None
        session.execute(update(Publication).values(published_at=now))
        session.add(
            Comment(
                account_id=91, post_ref="p", comment_ref="c", author_name="Bà Ba", text="họp mấy giờ?",
                status="waiting", verdict="uncertain", understood=None, due_at=now, written_at=now,
                created_at=now, updated_at=now,
            )
        )  # fmt: skip


def _fill(engine: Engine) -> None:
    """A week's worth of conversations, so that charts and lists have something to show; a dossier."""
    with writing(engine) as session:
        now, code = utc_now(), "H19.29-261102-0001"
        kept = {"status": "received", "shade": "in_work"}
        session.add(
            DossierRow(code=code, procedure="Đăng ký khai sinh", due=now.date() - timedelta(days=9),
                       as_of=now, created_at=now, changed_at=now, **kept)
        )  # fmt: skip
        session.flush()
        session.add(DossierEvent(code=code, at=now, **kept))
        session.add(
            DossierAlert(
                at=now, kind="person", subject="ab12cd34", account_id=1, code=code, failures=6, until=now
            )
        )
    _fill_posts(engine)
    _fill_scams(engine, add_chat(engine, utc_now(), "có phải lừa đảo không", "zalo"))
    for day in range(7):
        at = utc_now() - timedelta(days=day)
        for number in range(day % 3 + 2):
            chat = add_chat(
                engine, at, f"làm khai sinh cần gì {day}{number}", ("zalo", "facebook")[number % 2]
            )
            with writing(engine) as session:
                session.add(
                    Handoff(
                        conversation_id=chat, reason="wish", queue="chung", status="done", created_at=at,
                        taken_at=at, answered_at=at + timedelta(minutes=3 + day), ended_at=at,
                    )
                )  # fmt: skip
                session.add(Rating(conversation_id=chat, score=5 if number else 1, created_at=at))
                row = session.get_one(Conversation, chat)
                message = add_message(session, row, "xin giấy gì đó", at, understood=UNDERSTOOD)
                session.add(Unanswered(message_id=message, created_at=at))


@pytest.fixture
def contexts() -> Iterator[list[BrowserContext]]:
    made: list[BrowserContext] = []
    yield made
    for context in made:
        context.close()


def opened(
    chromium: Browser, contexts: list[BrowserContext], stack: Stack, engine: Engine, role: str, path: str,
    size: dict[str, object],
) -> Page:  # fmt: skip
    officer_id = add_officer(engine, role, utc_now(), name="Nguyễn Thị Hoa", login=fresh_login())
    context = signed_in(chromium, engine, stack.web_url, officer_id, size)
    contexts.append(context)
    page = context.new_page()
    answer = page.goto(f"{stack.web_url}/desk/{path}")
    assert answer is not None and answer.status == 200, path
    return page


@pytest.mark.parametrize(("role", "name", "path"), PAGES, ids=[name for _, name, _ in PAGES])
def test_a_page_on_a_pc_and_on_a_phone(
    chromium: Browser, contexts: list[BrowserContext], stack: Stack, engine: Engine, role: str, name: str,
    path: str,
) -> None:  # fmt: skip
    errors: list[str] = []
    for size, kind in ((DESKTOP, name), (PHONE, "")):
        page = opened(chromium, contexts, stack, engine, role, path, size)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.wait_for_load_state("networkidle")
        if kind:
            keep_picture(page, kind)
        assert serious(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    assert errors == []


def test_the_sign_in_page(chromium: Browser, contexts: list[BrowserContext], stack: Stack) -> None:
    context = chromium.new_context(locale="vi-VN", **PHONE)
    contexts.append(context)
    page = context.new_page()
    page.goto(f"{stack.web_url}/desk")
    assert page.url.startswith(f"{stack.web_url}/desk/sign-in")
    keep_picture(page, "sign-in")
    assert serious(page) == []
