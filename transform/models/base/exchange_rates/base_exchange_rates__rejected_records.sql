{{ base_rejected_records('exchange_rates') }}
