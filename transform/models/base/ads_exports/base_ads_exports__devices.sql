{{ base_ads_export('devices', ['device']) }}
