"""Decoupled Multimodal Distillation (Li, Wang, Cui, CVPR 2023): a batch becomes a score."""
