{{ stg_sync_windows('line_shop') }}
