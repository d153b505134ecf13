/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/kvm.h"

#include <errno.h>
#include <stdlib.h>

#ifdef __s390x__

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/cleanup.h"

#define FACILITY_AQIC 65

int kvm_offers_aqic(void)
{
	CLEANUP_CLOSE int kvm = -1;
	CLEANUP_CLOSE int machine = -1;
	struct kvm_s390_vm_cpu_machine cpu = { 0 };
	struct kvm_device_attr attribute = {
		.group = KVM_S390_VM_CPU_MODEL,
		.attr = KVM_S390_VM_CPU_MACHINE,
		.addr = (uintptr_t)&cpu,
	};
	const uint8_t *mask = (const uint8_t *)cpu.fac_mask;

	/* a node that waits for its driver would load kvm, which is not ours to do */
	if (access("/sys/devices/virtual/misc/kvm", F_OK) < 0)
		return -errno;
	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return -errno;
	machine = ioctl(kvm, KVM_CREATE_VM, 0);
	if (machine < 0)
		return -errno;
	if (ioctl(machine, KVM_GET_DEVICE_ATTR, &attribute) < 0)
		return -errno;
	/* facilities number from the leftmost bit */
	return mask[FACILITY_AQIC / 8] & 0x80 >> FACILITY_AQIC % 8 ? 1 : 0;
}

#else

int kvm_offers_aqic(void)
{
	return -EOPNOTSUPP;
}

#endif

struct question {
	struct worker_job job;
	void (*answer)(void *userdata, int aqic);
	void *userdata;
	int aqic;
};

static void ask(struct worker_job *job)
{
	struct question *question = (struct question *)job;

	question->aqic = kvm_offers_aqic();
}

static void on_answer(struct worker_job *job)
{
	struct question *question = (struct question *)job;

	question->answer(question->userdata, question->aqic);
	free(question);
}

int kvm_ask_aqic(struct worker *worker, void (*answer)(void *userdata, int aqic), void *userdata)
{
	struct question *question = calloc(1, sizeof(*question));
	int r;

	if (!question)
		return -ENOMEM;
	*question = (struct question){
		.job = { .work = ask, .done = on_answer }, .answer = answer, .userdata = userdata,
	};
	r = worker_run(worker, &question->job);
	if (r < 0)
		free(question);
	return r;
}
