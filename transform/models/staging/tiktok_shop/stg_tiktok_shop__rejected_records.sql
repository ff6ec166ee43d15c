{{ stg_rejected_records('tiktok_shop') }}
