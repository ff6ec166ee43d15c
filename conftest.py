"""For every test of the project."""

from hypothesis import HealthCheck, settings

# How fast a machine is says nothing about whether the code is right.
settings.register_profile("talat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("talat")

# Tests of a package that is called so nowhere; they run where it has become a tap.
collect_ignore_glob = ["taps/template/*"]
