select
    shop_id,
    id as statement_id,
    cast(statement_time as timestamp) as statement_at,
    cast(payment_time as timestamp) as paid_out_at,
    currency,
    {{ decimal('revenue_amount') }} as revenue_amount,
    {{ decimal('fee_amount') }} as fee_amount,
    {{ decimal('shipping_cost_amount') }} as shipping_cost_amount,
    {{ decimal('adjustment_amount') }} as adjustment_amount,
    {{ decimal('settlement_amount') }} as settlement_amount,
    payment_status,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_shop', 'statements') }}
