"""One package a platform: its public contract over the shared business."""
