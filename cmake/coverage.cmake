# SPDX-License-Identifier: Apache-2.0
# SHM_COVERAGE: every line and branch counts how often it ran (gcov); ./run coverage makes the report.
add_compile_options(--coverage -fprofile-update=atomic -O0 -g1)
add_link_options(--coverage)
add_compile_definitions(SHM_COVERAGE)
