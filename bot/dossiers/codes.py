"""Dossier codes: the finder is understanding's, which may not import from here."""

from bot.understanding.dossier_codes import Found, Nearly, find, normal_form

__all__ = ["Found", "Nearly", "find", "normal_form"]
