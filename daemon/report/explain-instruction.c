/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/report/explain-instruction.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/model/ownership.h"

const char *const instruction_feature_names[FEATURES] = {
	[FEATURE_AP] = "ap",	 [FEATURE_APQCI] = "apqci", [FEATURE_APFT] = "apft",
	[FEATURE_APQI] = "apqi", [FEATURE_APXA] = "apxa",   [FEATURE_AIV] = "aiv",
	[FEATURE_GISA] = "gisa",
};

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)); at += length)
		if ((at == words || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* Kernels before 6.8 do not tell the features of the bus: then it is taken for granted. */
static bool host_has_apxa(const struct observed_host *host)
{
	return !host->bus_features[0] || has_word(host->bus_features, "APXA");
}

static const struct observed_device *find_device(const struct observed *observed,
						 const struct instruction *instruction)
{
	return instruction->has_device ? observed_find_device(observed, &instruction->device) :
					 ownership_find_device(observed, instruction->apqn);
}

/* Of a device whose matrix cannot be read, the queue itself tells whether a device has it. */
static bool is_in_device(const struct observed_device *device, const struct observed_queue *queue,
			 struct apqn apqn)
{
	if (device->active_known)
		return matrix_has_queue(&device->active, apqn);
	return queue && queue->status >= QUEUE_STATUS_ASSIGNED;
}

/* Interrupts that are on prove what the running guest has, whatever counts for the next one. */
static bool guest_has_interrupts(const struct observed *observed,
				 const struct observed_device *device)
{
	struct queue_set on = { 0 };

	ownership_interrupt_queues(observed, device, &on);
	return !queue_set_is_empty(&on);
}

static void fill_host(const struct observed *observed, const struct instruction *instruction,
		      const struct observed_device *device, struct pqap_case *pqap)
{
	const struct observed_host *host = &observed->host;
	const bool *without = instruction->without;
	bool proved = device && device->in_use && guest_has_interrupts(observed, device);

	pqap->host_ap = host->ap_bus;
	pqap->interpreted = !without[FEATURE_AP];
	/*
	 * That the guest lacks apqci has no row: KVM does not look at facility 12 before it
	 * answers AQIC, nor does it carry out the query itself.
	 */
	pqap->facility15 = !without[FEATURE_APFT];
	pqap->facility65 = (host->facility65 != 0 || proved) && !without[FEATURE_APQI];
	pqap->apxa = host_has_apxa(host) && !without[FEATURE_APXA];
	pqap->aiv = (host->gisa != 0 || proved) && !without[FEATURE_AIV];
	pqap->gisa = !without[FEATURE_GISA];
}

static void fill_queue(const struct observed *observed, const struct instruction *instruction,
		       const struct observed_device *device, struct pqap_case *pqap)
{
	struct apqn apqn = instruction->apqn;
	const struct observed_queue *queue = observed_find_queue(observed, apqn);
	const struct observed_card *card = observed_find_card(observed, apqn.adapter);

	pqap->attached = device != NULL;
	pqap->in_device = device && is_in_device(device, queue, apqn);
	pqap->bound = observed_queue_is_bound(observed, apqn);
	pqap->configured = queue && queue->configured && (!card || card->configured);
	pqap->operational = queue && !queue->checkstopped && (!card || !card->checkstopped);
	pqap->enabled_now = device && device->in_use && queue && queue->interrupt == 1;
}

static const char *about_device(const struct instruction *instruction,
				const struct observed_device *device)
{
	if (!device)
		return instruction->has_device ? "The device is not started." :
						 "No device has this queue.";
	if (device->leaving)
		return "The device is being removed, and goes as soon as its guest has ended.";
	return device->in_use ? NULL :
				"No guest has the device open now: this is what one would get.";
}

/* What an administrator cannot see from the table's own sentence. */
static void write_reason(FILE *out, const struct observed *observed,
			 const struct instruction *instruction,
			 const struct observed_device *device,
			 const struct instruction_answer *answer)
{
	const struct observed_host *host = &observed->host;
	enum pqap_row row = answer->result.row;
	const char *about = about_device(instruction, device);

	fputs(answer->result.reason, out);
	/* Before this row the device is not looked at. */
	if (about && row >= PQAP_ROW_NO_DEVICE)
		fprintf(out, " %s", about);
	if (row == PQAP_ROW_NO_FACILITY65 && host->facility65 == 0)
		fputs(" KVM on this host does not offer it to guests.", out);
	if (row > PQAP_ROW_NO_FACILITY65 && host->facility65 < 0)
		fputs(" KVM could not be asked whether it offers facility 65, and it is taken for granted here.",
		      out);
	if (row == PQAP_ROW_NO_AIV && host->gisa == 0)
		fputs(" Here kvm.use_gisa is off: 'apqctl interrupts --gisa on' switches it on.",
		      out);
	if (instruction->without[FEATURE_APQCI])
		fputs(" That the CPU model lacks apqci (facility 12) makes no difference to this, but the guest's "
		      "kernel then cannot ask which queues it has, and finds only those of adapters up to 3f "
		      "and domains up to 000f.",
		      out);
}

void instruction_answer_done(struct instruction_answer *answer)
{
	free(answer->reason);
	answer->reason = NULL;
}

int explain_instruction(const struct observed *observed, const struct instruction *instruction,
			struct instruction_answer *ret_answer)
{
	const struct observed_device *device = find_device(observed, instruction);
	struct instruction_answer answer = { .pqap = pqap_all_well };
	struct pqap_case *pqap = &answer.pqap;
	size_t size;
	FILE *out;

	pqap->function = instruction->function;
	pqap->apqn = instruction->apqn;
	pqap->t_bit = instruction->time_bit;
	pqap->reserved_bits = instruction->reserved_bits;
	pqap->problem_state = instruction->problem_state;
	pqap->enable = !instruction->disable;
	pqap->nib_good = !instruction->bad_address;
	fill_host(observed, instruction, device, pqap);
	fill_queue(observed, instruction, device, pqap);
	answer.result = pqap_decide(pqap);
	if (device)
		answer.device = device->uuid;
	else if (instruction->has_device)
		answer.device = instruction->device;
	out = open_memstream(&answer.reason, &size);
	if (!out)
		return -ENOMEM;
	write_reason(out, observed, instruction, device, &answer);
	if (fclose(out) != 0) {
		free(answer.reason);
		return -ENOMEM;
	}
	*ret_answer = answer;
	return 0;
}
