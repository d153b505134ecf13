# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# machine.sh - for the lab: prints what a real kernel answers to the operations of conform.c
#   tests/lab/lab run --kernel 7.2 --append modes=CPA tests/conformance/machine.sh >tests/conformance/expected-7.2
exec conform-sysfs
