/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What KVM could give to a guest on this host.
 */
#ifndef APQD_DAEMON_KERNEL_KVM_H
#define APQD_DAEMON_KERNEL_KVM_H

#include "common/macro.h"
#include "daemon/worker.h"

/*
 * Whether KVM offers facility 65 (AP-queue interruption: AQIC) to guests.  Makes a virtual
 * machine and throws it away, so it is asked seldom.  The program must be linked with
 * -Wl,--s390-pgste, or KVM refuses with EINVAL.
 * Returns 1, 0, or a negative errno: -EOPNOTSUPP on another architecture than s390x,
 * -ENOENT without kvm.
 */
MUST_CHECK int kvm_offers_aqic(void);

/*
 * Asks it on a thread, because others who make virtual machines can make it slow; answer is called on the
 * loop with what it returned.  Returns 0 or a negative errno.
 */
MUST_CHECK int kvm_ask_aqic(struct worker *worker, void (*answer)(void *userdata, int aqic),
			    void *userdata);

#endif
