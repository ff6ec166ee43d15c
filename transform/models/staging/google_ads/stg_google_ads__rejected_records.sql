{{ stg_rejected_records('google_ads') }}
