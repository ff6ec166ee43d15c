{{ base_rejected_records('tiktok_ads') }}
