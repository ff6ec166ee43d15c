{{ base_rejected_records('shopee_ads') }}
