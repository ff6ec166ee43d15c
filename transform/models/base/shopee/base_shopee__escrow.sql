select
    cast(shop_id as string) as shop_id,
    order_sn,
    cast(escrow_release_time as timestamp) as released_at,
    {{ json_decimal('order_income', 'escrow_amount_after_adjustment') }} as escrow_amount_after_adjustment,
    {{ json_decimal('order_income', 'cost_of_goods_sold') }} as cost_of_goods_sold,
    {{ json_decimal('order_income', 'commission_fee') }} as commission_fee,
    {{ json_decimal('order_income', 'service_fee') }} as service_fee,
    {{ json_decimal('order_income', 'seller_transaction_fee') }} as seller_transaction_fee,
    {{ json_decimal('order_income', 'seller_order_processing_fee') }} as seller_order_processing_fee,
    {{ json_decimal('order_income', 'order_ams_commission_fee') }} as order_ams_commission_fee,
    {{ json_decimal('order_income', 'escrow_tax') }} as escrow_tax,
    {{ json_decimal('order_income', 'ads_escrow_top_up_fee_or_technical_support_fee') }} as ads_top_up_fee,
    {{ json_decimal('order_income', 'seller_return_refund') }} as seller_return_refund,
    {{ json_decimal('order_income', 'drc_adjustable_refund') }} as drc_adjustable_refund,
    {{ json_part('order_income', 'items') }} as items,
    cast(_sdc_batched_at as timestamp) as loaded_at
from {{ raw_table('raw_shopee', 'escrow') }}
