/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/lab/vm.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Facilities of a CPU model, numbered from the left. */
enum {
	FACILITY_QCI = 12,
	FACILITY_APFT = 15,
	FACILITY_AQIC = 65,
};

static void set_facility(struct kvm_s390_vm_cpu_processor *cpu, int nr, bool on)
{
	unsigned char *byte = (unsigned char *)cpu->fac_list + nr / 8;
	unsigned char bit = 0x80 >> nr % 8;

	*byte = on ? *byte | bit : *byte & ~bit;
}

bool vm_host_has_facility65(int vm_fd)
{
	struct kvm_s390_vm_cpu_machine machine;
	struct kvm_device_attr attr = {
		.group = KVM_S390_VM_CPU_MODEL,
		.attr = KVM_S390_VM_CPU_MACHINE,
		.addr = (uintptr_t)&machine,
	};

	MUST(ioctl(vm_fd, KVM_GET_DEVICE_ATTR, &attr));
	return ((unsigned char *)machine.fac_mask)[FACILITY_AQIC / 8] & 0x80 >> FACILITY_AQIC % 8;
}

static void set_cpu_model(int vm_fd, const struct vm_model *model)
{
	struct kvm_s390_vm_cpu_processor cpu;
	struct kvm_device_attr attr = {
		.group = KVM_S390_VM_CPU_MODEL,
		.attr = KVM_S390_VM_CPU_PROCESSOR,
		.addr = (uintptr_t)&cpu,
	};

	MUST(ioctl(vm_fd, KVM_GET_DEVICE_ATTR, &attr));
	set_facility(&cpu, FACILITY_QCI, true);
	set_facility(&cpu, FACILITY_APFT, model->facility15);
	set_facility(&cpu, FACILITY_AQIC, model->facility65);
	MUST(ioctl(vm_fd, KVM_SET_DEVICE_ATTR, &attr));

	attr = (struct kvm_device_attr){ .group = KVM_S390_VM_CRYPTO };
	attr.attr = model->interpreted ? KVM_S390_VM_CRYPTO_ENABLE_APIE :
					 KVM_S390_VM_CRYPTO_DISABLE_APIE;
	MUST(ioctl(vm_fd, KVM_SET_DEVICE_ATTR, &attr));
}

/* Returns VM_MEMORY bytes, zero, at an address such as KVM wants for a guest's memory. */
static void *make_memory(void)
{
	void *memory = mmap(NULL, VM_MEMORY + MIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	MUST(memory == MAP_FAILED ? -1 : 0);
	memory = (void *)(((uintptr_t)memory + MIB - 1) & ~(MIB - 1));
	memset(memory, 0, VM_MEMORY);
	return memory;
}

struct vm vm_create(const struct vm_model *model)
{
	struct kvm_userspace_memory_region region = { .memory_size = VM_MEMORY };
	struct vm vm = { .fd = -1 };
	int kvm;

	kvm = MUST(open("/dev/kvm", O_RDWR | O_CLOEXEC));
	vm.fd = MUST(ioctl(kvm, KVM_CREATE_VM, 0));
	close(kvm);
	set_cpu_model(vm.fd, model);
	vm.memory = make_memory();
	region.userspace_addr = (uintptr_t)vm.memory;
	MUST(ioctl(vm.fd, KVM_SET_USER_MEMORY_REGION, &region));
	vm.vcpu = MUST(ioctl(vm.fd, KVM_CREATE_VCPU, 0));
	vm.pqap = MUST(open("/sys/kernel/debug/apsim/pqap", O_WRONLY | O_CLOEXEC));
	return vm;
}

void vm_open_device(const struct vm *vm, const char *uuid, const char *group_name)
{
	struct kvm_create_device vfio = { .type = KVM_DEV_TYPE_VFIO };
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)vm->memory,
		.size = VM_MAPPED,
	};
	struct kvm_device_attr attr = {
		.group = KVM_DEV_VFIO_GROUP,
		.attr = KVM_DEV_VFIO_GROUP_ADD,
	};
	int container, group;
	char path[64];

	MUST(ioctl(vm->fd, KVM_CREATE_DEVICE, &vfio));
	container = MUST(open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC));
	snprintf(path, sizeof(path), "/dev/vfio/%s", group_name);
	group = MUST(open(path, O_RDWR | O_CLOEXEC));
	MUST(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container));
	MUST(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	MUST(ioctl(container, VFIO_IOMMU_MAP_DMA, &map));
	attr.addr = (uintptr_t)&group;
	MUST(ioctl(vfio.fd, KVM_SET_DEVICE_ATTR, &attr));
	MUST(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, uuid));
}

void vm_pqap(const struct vm *vm, struct vm_pqap *pqap)
{
	pqap->vcpu_fd = vm->vcpu;
	MUST(write(vm->pqap, pqap, sizeof(*pqap)));
}

uint64_t vm_gr0(unsigned int function, struct apqn apqn)
{
	return (uint64_t)function << 24 | apqn.adapter << 8 | apqn.domain;
}

unsigned int vm_response_code(uint64_t gr1)
{
	return gr1 >> 16 & 0xff;
}
