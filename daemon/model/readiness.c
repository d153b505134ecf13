/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/model/readiness.h"

bool readiness_of_host(const struct observed *observed, const char **ret_reason)
{
	if (!observed->host.ap_bus)
		*ret_reason = "There is no AP bus: this machine has no crypto adapters, or the kernel module ap "
			      "is not loaded.";
	else if (observed->host.no_module)
		*ret_reason = "This kernel has no module vfio_ap, so no guest can have a queue. Install the package "
			      "with the further modules of the kernel, or boot a kernel with CONFIG_VFIO_AP.";
	else if (!observed->host.passthrough)
		*ret_reason = "The kernel module vfio_ap is not loaded. To load it, run: 'modprobe vfio_ap'.";
	else
		*ret_reason = NULL;
	return !*ret_reason;
}

bool readiness_of_interrupts(const struct observed *observed, const char **ret_reason)
{
	if (observed->host.gisa < 0)
		*ret_reason = "The kernel module kvm is not loaded. To load it, run: 'modprobe kvm'.";
	else if (observed->host.gisa == 0)
		*ret_reason = "KVM may not use the guest interruption state area: "
			      "/sys/module/kvm/parameters/use_gisa is off. To switch it on, run: 'apqctl "
			      "interrupts --gisa on'.";
	else if (observed->host.facility65 < 0)
		*ret_reason = "KVM could not be asked whether it offers facility 65 (AQIC) to guests.";
	else if (observed->host.facility65 == 0)
		*ret_reason = "KVM does not offer facility 65 (AQIC) to guests on this machine.";
	else
		*ret_reason = NULL;
	return !*ret_reason;
}
