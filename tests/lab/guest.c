/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guest - stands in for a VMM: holds an mdev the way QEMU does, and issues PQAPs of a guest
 *
 *	guest UUID GROUP [hold SECONDS] [nofac65] [noapie]
 *
 * Creates a VM, sets its CPU model, attaches /dev/vfio/GROUP and opens the device UUID, so that the
 * kernel counts the mdev as in use, and prints "device open". With "hold" it stays so for SECONDS,
 * or until SIGTERM or SIGINT, and ends with 0. Without, it walks the cases of PQAP through the
 * kernel's own interception (by apsim's debugfs file) and prints for each what the guest gets.
 *
 *	nofac65		the guest's CPU model lacks facility 65 (AQIC)
 *	noapie		AP instructions are not interpreted for the guest (ECA.APIE = 0)
 *
 * Exit status: 0; 1 a step failed, which is printed; 2 wrong arguments.
 *
 * Link with -Wl,--s390-pgste, or the kernel refuses KVM_CREATE_VM with EINVAL.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MIB (1ul << 20)		/* the granularity of guest memory */

#define MUST(x) ({ \
	long r_ = (x); \
	if (r_ < 0) { \
		fprintf(stderr, "guest: %s: %s\n", #x, strerror(errno)); \
		exit(1); \
	} \
	r_; \
})

/* As in apsim.c, which tells what the members mean. */
struct apsim_pqap {
	int32_t vcpu_fd;
	uint32_t problem_state;
	uint64_t gr0, gr1, gr2;
	int32_t ret;
	uint32_t pgm, cc;
};

struct options {
	const char *uuid, *group;
	int hold;		/* seconds; 0: walk the cases of PQAP instead */
	bool fac65, apie;
};

struct vm {
	int fd, vcpu;
	int pqap;		/* apsim's file, or -1 if there is none */
	void *memory;		/* 1 MiB, at guest address 0 */
};

/* One PQAP of the guest's CPU. nib is the address of the notification byte. */
static void pqap(const struct vm *vm, const char *what, unsigned int fc, unsigned int apqn,
		 bool enable, uint64_t nib, bool problem_state, uint64_t reserved)
{
	struct apsim_pqap q = {
		.vcpu_fd = vm->vcpu,
		.problem_state = problem_state,
		.gr0 = (uint64_t)fc << 24 | reserved | apqn,
		.gr1 = (enable ? 1ull << 47 : 0) | 3,	/* interruption subclass 3 */
		.gr2 = nib,
	};

	MUST(write(vm->pqap, &q, sizeof(q)));
	printf("PQAP %-32s ret=%d pgm=%u cc=%u gr1=%016llx\n", what, q.ret, q.pgm, q.cc,
	       (unsigned long long)q.gr1);
}

static void walk(const struct vm *vm)
{
	const uint64_t nib = 0x1000, outside = 9 * MIB, reserved = 0x10000;

	pqap(vm, "AQIC enable 00.0001", 3, 0x0001, true, nib, false, 0);
	pqap(vm, "AQIC enable 00.0001 again", 3, 0x0001, true, nib, false, 0);
	pqap(vm, "AQIC enable, bad NIB", 3, 0x0001, true, outside, false, 0);
	pqap(vm, "AQIC disable 00.0001", 3, 0x0001, false, nib, false, 0);
	pqap(vm, "AQIC enable, queue not assigned", 3, 0x0103, true, nib, false, 0);
	pqap(vm, "AQIC in problem state", 3, 0x0001, true, nib, true, 0);
	pqap(vm, "AQIC, reserved bits 41-47 set", 3, 0x0001, true, nib, false, reserved);
	pqap(vm, "FC 4 (QCI)", 4, 0x0000, false, 0, false, 0);
	pqap(vm, "FC 9 (unknown)", 9, 0x0000, false, 0, false, 0);
}

/* Switches a facility of the model on or off; they are numbered from the left. */
static void facility(struct kvm_s390_vm_cpu_processor *cpu, int nr, bool on)
{
	unsigned char *byte = (unsigned char *)cpu->fac_list + nr / 8;
	unsigned char bit = 0x80 >> nr % 8;

	*byte = on ? *byte | bit : *byte & ~bit;
}

/* Does what QEMU does for -cpu ...,ap=on,apft=on,apqci=on,apqi=on. */
static void set_cpu_model(int vm, const struct options *opt)
{
	struct kvm_s390_vm_cpu_machine machine;
	struct kvm_s390_vm_cpu_processor cpu;
	struct kvm_device_attr attr = { .group = KVM_S390_VM_CPU_MODEL };

	attr.attr = KVM_S390_VM_CPU_MACHINE;
	attr.addr = (uintptr_t)&machine;
	MUST(ioctl(vm, KVM_GET_DEVICE_ATTR, &attr));
	printf("host offers facility 65 to guests: %s\n",
	       ((unsigned char *)machine.fac_mask)[65 / 8] & 0x80 >> 65 % 8 ? "yes" : "no");

	attr.attr = KVM_S390_VM_CPU_PROCESSOR;
	attr.addr = (uintptr_t)&cpu;
	MUST(ioctl(vm, KVM_GET_DEVICE_ATTR, &attr));
	facility(&cpu, 12, true);
	facility(&cpu, 15, true);
	facility(&cpu, 65, opt->fac65);
	MUST(ioctl(vm, KVM_SET_DEVICE_ATTR, &attr));

	attr = (struct kvm_device_attr){ .group = KVM_S390_VM_CRYPTO };
	attr.attr = opt->apie ? KVM_S390_VM_CRYPTO_ENABLE_APIE : KVM_S390_VM_CRYPTO_DISABLE_APIE;
	MUST(ioctl(vm, KVM_SET_DEVICE_ATTR, &attr));
}

static struct vm create_vm(const struct options *opt)
{
	struct kvm_userspace_memory_region region = { .memory_size = MIB };
	struct vm vm = { .fd = -1 };
	uintptr_t start;
	int kvm;

	kvm = MUST(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	vm.fd = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	set_cpu_model(vm.fd, opt);
	vm.memory = mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MUST(vm.memory == MAP_FAILED ? -1 : 0);
	start = ((uintptr_t)vm.memory + MIB - 1) & ~(MIB - 1);
	vm.memory = (void *)start;
	memset(vm.memory, 0, MIB);
	region.userspace_addr = start;
	MUST(ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region));
	vm.vcpu = MUST(ioctl(vm.fd, KVM_CREATE_VCPU, 0));
	vm.pqap = open("/sys/kernel/debug/apsim/pqap", O_WRONLY | O_CLOEXEC);
	return vm;
}

/* From here on the mdev is in use, until this process ends. */
static void open_device(const struct vm *vm, const struct options *opt)
{
	struct kvm_create_device vfio = { .type = KVM_DEV_TYPE_VFIO };
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vm->memory, .size = MIB,
	};
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP, .attr = KVM_DEV_VFIO_GROUP_ADD,
	};
	int container, group;
	char path[64];

	MUST(ioctl(vm->fd, KVM_CREATE_DEVICE, &vfio));
	container = MUST(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	snprintf(path, sizeof(path), "/dev/vfio/%s", opt->group);
	group = MUST(open(path, O_RDWR | O_CLOEXEC));
	MUST(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	MUST(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	MUST(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
	attr.addr = (uintptr_t)&group;
	MUST(ioctl(vfio.fd, KVM_SET_DEVICE_ATTR, &attr));
	MUST(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, opt->uuid));
}

/* Returns false for arguments that make no sense. */
static bool parse(int argc, char **argv, struct options *ret_opt)
{
	struct options opt = { .fac65 = true, .apie = true };

	if (argc < 3)
		return false;
	opt.uuid = argv[1];
	opt.group = argv[2];
	for (int i = 3; i < argc; i++) {
		if (!strcmp(argv[i], "hold") && i + 1 < argc) {
			opt.hold = atoi(argv[++i]);
			if (opt.hold <= 0)
				return false;
		} else if (!strcmp(argv[i], "nofac65")) {
			opt.fac65 = false;
		} else if (!strcmp(argv[i], "noapie")) {
			opt.apie = false;
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
	sigset_t ends;
	struct vm vm;

	if (!parse(argc, argv, &opt)) {
		fputs("usage: guest UUID GROUP [hold SECONDS] [nofac65] [noapie]\n", stderr);
		return 2;
	}
	setlinebuf(stdout);
	vm = create_vm(&opt);
	if (vm.pqap >= 0 && !opt.hold)
		pqap(&vm, "AQIC, no vfio device yet", 3, 0x0001, true, 0x1000, false, 0);
	/* blocked before the device opens: who has seen "device open" may send the signal */
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	if (opt.hold)
		sigprocmask(SIG_BLOCK, &ends, NULL);
	open_device(&vm, &opt);
	puts("device open");
	if (opt.hold) {
		hold.tv_sec = opt.hold;
		sigtimedwait(&ends, NULL, &hold);
	} else if (vm.pqap >= 0) {
		walk(&vm);
	}
	return 0;
}
