"""The program inside other people's code: scikit-learn estimators, and runs by path.

`models` has the models on plain matrices of features, `songs` the whole path on a
folder of songs.
"""
