/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predicts the answer to a guest's PQAP for one queue, with the reason: the decision table of
 * common/pqap.h, filled in from the observed state and from the question.  Pure.
 */
#ifndef APQD_DAEMON_REPORT_EXPLAIN_INSTRUCTION_H
#define APQD_DAEMON_REPORT_EXPLAIN_INSTRUCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/macro.h"
#include "common/pqap.h"
#include "daemon/model/observed.h"

/* Features that a guest's CPU model, or the host, may lack. */
enum instruction_feature {
	FEATURE_AP,		/* CPU model: ap */
	FEATURE_APQCI,		/* CPU model: apqci, facility 12 */
	FEATURE_APFT,		/* CPU model: apft, facility 15 */
	FEATURE_APQI,		/* CPU model: apqi, facility 65 */
	FEATURE_APXA,		/* the host's extended addressing */
	FEATURE_AIV,		/* adapter interruption virtualization of the guest */
	FEATURE_GISA,		/* the guest's interruption area */
	FEATURES
};

/* "ap", "apqci", ... */
extern const char *const instruction_feature_names[FEATURES];

struct instruction {
	uint8_t function;
	struct apqn apqn;
	bool has_device;	/* the guest has this one; else the one that has the queue, if any */
	struct uuid device;
	bool problem_state, time_bit, reserved_bits, bad_address, disable;
	bool without[FEATURES];
};

struct instruction_answer {
	struct pqap_case pqap;		/* what was decided on */
	struct pqap_result result;
	struct uuid device;		/* the guest's; its text is empty where there is none */
	char *reason;			/* owned; result.reason, and what it rests on */
};

void instruction_answer_done(struct instruction_answer *answer);

#define CLEANUP_INSTRUCTION_ANSWER CLEANUP(instruction_answer_done)

/*
 * Answers for a guest that has the device, or would have it as soon as it runs, on this host as it
 * is now, and with a complete CPU model less what the question says.  A guest whose device is not
 * started has none.  Returns 0, or -ENOMEM and then *ret_answer is untouched.
 */
MUST_CHECK int explain_instruction(const struct observed *observed,
				   const struct instruction *instruction,
				   struct instruction_answer *ret_answer);

#endif
