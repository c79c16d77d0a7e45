# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From a folder of songs to clusters that can be trusted
#
# Open a folder, train a model, look at its clusters, listen to them, and ask whether
# they are better than no model at all.
#
# The songs are the embedded collection: 240 pieces of ten seconds that the program
# renders itself, in eight styles, with titles and lyrics in five languages. For songs
# of your own, name their folder in the next cell; it needs no labels, and nothing else
# has to change. What the text says of results is about the embedded collection.

# %% tags=["parameters"]
songs = "songbook"  # the embedded collection; or the path of a folder with songs
n_clusters = 8
changes = {}  # of any option in configs/base.py, such as {"train.epochs": 50}

# %%
import os
from collections import Counter
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

if not Path("configs").is_dir():  # notebooks start in their own folder
    os.chdir("../..")

import vaejax
from configs import base
from vaejax import collection, experiment, show

results = Path("results/notebook", Path(songs).name)

# %% [markdown]
# ## Open a folder

# %%
config = base.get_config()
config.data.root = songs
found = collection.open_collection(experiment.settings_from(config))

print(f"{len(found.tracks)} songs, {len(found.rejected)} set aside")
for column in ("language", "genre"):
    counts = Counter(track.columns.get(column) or "unknown" for track in found.tracks)
    print(f"{column}:", ", ".join(f"{name} {n}" for name, n in counts.items()))

# %% [markdown]
# Both columns are kept for the end: no model sees them, and no choice of an epoch or a
# seed does. A file that cannot be used would be set aside, with its reason.
#
# ## Train
#
# VaDE is a variational autoencoder whose prior is a mixture of Gaussians, so that it
# clusters by itself. `MusicClusterer` does what `launch/train.py` does: it computes
# features of the audio and trains five seeds at once, and beside them stands what they
# have to beat, raw features, principal components and a plain autoencoder. The codes of
# all of them are clustered in the same three ways. That there are eight clusters is
# given here, by who knows that there are eight styles.

# %%
options = {"cluster.names": ("kmeans", "gmm", "n2d"), "figures.pdf": False}


def fitted(name: str, **more) -> vaejax.MusicClusterer:
    """A finished run; what it prints is in the files of its folder, too."""
    model = vaejax.MusicClusterer(
        name,
        n_clusters=n_clusters,
        workdir=results / name,
        **options | changes | more,
    )
    with redirect_stdout(StringIO()):
        return model.fit(songs)


vade = fitted("vade")
show.figure(vade.folder_, "training_vade")

# %% [markdown]
# Thin lines are seeds, and they agree. The gap between the blue curves and the orange
# ones is overfitting: nine tenths of 240 songs are few for a network of this size, and
# the reconstruction of the held-out tenth soon stops getting better. The epoch that is
# kept is the one with the best bound on held-out songs.
#
# ## Look
#
# Two maps of the codes of one seed, the one with the best held-out bound, in the
# colours of its clusters and of the labels that it never saw.

# %%
show.figure(vade.folder_, "maps")

# %% [markdown]
# Clusters and genres are nearly the same groups in other colours: most genres have a
# cluster of their own, while ballad and devotional run into each other. Languages are
# spread over the whole map. What is near on a map is near among the codes; the distance
# between two islands means little, and the maps are not what was clustered. So the next
# question is whether another seed would have found the same.

# %%
show.figure(vade.folder_, "seeds")

# %% [markdown]
# 1 would be the same clusters, and 0 no more agreement than by chance. Any two seeds
# agree on most songs and no two on all: a song at the edge of a cluster belongs to it
# for one seed and elsewhere for the next.
#
# ## Listen
#
# A card for each cluster: shares of the labels with their lift over the collection,
# what sets the sound apart, and three seconds of the two songs nearest to the centre.
# (GitHub shows no players; Jupyter does.)

# %%
show.clusters(vade.folder_, preview_s=3)

# %% [markdown]
# Names are made from labels and sound, after the fact. Dance, hip-hop and rock are
# nearly pure, folk and classical to five sixths; ballads and devotional songs share a
# cluster: both are slow and harmonic, and songs of the two can be hard to tell apart by
# ear. Only differences of more than half a standard deviation and two standard errors
# are told. Key words are of the lyrics, which this model did not read: here they are
# chance.
#
# ## Compare
#
# Clusters that look good may still be no merit of the model. A plain VAE on the same
# songs, and then all methods beside each other; the baselines stand in the first run.

# %%
vae = fitted("vae", **{"baselines.names": ()})
show.scores(vade.folder_, vae.folder_)

# %% [markdown]
# With k-means on every code, VaDE is ahead on genre: .632 ±.039 over five seeds against
# .538 ±.025 for the VAE and .541 ±.029 for the best baseline. Its own assignment comes
# to .683 ±.022. That is not the whole story. N2D, which clusters a neighbour map, does
# as well on the raw features, without any model: the lead of VaDE's own assignment over
# it is .007, with an interval from -.057 to .071. That the clusters are those of the
# styles is sure; that it takes a model to find them is not.
#
# Languages are not what these clusters are about: .023 at best, where 0 is chance, and
# no model ahead of the baselines. The models heard the music and read no lyrics;
# `configs/fusion.py` does both.

# %%
for path in sorted((vade.folder_ / "figures").glob("scores_ari_*.png")):
    display(show.figure(vade.folder_, path.stem))  # none where there are no labels

# %% [markdown]
# The green bars on the right are N2D: about as long for every input. Lines are ± one
# standard deviation over seeds. They say how much the training varies, not what other
# songs would give; the intervals in the tables count songs as well.
#
# ## Use it
#
# A finished run opens in a line, and puts any song into its clusters; one of its own
# collection into exactly the cluster that it has there. The report has every table and
# figure, and the map is to click, to search and to play.

# %%
run = vaejax.load(vade.folder_)
song = found.tracks[0]
print(f"{song.title}: cluster {run.predict(song.path)[0]}")
print(f"{vade.folder_}/report.html\n{vade.folder_}/map.html")
