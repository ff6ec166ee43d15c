with runs as (
    select
        run_id,
        platform,
        stream,
        shop_id,
        count(*) as windows,
        count(case when status = 'gap' then 1 end) as gaps,
        count(case when status = 'skipped' then 1 end) as skipped_windows,
        sum(records) as records,
        sum(rejected_records) as rejected_records,
        sum(requests) as requests,
        sum(retries) as retries,
        sum(coalesce(seconds_throttled, 0)) as seconds_throttled,
        min(window_start) as window_start,
        max(window_end) as window_end,
        min(started_at) as started_at,
        max(finished_at) as finished_at
    from {{ ref('stg_sync_windows') }}
    group by run_id, platform, stream, shop_id
)

select
    run_id,
    platform,
    stream,
    shop_id,
    case
        when gaps + skipped_windows = 0 then 'done'
        when gaps + skipped_windows < windows then 'partial'
        when gaps > 0 then 'failed'
        else 'skipped'
    end as status,
    {{ as_count('windows') }} as windows,
    {{ as_count('gaps') }} as gaps,
    {{ as_count('skipped_windows') }} as skipped_windows,
    {{ as_count('records') }} as records,
    {{ as_count('rejected_records') }} as rejected_records,
    {{ as_count('requests') }} as requests,
    {{ as_count('retries') }} as retries,
    {{ to_digits('seconds_throttled', 3) }} as seconds_throttled,
    {{ as_money(divide('requests * 1000', 'records', 2)) }} as calls_per_1000_rows,
    window_start,
    window_end,
    started_at,
    finished_at,
    {{ as_count(seconds_between('started_at', 'finished_at')) }} as seconds_elapsed
from runs
