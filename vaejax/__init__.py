"""Clusters of songs that can be trusted: variational autoencoders in JAX."""
