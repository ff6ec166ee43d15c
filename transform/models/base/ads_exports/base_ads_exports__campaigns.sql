{{ base_ads_export('campaigns') }}
