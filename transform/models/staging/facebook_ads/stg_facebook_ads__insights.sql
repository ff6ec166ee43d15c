{%- set levels = {'account': 'account_id', 'campaign': 'campaign_id', 'adset': 'adset_id', 'ad': 'ad_id'} -%}
-- Figures of all four levels. Purchases are told several times over, by kinds that overlap: one kind is taken.
with levels as (
    {% for level, object_id in levels.items() -%}
    select
        '{{ level }}' as level,
        'daily_{{ level }}' as stream,
        account_id,
        {{ object_id }} as object_id,
        date,
        spend,
        impressions,
        clicks,
        actions,
        action_values
    from {{ ref('base_facebook_ads__daily_' ~ level) }}
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

conversions as (
    select
        levels.level,
        levels.account_id,
        levels.object_id,
        levels.date,
        sum({{ json_decimal('element', 'value') }}) as conversions
    from levels
    {{ cross_join_json('levels.actions') }}
    where {{ json_text('element', 'action_type') }} = '{{ var("facebook_ads_purchase_action") }}'
    group by levels.level, levels.account_id, levels.object_id, levels.date
),

conversion_values as (
    select
        levels.level,
        levels.account_id,
        levels.object_id,
        levels.date,
        sum({{ json_decimal('element', 'value') }}) as conversion_value
    from levels
    {{ cross_join_json('levels.action_values') }}
    where {{ json_text('element', 'action_type') }} = '{{ var("facebook_ads_purchase_action") }}'
    group by levels.level, levels.account_id, levels.object_id, levels.date
)

select
    levels.level,
    levels.stream,
    levels.account_id,
    levels.object_id,
    levels.date,
    coalesce(levels.spend, 0) as spend,
    coalesce(levels.impressions, 0) as impressions,
    coalesce(levels.clicks, 0) as clicks,
    coalesce(conversions.conversions, 0) as conversions,
    coalesce(conversion_values.conversion_value, 0) as conversion_value
from levels
left join conversions
    on
        levels.level = conversions.level
        and levels.account_id = conversions.account_id
        and levels.object_id = conversions.object_id
        and levels.date = conversions.date
left join conversion_values
    on
        levels.level = conversion_values.level
        and levels.account_id = conversion_values.account_id
        and levels.object_id = conversion_values.object_id
        and levels.date = conversion_values.date
