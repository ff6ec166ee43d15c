{{ stg_ads_export('locations', ['location']) }}
