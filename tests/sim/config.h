/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated machine is made of: its size, the kernel whose rules it follows, and
 * the features that it lacks.  Decided when its state is created.
 */
#ifndef APQD_TESTS_SIM_CONFIG_H
#define APQD_TESTS_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/macro.h"
#include "daemon/kernel/kernel.h"
#include "daemon/model/desired.h"

struct sim_config {
	uint32_t cards, domains;	/* ids 0 to that number - 1 exist */
	uint32_t max_adapter, max_domain;	/* highest ids that the machine can have */
	char modes[4];			/* of the adapters in turn: "CPA" is CCA, EP11, accelerator, CCA... */
	char kernel[16];		/* "6.12" or "7.2" */
	bool mask_rules_per_axis;	/* 6.19+: masks are refused by whole adapters or domains */
	bool has_override;		/* 6.19+: driver_override */
	bool has_ap_config;		/* 6.10+ */
	bool has_hotplug;		/* 6.0+: status, guest_matrix, masks that look at devices */
	bool has_ap_bus, has_passthrough, has_qci;
	bool has_module;		/* vfio_ap could be loaded where it is not */
	bool has_interrupts;		/* for the host's own queues: ap_interrupts */
	struct boot_masks boot;		/* ap.apmask= and ap.aqmask= of the command line */
};

/* 4 cards, 8 domains, kernel 7.2, nothing missing: what the lab has. */
struct sim_config sim_config_default(void);

/*
 * Sets one of kernel_options[] by its name.  Returns 0, or -EINVAL and a sentence
 * in *ret_message (the caller frees it).
 */
MUST_CHECK int sim_config_set(struct sim_config *config, const char *name, const char *value,
			      char **ret_message);

bool sim_config_equal(const struct sim_config *a, const struct sim_config *b);

/* Checks that the sizes fit the highest ids: 0, or -EINVAL and a sentence. */
MUST_CHECK int sim_config_check(const struct sim_config *config, char **ret_message);

#endif
