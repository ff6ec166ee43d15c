{{ config(
    partition_by=monthly_partition('date'),
    cluster_by=['property_id', 'source', 'medium'],
) }}

-- What was credited to another source since stays in the raw tables, but no reading of its day tells it any longer:
-- such rows were read before the last one.
with campaigns as (
    select
        figures.*,
        coalesce(days.is_final, false) as is_final
    from {{ ref('base_ga4__daily_campaigns') }} as figures
    left join {{ ref('stg_ga4__read_days') }} as days
        on
            days.stream = 'daily_campaigns'
            and figures.property_id = days.property_id
            and figures.date = days.date
    where coalesce(figures.extracted_at >= days.read_at, true)
),

-- No report tells the channel group beside the campaign, by which a source and medium may be in several.
channels as (
    select
        figures.property_id,
        figures.date,
        figures.source,
        figures.medium,
        case when count(*) = 1 then max(figures.default_channel_group) end as default_channel_group
    from {{ ref('base_ga4__daily_traffic') }} as figures
    left join {{ ref('stg_ga4__read_days') }} as days
        on
            days.stream = 'daily_traffic'
            and figures.property_id = days.property_id
            and figures.date = days.date
    where coalesce(figures.extracted_at >= days.read_at, true)
    group by figures.property_id, figures.date, figures.source, figures.medium
),

located as (
    select
        campaigns.*,
        channels.default_channel_group,
        coalesce(campaigns.currency, properties.currency) as property_currency,
        coalesce(campaigns.time_zone, properties.time_zone, '{{ var("default_time_zone") }}') as property_time_zone
    from campaigns
    left join {{ ref('base_ga4__properties') }} as properties on campaigns.property_id = properties.property_id
    left join channels
        on
            campaigns.property_id = channels.property_id
            and campaigns.date = channels.date
            and campaigns.source = channels.source
            and campaigns.medium = channels.medium
)

select
    located.property_id,
    located.date,
    located.source,
    located.medium,
    located.campaign,
    located.default_channel_group,
    coalesce(located.sessions, 0) as sessions,
    coalesce(located.engaged_sessions, 0) as engaged_sessions,
    coalesce(located.users, 0) as users,
    coalesce(located.new_users, 0) as new_users,
    coalesce(located.purchases, 0) as transactions,
    coalesce(located.revenue, 0) as revenue,
    located.property_currency as currency,
    rates.rate_to_thb as exchange_rate,
    {{ to_thb('coalesce(located.revenue, 0)', 'rates.rate_to_thb') }} as revenue_thb,
    located.property_time_zone as time_zone,
    located.data_loss_from_other_row,
    located.subject_to_thresholding,
    located.samples_read_count,
    located.sampling_space_size,
    located.is_final
from located
left join {{ ref('stg_exchange_rates') }} as rates
    on
        located.property_currency = rates.currency
        and located.date >= rates.valid_from
        and located.date < rates.valid_to
