{{ stg_rejected_records('shopee') }}
