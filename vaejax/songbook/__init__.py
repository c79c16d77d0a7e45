"""The embedded collection: songs with known language, genre, tempo, key and artist.

Five languages times eight styles, rendered with NumPy on the first run: the same bytes
every time on the same machine, the same songs on any. From the plan to the files:

  texts, lyrics   what is sung              styles         what the eight styles are
  plan            what the songs are        accents        what the five languages are
  instruments, voices -> band -> mix        one song of the plan as samples
  collection      the folder: audio, lyrics, metadata.csv, songbook.json
"""

from vaejax.songbook.collection import VERSION, render

__all__ = ["VERSION", "render"]
