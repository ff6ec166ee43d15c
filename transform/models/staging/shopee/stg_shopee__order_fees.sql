{%- set fees = {
    'commission': 'commission_fee',
    'service': 'service_fee',
    'transaction': 'seller_transaction_fee',
    'order_processing': 'seller_order_processing_fee',
    'affiliate_commission': 'order_ams_commission_fee',
    'tax': 'escrow_tax',
    'ads_top_up': 'ads_top_up_fee',
} -%}
-- One row for each settled order and kind of fee, zero included, so that every settled order has all of them.
with kinds as (
    {% for kind in fees -%}
    select '{{ kind }}' as fee_type
    {{ 'union all' if not loop.last }}
    {% endfor -%}
)

select
    escrow.shop_id,
    escrow.order_sn as order_id,
    kinds.fee_type,
    coalesce(
        case kinds.fee_type
            {%- for kind, column in fees.items() %}
            when '{{ kind }}' then escrow.{{ column }}
            {%- endfor %}
        end,
        0
    ) as fee_amount
from {{ ref('base_shopee__escrow') }} as escrow
cross join kinds
