{{ base_rejected_records('lazada') }}
