"""The lines that songs are made of, written for this project, one file a language.

`TEXT` holds ten themes of five lines. A line is its original, its romanisation and
its English translation, one below the other; Spanish leaves out the romanisation
(its own letters without accents), English leaves out both.
"""
