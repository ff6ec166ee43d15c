"""The marketplace APIs on localhost, over one invented business."""
