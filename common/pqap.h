/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest gets when it issues PQAP, the instruction by which AP queues are queried and their
 * interrupts switched: what Linux decides (KVM's and then vfio_ap's function handle_pqap) as a pure
 * function of what the guest issues and of what it and the host have.
 */
#ifndef APQD_COMMON_PQAP_H
#define APQD_COMMON_PQAP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/apqn.h"

/* The function code of AQIC, "AP queue interruption control", in GR0 bits 32-39. */
#define PQAP_AQIC 3

/* Highest ids that can be named without APXA, the extended addressing of adapters and domains. */
#define PQAP_SHORT_ADAPTER_MAX 63
#define PQAP_SHORT_DOMAIN_MAX 15

/*
 * One PQAP, and what matters to what comes of it. Begin with pqap_all_well and change what differs:
 * all that is not about the instruction itself is true where all is well, but for enabled_now.
 */
struct pqap_case {
	/* The instruction. */
	uint8_t function;	/* GR0 bits 32-39; PQAP_AQIC is the only one that KVM answers */
	struct apqn apqn;	/* GR0 bits 48-63 */
	bool t_bit;		/* GR0 bit 40 */
	bool reserved_bits;	/* any of GR0 bits 41-47 */
	bool problem_state;	/* issued by a program and not by the guest's kernel */
	bool enable;		/* GR1 bit 16: interrupts on, otherwise off */

	/* The host, and the guest's CPU model. */
	bool host_ap;		/* the host has AP instructions */
	bool interpreted;	/* the guest has them (ap=on: ECA.APIE) */
	bool facility15;	/* apft=on: the guest may set the T bit */
	bool facility65;	/* apqi=on, and the host can: the guest has AQIC */
	bool apxa;		/* the host has APXA and MSA extension 3 (facility 76) */
	bool aiv;		/* ECA.AIV: the VM was made while kvm.use_gisa was Y */

	/*
	 * The device and the queue. That a queue is filtered out of guest_matrix does not matter:
	 * the kernel looks for it in the device's matrix.
	 */
	bool attached;		/* the VMM has a vfio_ap device open for the guest */
	bool in_device;		/* the queue is in the device's matrix */
	bool bound;		/* the queue's driver is vfio_ap */
	bool configured;	/* the adapter is configured (sysfs "config") */
	bool operational;	/* the adapter is not checkstopped (sysfs "chkstop") */
	bool enabled_now;	/* the queue's interrupts are on already (sysfs "interrupt") */

	/*
	 * To enable: the notification byte, whose address is in GR2, and the interruption area. KVM
	 * has no guests with AIV and without that area, but vfio_ap checks.
	 */
	bool nib_good;		/* not 0, in the guest's memory, and mapped for the device */
	bool nib_shared;	/* shared with the host; true for all but secure guests */
	bool gisa;		/* the VM has a GISA */
};

/* AQIC that enables 00.0000, in a guest where nothing hinders that. */
extern const struct pqap_case pqap_all_well;

enum pqap_outcome {
	PQAP_USERSPACE,		/* KVM does not answer (-EOPNOTSUPP): the VMM does */
	PQAP_EXCEPTION,		/* a program interruption in the guest */
	PQAP_STATUS,		/* a condition code, and a status word in GR1 */
};

/* "userspace", "exception", "status", by enum pqap_outcome. */
extern const char *const pqap_outcome_names[];

/* The rows of the table in the order in which the kernel decides; the first that applies counts. */
enum pqap_row {
	PQAP_ROW_HOST_WITHOUT_AP = 1,
	PQAP_ROW_NOT_INTERPRETED,
	PQAP_ROW_OTHER_FUNCTION,
	PQAP_ROW_PROBLEM_STATE,
	PQAP_ROW_RESERVED_BITS,
	PQAP_ROW_T_BIT,		/* without facility 15 */
	PQAP_ROW_ID_TOO_HIGH,	/* without APXA */
	PQAP_ROW_NO_FACILITY65,
	PQAP_ROW_NO_DEVICE,
	PQAP_ROW_NO_AIV,
	PQAP_ROW_NOT_IN_DEVICE,
	PQAP_ROW_NOT_BOUND,
	PQAP_ROW_NIB_BAD,
	PQAP_ROW_NIB_NOT_SHARED,
	PQAP_ROW_NO_GISA,
	PQAP_ROW_DECONFIGURED,
	PQAP_ROW_CHECKSTOPPED,
	PQAP_ROW_ALREADY_ON,
	PQAP_ROW_ALREADY_OFF,
	PQAP_ROW_SWITCHED_ON,
	PQAP_ROW_SWITCHED_OFF,
};

#define PQAP_ROWS PQAP_ROW_SWITCHED_OFF	/* how many; they count from 1 */

struct pqap_result {
	enum pqap_row row;
	enum pqap_outcome outcome;
	/*
	 * PQAP_EXCEPTION: the program interruption's code: 2 privileged operation, 6 specification.
	 * PQAP_STATUS: the response code, 0 for success. PQAP_USERSPACE: 0.
	 */
	unsigned int code;
	int cc;			/* PQAP_STATUS: the condition code, 0 or 3; otherwise -1 */
	const char *reason;	/* why, and what to do; whole sentences, static */
};

/*
 * Decides for a queue that is not being reset at that moment: during a reset, which takes less than
 * a second, a queue answers with response code 02 or 05, and guests try again.
 *
 * In row PQAP_ROW_NO_DEVICE KVM puts the status word into bits 0-31 of GR1, not 32-63 where guests
 * look for it: the condition code arrives, the response code does not.
 */
struct pqap_result pqap_decide(const struct pqap_case *pqap);

#endif
