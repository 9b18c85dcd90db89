"""The sandbox's fixed ids, keys and tokens.

None of them is a secret: they open nothing but the stand-ins of this package. The assistant's
settings take them when no Zalo and no Facebook setting is given.
"""

from __future__ import annotations

from typing import Final

HOST: Final = "127.0.0.1"
PORT: Final = 8100
ASSISTANT_URL: Final = "http://127.0.0.1:8000"

ZALO_APP_ID: Final = "4100000000000000001"
ZALO_APP_SECRET: Final = "sandbox-zalo-app-secret"
ZALO_OA_SECRET_KEY: Final = "sandbox-zalo-oa-secret-key"
ZALO_REFRESH_TOKEN: Final = "sandbox-refresh-token"
"""The grant to start from; single use, like every refresh token after it."""
ZALO_OA_ID: Final = "4200000000000000002"
ZALO_OA_NAME: Final = "UBND xã (OA thử nghiệm)"

FACEBOOK_APP_ID: Final = "710000000000001"
FACEBOOK_APP_SECRET: Final = "sandbox-facebook-app-secret"
FACEBOOK_VERIFY_TOKEN: Final = "sandbox-verify-token"
FACEBOOK_PAGE_ID: Final = "610000000000002"
FACEBOOK_PAGE_TOKEN: Final = "sandbox-page-token"
FACEBOOK_PAGE_NAME: Final = "UBND xã (trang thử nghiệm)"

FACEBOOK_PAGE2_ID: Final = "610000000000005"
FACEBOOK_PAGE2_TOKEN: Final = "sandbox-page-token-2"
FACEBOOK_PAGE2_NAME: Final = "Hội Nông dân xã (trang thử nghiệm)"
ZALO_OA2_ID: Final = "4200000000000000005"
ZALO_OA2_NAME: Final = "Hội Nông dân xã (OA thử nghiệm)"
"""An organisation's own page and OA: to be connected on the desk."""

PAGE_INBOX_APP_ID: Final = "263902037430900"
"""The app id that Meta's own Page Inbox shows in echoes."""

ZALO_ADMIN_ID: Final = "5300000000000000003"
"""The officer who writes in the stand-in OA Manager."""

DOSSIERS_TOKEN: Final = "sandbox-dossiers-token"
"""What the stand-in of a one-stop system asks for."""
DOSSIERS_FIELDS: Final = (
    "code=maHoSo status=trangThai procedure=tenThuTuc procedure_code=maThuTuc received=ngayTiepNhan "
    "due=ngayHenTra note=ghiChu phone=soDienThoai identity=soGiayTo as_of=capNhatLuc"
)
"""Where its answers hold what the assistant needs: DOSSIER_HTTP_FIELDS."""


def zalo_api_url(port: int = PORT) -> str:
    """What ``ZALO_API_URL`` is for a sandbox on ``port`` of this machine."""
    return f"http://{HOST}:{port}/zalo"


def zalo_oauth_url(port: int = PORT) -> str:
    """What ``ZALO_OAUTH_URL`` is for a sandbox on ``port`` of this machine."""
    return f"http://{HOST}:{port}/zalo-oauth"


def facebook_graph_url(port: int = PORT) -> str:
    """What ``FACEBOOK_GRAPH_URL`` is for a sandbox on ``port`` of this machine."""
    return f"http://{HOST}:{port}/graph"


def facebook_login_url(port: int = PORT) -> str:
    """What ``FACEBOOK_LOGIN_URL`` is for a sandbox on ``port`` of this machine."""
    return f"http://{HOST}:{port}/facebook"


def dossiers_url(port: int = PORT) -> str:
    """Where the stand-in one-stop system answers on a code, for a sandbox on ``port``."""
    return f"http://{HOST}:{port}/dossiers/{{code}}"
