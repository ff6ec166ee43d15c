{{ base_rejected_records('ga4') }}
