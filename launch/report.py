r"""Makes the tables, figures and pages of a finished run or study anew, from its files.

python launch/report.py --run=results/vade/ID
python launch/report.py --run=results/study/small-ID
python launch/report.py --run=results/vade/ID --embed-audio

--embed-audio  puts 8 s of every song into map.html, some 50 kB each, so that the page
plays wherever it is sent
"""

from pathlib import Path

import command
from absl import flags

RUN = flags.DEFINE_string("run", None, "Folder of a finished run, or of a study.")
EMBED = flags.DEFINE_bool("embed-audio", False, "Put previews into the map.")


def main():
    """Does what the flags ask for."""
    if not RUN.value:
        raise ValueError("--run=FOLDER is missing: results/CONFIG/ID. See --help.")
    from vaejax import present, study, trained

    folder = Path(RUN.value)
    if (folder / "study.json").is_file():
        study.present_study(folder, embed_audio=EMBED.value)
    else:
        present.present(folder, trained.settings_of(folder), embed_audio=EMBED.value)
    print(f"Written: {folder / 'report.html'}, {folder / 'map.html'}, tables, figures")


if __name__ == "__main__":
    command.run(main, command.parse_flags, "The same command makes them whole.")
