{{ base_rejected_records('facebook_ads') }}
