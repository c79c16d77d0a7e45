"""Generation: what a finished run makes of codes, as pictures and sound.

modes                  what can be asked for: draws, ways, traversals, reconstructions
crossing               lyrics of audio, and codes of lyrics, by models of both
lookup, codes          tracks and labels by name; codes to decode
pictures               codes -> spectrograms in dB, or images
sound, gallery         spectrograms -> samples; the files that are written
"""
