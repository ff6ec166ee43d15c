{%- set fees = {
    'commission': 'platform_commission_amount',
    'service': 'sfp_service_fee_amount',
    'transaction': 'transaction_fee_amount',
    'order_processing': 'fee_per_item_sold_amount',
    'affiliate_commission': 'affiliate_commission_amount',
    'ads_top_up': 'gmv_max_ad_fee_amount',
    'tax': 'vat_amount',
} -%}
-- One row for each settled order and kind of fee, zero included. TikTok has some sixty fees and makes new ones without
-- notice: what the named ones leave of their sum is `other`.
with kinds as (
    {% for kind in fees -%}
    select '{{ kind }}' as fee_type
    union all
    {% endfor -%}
    select 'other' as fee_type
),

sums as (
    select
        shop_id,
        order_id,
        {%- for column in fees.values() %}
        -sum(coalesce({{ column }}, 0)) as {{ column }},
        {%- endfor %}
        -sum(coalesce(fee_tax_amount, 0)) as all_fees
    from {{ ref('base_tiktok_shop__statement_transactions') }}
    where order_id is not null
    group by shop_id, order_id
)

select
    sums.shop_id,
    sums.order_id,
    kinds.fee_type,
    case kinds.fee_type
        {%- for kind, column in fees.items() %}
        when '{{ kind }}' then sums.{{ column }}
        {%- endfor %}
        else
            sums.all_fees
            {%- for column in fees.values() %}
            - sums.{{ column }}
            {%- endfor %}
    end as fee_amount
from sums
cross join kinds
