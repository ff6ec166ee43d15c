{{ stg_rejected_records('lazada_ads') }}
