"""What the desk says when it refuses, or fails."""

from __future__ import annotations

import structlog
from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from bot.desk.guard import signed_in
from bot.desk.navigation import first_page

log = structlog.get_logger(__name__)

_WORDS = {
    400: "Biểu mẫu đã cũ hoặc chưa đủ. Hãy quay lại, tải lại trang rồi gửi lại.",
    403: "Tài khoản của anh/chị không có quyền mở trang này.",
    404: "Không tìm thấy trang hoặc mục này.",
    405: "Trang này không nhận cách gửi đó.",
    409: "Việc này vừa được người khác thay đổi. Hãy tải lại trang.",
    413: "Nội dung gửi lên quá lớn.",
    429: "Quá nhiều yêu cầu trong thời gian ngắn. Hãy đợi một lát rồi thử lại.",
}
_OTHER = "Có lỗi xảy ra. Hãy thử lại; nếu vẫn lỗi, báo cho người quản trị."


def add_refusals(blueprint: Blueprint) -> None:
    """A page for a person; a line for a script (htmx, fetch)."""

    @blueprint.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        me = signed_in() if code == 403 else None
        if me is not None and request.endpoint == "desk.inbox" and request.accept_mimetypes.accept_html:
            return redirect(first_page(me))  # "/desk" is where everybody begins
        return _say(code)

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> ResponseReturnValue:
        log.error("desk.failed", endpoint=request.endpoint, error=type(error).__name__, exc_info=error)
        g.setdefault("officer", None)  # the page around it must not ask a database that is away
        return _say(500)


def _say(code: int) -> ResponseReturnValue:
    words = _WORDS.get(code, _OTHER)
    if request.headers.get("HX-Request") or not request.accept_mimetypes.accept_html:
        return words, code, {"Content-Type": "text/plain; charset=utf-8"}
    return render_template("desk/refused.html", words=words, code=code), code
