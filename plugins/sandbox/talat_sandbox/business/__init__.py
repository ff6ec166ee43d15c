"""One invented business, known to no platform in particular."""
