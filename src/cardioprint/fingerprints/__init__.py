"""Record + runtime -> vectors and reconstructions; tables of them. No torch."""
