/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts: the settings of the AP bus and of kvm, and the guest's PQAP(AQIC), which is
 * handle_pqap() of kvm's priv.c and the one of vfio_ap_ops.c.
 */
#ifndef APQD_TESTS_SIM_INTERRUPTS_H
#define APQD_TESTS_SIM_INTERRUPTS_H

#include "tests/sim/state.h"

/* poll_thread_store() and poll_timeout_store() of ap_bus.c.  Return 0, -EINVAL or -ERANGE. */
MUST_CHECK int interrupts_write_poll_thread(struct sim_state *state, const char *value);
MUST_CHECK int interrupts_write_poll_timeout(struct sim_state *state, const char *value);

/* The parameter of kvm, which is loaded.  Returns 0 or -EINVAL. */
MUST_CHECK int interrupts_write_use_gisa(struct sim_state *state, const char *value);

/*
 * Loads or unloads kvm, which comes with its parameters' defaults.  That vfio_ap needs kvm, and
 * does not let it go, is left out.
 */
void interrupts_load_kvm(struct sim_state *state, bool on);

enum interrupts_request {
	INTERRUPTS_ON,
	INTERRUPTS_OFF,
	INTERRUPTS_ON_BAD_BYTE,		/* on, but the notification byte is not in its memory */
};

/* Beside response codes, which are 0 to 255. */
#define INTERRUPTS_USERSPACE 0x100	/* left to the VMM */
#define INTERRUPTS_SPECIFICATION 0x101	/* a specification exception */

/*
 * The guest to which the device belongs asks for it; only one that holds the device open has
 * it.  Returns the response code of the status word, or one of the two above.
 */
unsigned int interrupts_aqic(struct sim_state *state, const struct sim_device *device,
			     struct apqn apqn, enum interrupts_request request);

#endif
