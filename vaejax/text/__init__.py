"""Lyrics: from files in any encoding to vectors, a line at a time or a song."""
