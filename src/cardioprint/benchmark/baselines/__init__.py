"""What a fingerprint has to beat: hand-made features, random kernels, small networks, no signal."""
