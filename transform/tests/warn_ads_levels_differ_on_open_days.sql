-- Figures move while one stream is read after another: a difference goes away with the next run, or it is a fault.
{{ config(severity='warn') }}
{{ levels_that_differ(final=false) }}
