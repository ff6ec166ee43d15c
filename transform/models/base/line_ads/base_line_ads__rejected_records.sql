{{ base_rejected_records('line_ads') }}
