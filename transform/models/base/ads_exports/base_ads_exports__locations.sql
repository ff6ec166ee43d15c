{{ base_ads_export('locations', ['location']) }}
