"""LINE Ads: the Management API of its ad accounts."""
