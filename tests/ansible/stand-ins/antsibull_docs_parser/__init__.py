# SPDX-License-Identifier: GPL-2.0-or-later
"""Stands in for the library of this name, which Debian does not have, in validate-modules of ansible-test.

It knows as much of Ansible's markup as that test looks at, and calls an error what is no markup.
"""
