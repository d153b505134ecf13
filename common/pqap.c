/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/pqap.h"

#include <stddef.h>

/* Program interruptions. */
enum {
	PGM_PRIVILEGED_OPERATION = 2,
	PGM_SPECIFICATION = 6,
};

/* Response codes of a queue's status word. */
enum {
	RC_NORMAL = 0x00,
	RC_NOT_AVAILABLE = 0x01,
	RC_DECONFIGURED = 0x03,
	RC_CHECKSTOPPED = 0x04,
	RC_INVALID_ADDRESS = 0x06,
	RC_UNCHANGED = 0x07,
};

const struct pqap_case pqap_all_well = {
	.function = PQAP_AQIC,
	.enable = true,
	.host_ap = true,
	.interpreted = true,
	.facility15 = true,
	.facility65 = true,
	.apxa = true,
	.aiv = true,
	.attached = true,
	.in_device = true,
	.bound = true,
	.configured = true,
	.operational = true,
	.nib_good = true,
	.nib_shared = true,
	.gisa = true,
};

const char *const pqap_outcome_names[] = {
	[PQAP_USERSPACE] = "userspace",
	[PQAP_EXCEPTION] = "exception",
	[PQAP_STATUS] = "status",
};

/* The conditions, each as if no earlier row applied. */

static bool host_without_ap(const struct pqap_case *pqap)
{
	return !pqap->host_ap;
}

static bool not_interpreted(const struct pqap_case *pqap)
{
	return !pqap->interpreted;
}

static bool other_function(const struct pqap_case *pqap)
{
	return pqap->function != PQAP_AQIC;
}

static bool problem_state(const struct pqap_case *pqap)
{
	return pqap->problem_state;
}

static bool reserved_bits(const struct pqap_case *pqap)
{
	return pqap->reserved_bits;
}

static bool t_bit(const struct pqap_case *pqap)
{
	return pqap->t_bit && !pqap->facility15;
}

static bool id_too_high(const struct pqap_case *pqap)
{
	return !pqap->apxa && (pqap->apqn.adapter > PQAP_SHORT_ADAPTER_MAX ||
			       pqap->apqn.domain > PQAP_SHORT_DOMAIN_MAX);
}

static bool no_facility65(const struct pqap_case *pqap)
{
	return !pqap->facility65;
}

static bool no_device(const struct pqap_case *pqap)
{
	return !pqap->attached;
}

static bool no_aiv(const struct pqap_case *pqap)
{
	return !pqap->aiv;
}

static bool not_in_device(const struct pqap_case *pqap)
{
	return !pqap->in_device;
}

static bool not_bound(const struct pqap_case *pqap)
{
	return !pqap->bound;
}

static bool nib_bad(const struct pqap_case *pqap)
{
	return pqap->enable && !pqap->nib_good;
}

static bool nib_not_shared(const struct pqap_case *pqap)
{
	return pqap->enable && !pqap->nib_shared;
}

static bool no_gisa(const struct pqap_case *pqap)
{
	return pqap->enable && !pqap->gisa;
}

static bool deconfigured(const struct pqap_case *pqap)
{
	return !pqap->configured;
}

static bool checkstopped(const struct pqap_case *pqap)
{
	return !pqap->operational;
}

static bool already_on(const struct pqap_case *pqap)
{
	return pqap->enable && pqap->enabled_now;
}

static bool already_off(const struct pqap_case *pqap)
{
	return !pqap->enable && !pqap->enabled_now;
}

static bool switched_on(const struct pqap_case *pqap)
{
	return pqap->enable;
}

static bool always(const struct pqap_case *pqap)
{
	(void)pqap;
	return true;
}

struct row {
	bool (*applies)(const struct pqap_case *pqap);
	enum pqap_outcome outcome;
	unsigned int code;
	const char *reason;
};

/* In the order in which the kernel decides; 6.12 and 7.2 agree. */
static const struct row rows[] = {
	[PQAP_ROW_HOST_WITHOUT_AP] = { host_without_ap, PQAP_USERSPACE, 0,
		"The host has no AP instructions, so no guest of it can have them; the VMM "
		"answers with an operation exception. Give the host's LPAR (or its virtual "
		"machine) adapters and domains." },
	[PQAP_ROW_NOT_INTERPRETED] = { not_interpreted, PQAP_USERSPACE, 0,
		"AP instructions are off in the guest's CPU model; the VMM answers with an "
		"operation exception. Start the guest with ap=on in its CPU model." },
	[PQAP_ROW_OTHER_FUNCTION] = { other_function, PQAP_USERSPACE, 0,
		"KVM answers no function but 3 (AQIC); the machine carries out those that it has "
		"without asking KVM, and one that comes to KVM all the same is left to the VMM, "
		"which answers with an operation exception. Where that happens the guest uses a "
		"function that this machine lacks, or its host runs under z/VM." },
	[PQAP_ROW_PROBLEM_STATE] = { problem_state, PQAP_EXCEPTION, PGM_PRIVILEGED_OPERATION,
		"Only the guest's kernel may issue PQAP, and here it comes from a program in "
		"problem state. Correct that program; the host has no part in this." },
	[PQAP_ROW_RESERVED_BITS] = { reserved_bits, PQAP_EXCEPTION, PGM_SPECIFICATION,
		"Bits 41 to 47 of general register 0 are reserved, and one of them is set. "
		"Correct the guest's kernel; the host has no part in this." },
	[PQAP_ROW_T_BIT] = { t_bit, PQAP_EXCEPTION, PGM_SPECIFICATION,
		"The T bit (bit 40 of general register 0) is set, and the guest's CPU model lacks "
		"facility 15 (AP facilities test). Start the guest with apft=on in its CPU "
		"model." },
	[PQAP_ROW_ID_TOO_HIGH] = { id_too_high, PQAP_EXCEPTION, PGM_SPECIFICATION,
		"The guest has no APXA (AP extended addressing), without which adapters end at 63 "
		"(3f) and domains at 15 (000f), and this queue is above. Give the device adapters "
		"and domains within that; KVM offers APXA only where the host has it together "
		"with MSA extension 3 (facility 76)." },
	[PQAP_ROW_NO_FACILITY65] = { no_facility65, PQAP_EXCEPTION, PGM_SPECIFICATION,
		"The guest's CPU model lacks facility 65 (AP queue interruption control). Start "
		"the guest with apqi=on in its CPU model; if the VMM refuses that, the host "
		"itself lacks facility 65 or adapter interruption virtualization, and its guests "
		"can only poll." },
	[PQAP_ROW_NO_DEVICE] = { no_device, PQAP_STATUS, RC_NOT_AVAILABLE,
		"No vfio_ap device is attached to the guest. Attach one to it, and see that the "
		"VMM opens it." },
	[PQAP_ROW_NO_AIV] = { no_aiv, PQAP_USERSPACE, 0,
		"The guest runs without adapter interruption virtualization, so KVM leaves AQIC "
		"to the VMM, which answers with an operation exception. Switch kvm.use_gisa on "
		"and start the guest anew: it counts for guests that are started after." },
	[PQAP_ROW_NOT_IN_DEVICE] = { not_in_device, PQAP_STATUS, RC_NOT_AVAILABLE,
		"The queue is not in the matrix of the guest's device. Assign its adapter and its "
		"domain to the device." },
	[PQAP_ROW_NOT_BOUND] = { not_bound, PQAP_STATUS, RC_NOT_AVAILABLE,
		"The queue is in the device's matrix, but it is absent or not bound to the driver "
		"vfio_ap. See that the LPAR has its adapter and its domain, and reserve the queue "
		"for guests." },
	[PQAP_ROW_NIB_BAD] = { nib_bad, PQAP_STATUS, RC_INVALID_ADDRESS,
		"The address of the notification byte (general register 2) is 0, is outside of "
		"the guest's memory, or is in memory that the VMM did not map for the device. "
		"Correct the guest's kernel if it is one of the first two; otherwise look at the "
		"VMM's messages about VFIO and at its limit of locked memory." },
	[PQAP_ROW_NIB_NOT_SHARED] = { nib_not_shared, PQAP_STATUS, RC_INVALID_ADDRESS,
		"The guest is secure, and the page of its notification byte is not shared with "
		"the host. The guest's kernel must share that page; see that it supports AP in "
		"Secure Execution." },
	[PQAP_ROW_NO_GISA] = { no_gisa, PQAP_STATUS, RC_INVALID_ADDRESS,
		"The guest has no interruption area (GISA) that interrupts could be delivered "
		"through. Switch kvm.use_gisa on and start the guest anew." },
	[PQAP_ROW_DECONFIGURED] = { deconfigured, PQAP_STATUS, RC_DECONFIGURED,
		"The adapter of the queue is deconfigured. Configure it on the HMC or with "
		"\"chzcrypt --config-on\"." },
	[PQAP_ROW_CHECKSTOPPED] = { checkstopped, PQAP_STATUS, RC_CHECKSTOPPED,
		"The adapter of the queue is checkstopped: it has stopped for an error of its "
		"own. Deconfigure and configure it on the HMC; if that does not help, have it "
		"replaced." },
	[PQAP_ROW_ALREADY_ON] = { already_on, PQAP_STATUS, RC_UNCHANGED,
		"The queue's interrupts are on already, with what they were switched on with; "
		"guests take that for success. Nothing needs to be done." },
	[PQAP_ROW_ALREADY_OFF] = { already_off, PQAP_STATUS, RC_UNCHANGED,
		"The queue's interrupts are off already; guests take that for success. Nothing "
		"needs to be done." },
	[PQAP_ROW_SWITCHED_ON] = { switched_on, PQAP_STATUS, RC_NORMAL,
		"The queue's interrupts are switched on, and reach the guest." },
	[PQAP_ROW_SWITCHED_OFF] = { always, PQAP_STATUS, RC_NORMAL,
		"The queue's interrupts are switched off; the guest polls it." },
};

_Static_assert(ARRAY_SIZE(rows) == PQAP_ROWS + 1, "the rows count from 1, and none is missing");

struct pqap_result pqap_decide(const struct pqap_case *pqap)
{
	enum pqap_row at = PQAP_ROW_HOST_WITHOUT_AP;
	const struct row *row;
	int cc = -1;

	while (!rows[at].applies(pqap))
		at++;
	row = &rows[at];
	if (row->outcome == PQAP_STATUS)
		cc = row->code == RC_NORMAL ? 0 : 3;
	return (struct pqap_result){
		.row = at,
		.outcome = row->outcome,
		.code = row->code,
		.cc = cc,
		.reason = row->reason,
	};
}
