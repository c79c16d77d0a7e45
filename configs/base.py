"""Every option of every stage, with its default. An experiment changes some of them."""

from ml_collections import ConfigDict


def get_config() -> ConfigDict:
    """Returns the defaults; `check.py` holds the rule of each key."""
    config = ConfigDict()
    config.data = ConfigDict(
        dict(
            root="songbook",  # songbook: the embedded collection; digits; or a path
            modalities=("mel", "mfcc"),  # what the model sees; flux and lyrics are more
            tracks="all",  # or with_lyrics: those that have them
            mel="statistics",  # over frames; or image: the frames, padded and masked
            mfcc="statistics",  # likewise
            lyrics="song",  # a vector a song; or lines: a vector a line, masked
            frames=0,  # of an image, at most: longer clips are averaged; 0 keeps all
            condition=(),  # label columns that a cvae is told
            held_out_share=0.1,  # of the songs, to choose the epoch by; never labels
            allow_outside=False,  # may metadata name files outside of root?
            cache_dir="data/cache",  # features, by content and settings
            n_workers=0,  # processes for rendering and features; 0: one per core
            memory="auto",  # or resident: all on the device; stream: from a mapped file
        )
    )
    config.songbook = ConfigDict(  # the embedded collection, rendered when missing
        dict(n_songs=240, duration_s=10.0, seed=0)
    )
    config.features = ConfigDict(
        dict(
            sample_rate_hz=22050,
            duration_s=30.0,  # of audio used, at most
            crop="start",  # start, centre or loudest part of a longer file
            n_fft=2048,  # samples per frame
            hop=512,  # samples between frames
            n_mels=128,
            n_mfcc=40,  # coefficients; their deltas come on top
            scheduler="",  # of Dask, for many machines: tcp://HOST:PORT; or local
        )
    )
    config.lyrics = ConfigDict(
        dict(
            encoder="ngram",  # character n-grams and SVD: no download; or xlm_roberta
            model="FacebookAI/xlm-roberta-base",  # of xlm_roberta: a name or a folder
            dim=64,  # of ngram's vectors
            versions=("original",),  # some of original, romanized, translated
            combine="mean",  # of the versions a song has; or concatenation, or first
            max_lines=64,  # of lyrics="lines": longer songs have neighbours averaged
            drop=("timestamps", "tags", "credits", "repeats"),  # what is not sung
            romanizer="tables",  # or anyascii, or uroman (pip install uroman)
            translator="",  # to English: a name or folder of a CTranslate2 model
        )
    )
    config.model = ConfigDict(
        dict(
            name="vae",
            title="",  # what tables call the model; empty: its name
            latent_dim=128,
            beta=1.0,  # weight of the KL term; 1 is the evidence lower bound
            warmup=0.2,  # share of training over which beta grows from 0
            free_bits=0.0,  # of KL a row that cost nothing
            capacity=0.0,  # nats that the KL term is drawn to
            capacity_warmup=0.0,  # share of training over which these grow from 0
        )
    )
    config.networks = ConfigDict(
        dict(
            encoder="mlp",  # mlp, conv, residual or recurrent
            decoder="mlp",  # mlp, conv, residual, recurrent or hierarchical
            hidden=(512, 256),  # of an mlp encoder; an mlp decoder mirrors it
            channels=(32, 64, 128, 256),  # of the levels of conv and residual
            pool="time",  # the last level: mean over time; or none, every place of it
            units=256,  # of recurrent and hierarchical
            segments=16,  # of hierarchical
            norm="none",  # batch, layer or none
            dropout=0.0,  # share of the activations
            likelihood="gaussian",  # or unit_gaussian; bernoulli for data in [0, 1]
            dtype="auto",  # of the arithmetic: bfloat16 on GPU, else float32
            corruption=0.4,  # share of the features hidden from the encoder in training
            log_var_bias=0.0,  # where the posterior's log-variance starts
        )
    )
    config.fusion = ConfigDict(  # of audio and lyrics
        dict(
            name="mopoe",  # early, late, attention, weighted, poe or mopoe
            dropout=0.3,  # share of the rows that lose one of the two in training
            lyrics_weight=10.0,  # of lyrics beside audio in the loss; 0: by features
        )
    )
    config.train = ConfigDict(
        dict(
            seeds=5,  # models trained at once: seeds 0 to 4
            epochs=200,  # at most
            batch_size=64,  # rows; a smaller collection is one batch
            learning_rate=1e-3,
            weight_decay=1e-4,
            warmup=0.02,  # share of training over which the rate grows from 0
            clip_norm=5.0,  # of the gradient
            patience=15,  # epochs without a better held-out loss until a seed stops
            plateau=5,  # epochs without one until the rate falls
            factor=0.5,  # by which it falls
            checkpoint_every=20,  # epochs
            checkpoint_minutes=10.0,  # and within an epoch that is sent in parts
            tensorboard=False,  # event files, to watch it (pip install tensorboardX)
        )
    )
    config.mesh = ConfigDict(
        dict(
            seed=0,  # devices that seeds are spread over; 0: as many as divide them
            data=1,  # devices that share the rows of a seed
            coordinator="",  # many hosts: HOST:PORT of process 0; auto: Slurm, MPI
            processes=1,  # of the hosts, all of which run the same command
            process=0,  # which of them this is
        )
    )
    config.cluster = ConfigDict(
        dict(
            names=("kmeans", "ward", "dbscan", "gmm"),
            k=(5, 10),  # numbers of clusters, one or more
        )
    )
    config.baselines = ConfigDict(dict(names=("raw", "pca", "autoencoder"), pca_dim=32))
    config.eval = ConfigDict(
        dict(
            labels=("language", "genre"),  # columns of the metadata; absent: skipped
            factors=(),  # columns that disentanglement is measured against
            permutations=999,  # for the p-values
            nuisance=True,  # what the recording chain alone tells of the labels
        )
    )
    config.figures = ConfigDict(
        dict(
            projections=("umap", "tsne"),  # maps; without any, principal components
            n_reconstructions=4,
            pdf=True,  # beside every PNG, for papers
        )
    )
    return config
