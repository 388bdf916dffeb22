"""M2AE: patches, masking, encoders, bottleneck, decoders, losses, pretrained weights."""
