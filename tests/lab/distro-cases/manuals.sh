# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=dash
#
# manuals.sh - those examples of the manuals that need a machine with systemd, as they stand
# lab: --cards 7 --domains 72
# files: examples

# shellcheck source=../lib/machine.sh
. /lab.sh
# shellcheck source=../cases/lib.sh
. lib.sh
# shellcheck source=distro-lib.sh
. distro-lib.sh

system_is_well
ok systemctl enable --now apqd.service
for page in io.apqd.Manager.7 README.md apqd.service.8; do
	echo "# the examples of $page"
	bash "/files/examples-$page" || fail "an example of $page does not do what it shows"
done
