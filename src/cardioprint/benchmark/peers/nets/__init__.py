"""Architectures of the peers, written anew; attributes bear the published parameters' names."""
