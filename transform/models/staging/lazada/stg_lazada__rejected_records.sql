{{ stg_rejected_records('lazada') }}
