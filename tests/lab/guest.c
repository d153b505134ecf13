/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest - stands in for a VMM: holds an mdev the way QEMU does, and issues PQAPs of a guest
 *
 *	guest UUID GROUP [hold SECONDS] [aqic AA.DDDD]... [nofac65] [noapie]
 *
 * Creates a VM, sets its CPU model, attaches /dev/vfio/GROUP and opens the device UUID, so that the
 * kernel counts the mdev as in use, and prints "device open". With "hold" it stays so for SECONDS,
 * or until SIGTERM or SIGINT, and ends with 0. Without, and without "aqic", it walks the cases of
 * PQAP through the kernel's own interception (by apsim's debugfs file) and prints for each what the
 * guest gets.
 *
 *	aqic AA.DDDD	the guest switches the interrupts of that queue on, before "device open" is
 *			printed, and prints what it gets for that; up to 16 queues
 *	nofac65		the guest's CPU model lacks facility 65 (AQIC)
 *	noapie		AP instructions are not interpreted for the guest (ECA.APIE = 0)
 *
 * Exit status: 0; 1 a step failed, which is printed; 2 wrong arguments.
 */
#include <signal.h>
#include <time.h>

#include "common/macro.h"
#include "common/pqap.h"
#include "tests/lab/vm.h"

#define MAX_AQIC 16

struct options {
	const char *uuid, *group;
	int hold;			/* seconds, or 0 */
	struct apqn aqic[MAX_AQIC];
	unsigned int aqic_count;
	struct vm_model model;
};

/* GR1 of AQIC: interruption subclass 3, and on or off. */
static uint64_t aqic_gr1(bool enable)
{
	return (enable ? VM_GR1_ENABLE : 0) | 3;
}

/* One PQAP of the guest's CPU. nib is the address of the notification byte. */
static void pqap(const struct vm *vm, const char *what, uint64_t gr0, bool enable, uint64_t nib,
		 bool problem_state)
{
	struct vm_pqap q = {
		.problem_state = problem_state,
		.gr0 = gr0,
		.gr1 = aqic_gr1(enable),
		.gr2 = nib,
	};

	vm_pqap(vm, &q);
	printf("PQAP %-32s ret=%d pgm=%u cc=%u gr1=%016llx\n", what, q.ret, q.pgm, q.cc,
	       (unsigned long long)q.gr1);
}

static void walk(const struct vm *vm)
{
	const uint64_t aqic = vm_gr0(PQAP_AQIC, (struct apqn){ 0, 1 });
	const uint64_t not_assigned = vm_gr0(PQAP_AQIC, (struct apqn){ 1, 3 });

	pqap(vm, "AQIC enable 00.0001", aqic, true, VM_NIB, false);
	pqap(vm, "AQIC enable 00.0001 again", aqic, true, VM_NIB, false);
	pqap(vm, "AQIC enable, bad NIB", aqic, true, VM_NIB_OUTSIDE, false);
	pqap(vm, "AQIC disable 00.0001", aqic, false, VM_NIB, false);
	pqap(vm, "AQIC enable, queue not assigned", not_assigned, true, VM_NIB, false);
	pqap(vm, "AQIC in problem state", aqic, true, VM_NIB, true);
	pqap(vm, "AQIC, reserved bits 41-47 set", aqic | VM_GR0_RESERVED, true, VM_NIB, false);
	pqap(vm, "FC 4 (QCI)", vm_gr0(4, (struct apqn){ 0, 0 }), false, 0, false);
	pqap(vm, "FC 9 (unknown)", vm_gr0(9, (struct apqn){ 0, 0 }), false, 0, false);
}

/* The guest switches on the interrupts of the queues it was told of; each has a byte of its own. */
static void switch_on(const struct vm *vm, const struct options *opt)
{
	for (unsigned int i = 0; i < opt->aqic_count; i++) {
		char text[APQN_TEXT_SIZE], what[32];

		snprintf(what, sizeof(what), "AQIC enable %s", apqn_format(opt->aqic[i], text));
		pqap(vm, what, vm_gr0(PQAP_AQIC, opt->aqic[i]), true, VM_NIB + i, false);
	}
}

/* Returns false for arguments that make no sense. */
static bool parse(int argc, char **argv, struct options *ret_opt)
{
	struct options opt = { .model = { true, true, true } };

	if (argc < 3)
		return false;
	opt.uuid = argv[1];
	opt.group = argv[2];
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "hold") && i + 1 < argc) {
			opt.hold = atoi(argv[++i]);
			if (opt.hold <= 0)
				return false;
		} else if (!strcmp(argv[i], "aqic") && i + 1 < argc && opt.aqic_count < MAX_AQIC) {
			if (apqn_parse(argv[++i], &opt.aqic[opt.aqic_count++]) < 0)
				return false;
		} else if (!strcmp(argv[i], "nofac65")) {
			opt.model.facility65 = false;
		} else if (!strcmp(argv[i], "noapie")) {
			opt.model.interpreted = false;
		} else {
			return false;
		}
	}
	*ret_opt = opt;
	return true;
}

int main(int argc, char **argv)
{
	struct options opt;
	struct timespec hold = { 0 };
	bool walks;
	sigset_t ends;
	struct vm vm;

	if (!parse(argc, argv, &opt)) {
		fputs("usage: guest UUID GROUP [hold SECONDS] [aqic AA.DDDD]... [nofac65] "
		      "[noapie]\n", stderr);
		return 2;
	}
	setlinebuf(stdout);
	vm = vm_create(&opt.model);
	printf("host offers facility 65 to guests: %s\n",
	       vm_host_has_facility65(vm.fd) ? "yes" : "no");
	walks = !opt.hold && !opt.aqic_count;
	if (walks)
		pqap(&vm, "AQIC, no vfio device yet",
		     vm_gr0(PQAP_AQIC, (struct apqn){ 0, 1 }), true, VM_NIB, false);
	/* blocked before the device opens: who has seen "device open" may send the signal */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	if (opt.hold)
		sigprocmask(SIG_BLOCK, &ends, NULL);
	vm_open_device(&vm, opt.uuid, opt.group);
	switch_on(&vm, &opt);
	puts("device open");
	if (opt.hold) {
		hold.tv_sec = opt.hold;
		sigtimedwait(&ends, NULL, &hold);
	} else if (walks) {
		walk(&vm);
	}
	return 0;
}
