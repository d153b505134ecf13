/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interfaces that the socket speaks, as texts: ours is embedded from its file at build time.
 */
#ifndef APQD_DAEMON_VARLINK_INTERFACE_H
#define APQD_DAEMON_VARLINK_INTERFACE_H

/* common/io.apqd.Manager.varlink */
extern const char interface_manager[];

/* org.varlink.service, as varlink.org gives it. */
extern const char interface_service[];

#endif
