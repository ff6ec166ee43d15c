{{ base_rejected_records('shopee') }}
