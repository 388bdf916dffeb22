"""Model folders and the ONNX Runtime session. No torch."""
