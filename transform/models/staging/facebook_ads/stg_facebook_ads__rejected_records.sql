{{ stg_rejected_records('facebook_ads') }}
