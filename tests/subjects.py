"""Every tap as the suites of the whole see it: a row each, so that the next platform is one more row.

A suite is ``@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)``.
"""

from __future__ import annotations

import os

from tests.ad_subjects import FACEBOOK_ADS, GA4, GOOGLE_ADS, LINE_ADS, TIKTOK_ADS
from tests.marketplace_ad_subjects import LAZADA_ADS, SHOPEE_ADS
from tests.shop_subjects import LAZADA, LINE_SHOP, SHOPEE, TIKTOK_SHOP
from tests.subject import Config as Config
from tests.subject import Row as Row
from tests.subject import Subject as Subject
from tests.subject import Table as Table

SUBJECTS = (
    SHOPEE,
    FACEBOOK_ADS,
    LAZADA,
    TIKTOK_SHOP,
    LINE_SHOP,
    GOOGLE_ADS,
    TIKTOK_ADS,
    LINE_ADS,
    GA4,
    SHOPEE_ADS,
    LAZADA_ADS,
)
#: The channels beside Shopee that a sandbox must have for all of them.
CHANNELS = "all"
#: The platforms for ads beside Facebook that it must have.
ADS = "all"
NAMES = [subject.name for subject in SUBJECTS]
#: Those that differ most from each other: tokens that rotate or not, details or reports, windows or days. The slow
#: suites run for them, and some for one of the others in turn; for all with `ALL_TAPS=1`.
FEW = SUBJECTS if os.environ.get("ALL_TAPS") else (SHOPEE, FACEBOOK_ADS)
