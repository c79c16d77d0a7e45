"""Frequent words of the five languages in Latin letters, the most frequent first.

Written down for this project, from knowledge of how people type. Arabic, Bangla and
Hindi are in the informal romanisations of songs and chats, several spellings of a word
side by side.
"""
