{{ base_rejected_records('lazada_ads') }}
