-- Account, campaigns, ad sets and ads tell the same figures once nothing can change them.
{{ levels_that_differ(final=true) }}
