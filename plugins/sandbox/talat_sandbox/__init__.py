"""The platforms' APIs on localhost, over one invented business."""
