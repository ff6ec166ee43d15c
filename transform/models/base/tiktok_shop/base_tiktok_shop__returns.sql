select
    shop_id,
    return_id,
    order_id,
    return_type,
    return_status,
    return_reason as reason,
    {{ json_text('refund_amount', 'currency') }} as currency,
    {{ json_decimal('refund_amount', 'refund_total') }} as refund_total,
    cast(create_time as timestamp) as created_at,
    cast(update_time as timestamp) as updated_at,
    return_line_items,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_tiktok_shop', 'returns') }}
