{{ stg_rejected_records('ga4') }}
