/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon has to say: to the journal with fields where the service manager connected
 * it, else as lines on standard error, where messages for debugging are left out.
 */
#ifndef APQD_DAEMON_LOG_H
#define APQD_DAEMON_LOG_H

#include <syslog.h>

#include "common/macro.h"
#include "common/uuid.h"

/* Looks where standard error goes; without it, lines go there. */
void log_open(void);

/* One message of a level of syslog.h; device, or NULL, becomes the field APQD_DEVICE. */
void log_message(int level, const struct uuid *device, const char *format, ...) PRINTF_LIKE(3, 4);

#define log_error(...) log_message(LOG_ERR, NULL, __VA_ARGS__)
#define log_warning(...) log_message(LOG_WARNING, NULL, __VA_ARGS__)
#define log_notice(...) log_message(LOG_NOTICE, NULL, __VA_ARGS__)
#define log_info(...) log_message(LOG_INFO, NULL, __VA_ARGS__)

#endif
