"""Vectors of texts without a language model: character n-grams, hashed, and an SVD.

It needs no download, sees scripts, spelling and topics of words alike, and is the
default. Vectors are fitted to a collection: another one gives others.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32

LENGTHS = (1, 3)  # of the n-grams, inside words
BUCKETS = 2**16  # that n-grams are hashed to


def fit(
    texts: Sequence[str], *, dim: int
) -> Callable[[Sequence[str]], Float32[np.ndarray, "n e"]]:
    """Learns weights and directions from texts; returns what encodes others by them.

    Counts are damped (1 + log) and weighted by rarity (TF-IDF, of unit length), then
    projected on the first `dim` singular vectors, fewer where there are fewer texts
    (latent semantic analysis: Deerwester et al. 1990).

    Args:
      texts: at least two of them, each with a letter.
      dim: e, at least 1.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    count = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=LENGTHS,
        n_features=BUCKETS,
        alternate_sign=False,
        norm=None,
    )
    weigh = TfidfTransformer(sublinear_tf=True)
    weighed = weigh.fit_transform(count.transform(texts))
    svd = TruncatedSVD(min(dim, len(texts) - 1), random_state=0).fit(weighed)

    def encode(texts: Sequence[str]) -> Float32[np.ndarray, "n e"]:
        found = svd.transform(weigh.transform(count.transform(texts)))
        return found.astype(np.float32)

    return encode
