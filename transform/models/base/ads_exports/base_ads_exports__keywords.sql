{{ base_ads_export('keywords', ['ad_group_id', 'keyword', 'match_type']) }}
