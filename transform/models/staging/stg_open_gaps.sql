-- Spans that were asked for in vain and that no later success has covered, whole or in pieces.
with windows as (
    select * from {{ ref('stg_sync_windows') }}
),

gaps as (
    select * from windows
    where status <> 'done'
),

-- What later successes gave of each gap. A gap without length is a stream without time: any later success closes it.
cover as (
    select
        gaps.platform,
        gaps.run_id,
        gaps.stream,
        gaps.shop_id,
        gaps.window_start,
        gaps.window_end,
        done.window_start as done_start,
        done.window_end as done_end,
        max(done.window_end) over (
            partition by gaps.platform, gaps.run_id, gaps.stream, gaps.shop_id, gaps.window_start
            order by done.window_start, done.window_end
            rows between unbounded preceding and 1 preceding
        ) as covered_until
    from gaps
    inner join windows as done
        on
            gaps.platform = done.platform
            and gaps.stream = done.stream
            and gaps.shop_id = done.shop_id
            and done.status = 'done'
            and gaps.finished_at < done.finished_at
            and (
                gaps.window_start = gaps.window_end
                or (gaps.window_end > done.window_start and gaps.window_start < done.window_end)
            )
),

closed as (
    select
        platform,
        run_id,
        stream,
        shop_id,
        window_start
    from cover
    group by platform, run_id, stream, shop_id, window_start, window_end
    having
        window_start = window_end
        or (
            max(done_end) >= window_end
            and count(case when done_start > coalesce(covered_until, window_start) then 1 end) = 0
        )
)

select
    gaps.platform,
    gaps.stream,
    gaps.shop_id,
    gaps.run_id,
    gaps.window_start,
    gaps.window_end,
    gaps.status,
    gaps.finished_at,
    gaps.error
from gaps
left join closed
    on
        gaps.platform = closed.platform
        and gaps.run_id = closed.run_id
        and gaps.stream = closed.stream
        and gaps.shop_id = closed.shop_id
        and gaps.window_start = closed.window_start
where closed.run_id is null
