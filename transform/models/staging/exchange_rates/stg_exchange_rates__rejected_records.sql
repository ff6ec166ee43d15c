{{ stg_rejected_records('exchange_rates') }}
