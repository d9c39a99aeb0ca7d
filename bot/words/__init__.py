"""Encore's words in its readers' languages: the catalogues (.po), and the functions that look words up in them."""

from bot.words.keys import key_in
from bot.words.lookup import LANGUAGES, say

__all__ = ["LANGUAGES", "key_in", "say"]
