-- How far each stream of each shop is loaded without a hole.
with successes as (
    select
        platform,
        stream,
        shop_id,
        max(window_end) as last_window_end,
        max(finished_at) as last_success_at
    from {{ ref('stg_sync_windows') }}
    where status = 'done'
    group by platform, stream, shop_id
),

gaps as (
    select
        platform,
        stream,
        shop_id,
        count(*) as open_gaps,
        min(window_start) as first_gap_start
    from {{ ref('stg_open_gaps') }}
    group by platform, stream, shop_id
),

rejections as (
    select
        platform,
        stream,
        shop_id,
        count(*) as rejected_records
    from {{ ref('stg_rejected_records') }}
    group by platform, stream, shop_id
),

accounts as (
    select distinct
        platform,
        stream,
        shop_id
    from {{ ref('stg_sync_windows') }}
)

select
    accounts.platform,
    accounts.stream,
    accounts.shop_id,
    successes.last_success_at,
    successes.last_window_end,
    case
        when gaps.first_gap_start < successes.last_window_end then gaps.first_gap_start
        else successes.last_window_end
    end as complete_until,
    coalesce(gaps.open_gaps, 0) as open_gaps,
    coalesce(rejections.rejected_records, 0) as rejected_records
from accounts
left join successes
    on
        accounts.platform = successes.platform
        and accounts.stream = successes.stream
        and accounts.shop_id = successes.shop_id
left join gaps
    on
        accounts.platform = gaps.platform
        and accounts.stream = gaps.stream
        and accounts.shop_id = gaps.shop_id
left join rejections
    on
        accounts.platform = rejections.platform
        and accounts.stream = rejections.stream
        and accounts.shop_id = rejections.shop_id
