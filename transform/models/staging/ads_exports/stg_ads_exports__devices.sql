{{ stg_ads_export('devices', ['device']) }}
