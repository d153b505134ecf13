/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A VM such as QEMU would make, of one CPU that never runs, and with a vfio_ap device if wanted:
 * what the programs that stand in for a VMM share. A step that fails ends the program with 1.
 *
 * Link with -Wl,--s390-pgste, or the kernel refuses KVM_CREATE_VM with EINVAL.
 */
#ifndef APQD_TESTS_LAB_VM_H
#define APQD_TESTS_LAB_VM_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apqn.h"

#define MUST(x)                                                                                  \
	({                                                                                       \
		long r_ = (x);                                                                   \
		if (r_ < 0) {                                                                    \
			fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, #x,       \
				strerror(errno));                                                \
			exit(1);                                                                 \
		}                                                                                \
		r_;                                                                              \
	})

#define MIB (1ul << 20)

/* The guest's memory, from address 0; the VMM maps but the first half of it for devices. */
#define VM_MEMORY (2 * MIB)
#define VM_MAPPED MIB

/* Addresses for a notification byte. */
#define VM_NIB 0x1000			/* a good one */
#define VM_NIB_UNMAPPED VM_MAPPED	/* in the guest's memory, but not mapped for devices */
#define VM_NIB_OUTSIDE (9 * MIB)	/* not in the guest's memory */

/* Bits of GR0 and GR1 for PQAP. */
#define VM_GR0_T_BIT (1ull << 23)
#define VM_GR0_RESERVED (0x7full << 16)	/* bits 41 to 47 */
#define VM_GR1_ENABLE (1ull << 47)

/* What the guest's CPU model has; all on is -cpu ...,ap=on,apqci=on,apft=on,apqi=on. */
struct vm_model {
	bool interpreted;	/* ap: AP instructions */
	bool facility15;	/* apft */
	bool facility65;	/* apqi */
};

struct vm {
	int fd, vcpu;
	int pqap;		/* apsim's file */
	void *memory;
};

/* One PQAP of the guest's CPU. As in apsim.c, which has the last word about the members. */
struct vm_pqap {
	int32_t vcpu_fd;	/* vm_pqap() sets it */
	uint32_t problem_state;	/* in: not 0: the guest is in problem state */
	uint64_t gr0, gr1, gr2;	/* in: general registers; gr1 also out */
	uint32_t without;	/* in: VM_WITHOUT_... */
	int32_t ret;		/* out: of KVM: 0 handled, -EOPNOTSUPP left to user space */
	uint32_t pgm;		/* out: program interruption injected, or 0 */
	uint32_t cc;		/* out: condition code */
};

/* What KVM does not find while it handles that one PQAP. */
#define VM_WITHOUT_AP 1		/* AP instructions of the host */
#define VM_WITHOUT_GISA 2	/* the VM's interruption area, though its CPU knows of it */

/* Whether KVM offers facility 65 for the CPU models of guests, asked of a VM. */
bool vm_host_has_facility65(int vm_fd);

/* Makes a VM with a CPU. It lives until the program ends. */
struct vm vm_create(const struct vm_model *model);

/*
 * Opens the device UUID in /dev/vfio/GROUP for the VM. From then on it is in use, until the program
 * ends.
 */
void vm_open_device(const struct vm *vm, const char *uuid, const char *group);

/* Has the kernel's own interception handle one PQAP, by apsim, and fills in what comes of it. */
void vm_pqap(const struct vm *vm, struct vm_pqap *pqap);

/* GR0 of PQAP for that function and queue. */
uint64_t vm_gr0(unsigned int function, struct apqn apqn);

/* The response code in a status word in GR1 bits 32-63. */
unsigned int vm_response_code(uint64_t gr1);

#endif
