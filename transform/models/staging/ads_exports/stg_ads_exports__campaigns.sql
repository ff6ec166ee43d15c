{{ stg_ads_export('campaigns') }}
