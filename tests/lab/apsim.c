/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apsim - AP hardware for a machine that has none
 *
 * The Linux AP bus, zcrypt and vfio_ap drivers reach crypto adapters through three instructions:
 * PQAP, NQAP and DQAP. Under emulation (QEMU's s390x without KVM) each of them raises an operation
 * exception. The kernel offers such an exception to its die notifiers (DIE_BPT) before it gives up,
 * so this module answers there: it carries out the instruction on a simulated set of adapters.
 * Every driver above stays unmodified.
 *
 * Load it before ap.ko and kvm.ko: both decide at load time what the machine can do.
 *
 * What is simulated: which adapters and domains the LPAR has, whether an adapter is configured and
 * checkstopped, whether a queue's interrupts are on, resets (at once). What is not: requests. A
 * queue takes none and is always empty.
 *
 * /sys/kernel/debug/apsim/ctl (root, write only) takes one command a write:
 *
 *	plug N on|off       adapter N joins / leaves the LPAR (as QCI tells)
 *	config N on|off     adapter N is configured / deconfigured (as from the HMC)
 *	chkstop N on|off    adapter N is / is no longer checkstopped
 *	domain N on|off     usage and control domain N joins / leaves the LPAR
 *	irq AA.DDDD on|off  interrupts of that queue (hex) are on / off, as if a guest had done it
 *	apxa on|off         the machine has APXA, as QCI tells; VMs made while it is off lack it
 *
 * N is decimal, or hex with 0x. EINVAL: not one of these. The AP bus notices on its next scan;
 * "echo 1 > /sys/bus/ap/scans" asks for one.
 *
 * /sys/kernel/debug/apsim/pqap runs the kernel's own interception of PQAP for a CPU of a guest: see
 * struct apsim_pqap here and in vm.h.
 */
#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/kdebug.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <asm/ap.h>
#include <asm/css_chars.h>
#include <asm/facility.h>
#include <asm/ptrace.h>
#include <asm/sclp.h>

#define MAX_ID 256	/* adapters and domains are 0..255 */

static unsigned int cards = 4;
module_param(cards, uint, 0444);
MODULE_PARM_DESC(cards, "adapters 0..N-1 are in the LPAR");

static unsigned int domains = 8;
module_param(domains, uint, 0444);
MODULE_PARM_DESC(domains, "usage and control domains 0..N-1 are in the LPAR");

static unsigned int max_adapter = MAX_ID - 1;
module_param(max_adapter, uint, 0444);
MODULE_PARM_DESC(max_adapter, "highest adapter id that this machine could have, up to 255");

static unsigned int max_domain = MAX_ID - 1;
module_param(max_domain, uint, 0444);
MODULE_PARM_DESC(max_domain, "highest domain id that this machine could have, up to 255");

static char *modes = "C";
module_param(modes, charp, 0444);
MODULE_PARM_DESC(modes, "modes of the adapters in turn: C CCA, P EP11, A accelerator");

/* Opcodes. PLO is not an AP instruction, but QEMU lacks it, and kvm asks what it can do. */
enum {
	OP_NQAP = 0xb2ad,
	OP_DQAP = 0xb2ae,
	OP_PQAP = 0xb2af,
	OP_PLO = 0xee,		/* the first byte is all of it */
};

#define PLO_TEST 0x100		/* in GR0: is this function installed? */

/* Function codes of PQAP, GR0 bits 32-39. */
enum {
	FC_TAPQ = 0,		/* test queue */
	FC_RAPQ = 1,		/* reset queue */
	FC_ZAPQ = 2,		/* reset and zeroize queue */
	FC_AQIC = 3,		/* interruption control */
	FC_QCI = 4,		/* query configuration */
};

/* Response codes in a queue's status word. */
enum {
	RC_NORMAL = 0x00,
	RC_NOT_AVAILABLE = 0x01,
	RC_DECONFIGURED = 0x03,
	RC_CHECKSTOPPED = 0x04,
	RC_UNCHANGED = 0x07,
	RC_NO_REPLY = 0x10,
};

/* The status word, GR1 bits 32-63: a queue here is empty, and its interrupts are on or off. */
#define STATUS_EMPTY 0x80000000u
#define STATUS_IRQ 0x01000000u
#define STATUS_RC_SHIFT 16

/* What TAPQ answers in GR2 bits 0-31; every adapter has the first, and one of the modes. */
#define FACILITIES (0x80000000u /* special commands */ | 0x40000000u /* 4096 bit RSA, ME */ | \
		    0x20000000u /* 4096 bit RSA, CRT */ | 0x02000000u /* APXA */)
#define FACILITY_CCA 0x10000000u
#define FACILITY_ACCELERATOR 0x08000000u
#define FACILITY_EP11 0x04000000u

#define TYPE_CEX7 13
#define TYPE_CEX8 14
#define QUEUE_DEPTH 8

struct adapter {
	bool deconfigured;
	bool checkstopped;
	u8 type;
	u32 facilities;
};

/*
 * All state, guarded by the lock. The lock is taken in an exception handler that may have hit any
 * code of the kernel, so it is taken with interrupts off everywhere, and nothing that could raise
 * an AP instruction runs under it.
 */
static DEFINE_SPINLOCK(lock);
static struct adapter adapters[MAX_ID];
static bool irq_on[MAX_ID][MAX_ID];		/* by adapter and domain */
static u32 apm[8], aqm[8], adm[8];		/* as in QCI: bit 0 is the most significant */
static bool apxa = true;			/* extended addressing: ids above 63 and 15 */

static bool mask_test(const u32 *mask, unsigned int bit)
{
	return mask[bit / 32] & (0x80000000u >> (bit % 32));
}

static void mask_set(u32 *mask, unsigned int bit, bool on)
{
	u32 m = 0x80000000u >> (bit % 32);

	mask[bit / 32] = on ? mask[bit / 32] | m : mask[bit / 32] & ~m;
}

/* The response code that every instruction for this queue gets; RC_NORMAL: it is carried out. */
static u8 queue_state(unsigned int ap, unsigned int dom)
{
	if (!mask_test(apm, ap) || !mask_test(aqm, dom))
		return RC_NOT_AVAILABLE;
	if (adapters[ap].deconfigured)
		return RC_DECONFIGURED;
	return adapters[ap].checkstopped ? RC_CHECKSTOPPED : RC_NORMAL;
}

/* PQAP(AQIC). Returns the response code. */
static u8 control_interrupts(unsigned int ap, unsigned int dom, u64 gr1)
{
	bool on = gr1 >> 47 & 1;

	if (irq_on[ap][dom] == on)
		return RC_UNCHANGED;
	irq_on[ap][dom] = on;
	return RC_NORMAL;
}

/* PQAP(QCI): fills the block at that address. */
static void query_config(struct ap_config_info *info)
{
	memset(info, 0, sizeof(*info));
	info->apsc = info->qact = info->rc8a = 1;
	info->apxa = apxa;
	info->na = max_adapter;
	info->nd = max_domain;
	memcpy(info->apm, apm, sizeof(apm));
	memcpy(info->aqm, aqm, sizeof(aqm));
	memcpy(info->adm, adm, sizeof(adm));
}

/* PQAP for one queue. Sets GR1 (and GR2 for TAPQ), and returns the response code. */
static u8 queue_command(struct pt_regs *regs, unsigned int fc, unsigned int ap, unsigned int dom)
{
	u8 rc = queue_state(ap, dom);

	switch (fc) {
	case FC_TAPQ:
		if (rc != RC_NOT_AVAILABLE)
			regs->gprs[2] = (u64)adapters[ap].facilities << 32 |
					(u64)adapters[ap].type << 24 |
					(domains - 1) << 16 | (QUEUE_DEPTH - 1);
		break;
	case FC_RAPQ:
	case FC_ZAPQ:
		if (rc == RC_NORMAL)
			irq_on[ap][dom] = false;
		break;
	case FC_AQIC:
		if (rc == RC_NORMAL)
			rc = control_interrupts(ap, dom, regs->gprs[1]);
		break;
	default:
		rc = RC_NOT_AVAILABLE;
	}
	regs->gprs[1] = STATUS_EMPTY | (irq_on[ap][dom] ? STATUS_IRQ : 0) | rc << STATUS_RC_SHIFT;
	return rc;
}

static void do_pqap(struct pt_regs *regs)
{
	unsigned int fc = regs->gprs[0] >> 24 & 0xff;
	unsigned int ap = regs->gprs[0] >> 8 & 0xff;
	unsigned int dom = regs->gprs[0] & 0xff;
	unsigned long flags;
	u8 rc = RC_NORMAL;

	spin_lock_irqsave(&lock, flags);
	if (fc == FC_QCI)
		query_config((struct ap_config_info *)regs->gprs[2]);
	else
		rc = queue_command(regs, fc, ap, dom);
	psw_bits(regs->psw).cc = rc ? 3 : 0;
	spin_unlock_irqrestore(&lock, flags);
}

/* The task for which there are no AP instructions at the moment. */
static struct task_struct *deprived;

/* The machine met an operation code that it does not have. NOTIFY_STOP: it was carried out here. */
static int on_illegal_op(struct notifier_block *nb, unsigned long event, void *data)
{
	struct pt_regs *regs = ((struct die_args *)data)->regs;
	u16 op;

	if (event != DIE_BPT || user_mode(regs) || (READ_ONCE(deprived) == current && in_task()))
		return NOTIFY_DONE;
	op = *(u16 *)(regs->psw.addr - (regs->int_code >> 16));
	if (op == OP_PQAP) {
		do_pqap(regs);
	} else if (op == OP_NQAP || op == OP_DQAP) {
		u64 rc = op == OP_DQAP ? RC_NO_REPLY : RC_NOT_AVAILABLE;

		regs->gprs[1] = STATUS_EMPTY | rc << STATUS_RC_SHIFT;
		psw_bits(regs->psw).cc = 3;
	} else if (op >> 8 == OP_PLO && regs->gprs[0] & PLO_TEST) {
		psw_bits(regs->psw).cc = 3;	/* not installed */
	} else {
		return NOTIFY_DONE;
	}
	return NOTIFY_STOP;
}

/* INT_MAX: before the kernel's own handlers, which take the exception for a breakpoint. */
static struct notifier_block illegal_op = { .notifier_call = on_illegal_op, .priority = INT_MAX };

/* kvm registers its interruption block with the channel subsystem, which QEMU cannot: say yes. */
static int accept_sgib(struct kprobe *p, struct pt_regs *regs)
{
	regs->gprs[2] = 0;
	regs->psw.addr = regs->gprs[14];
	return 1;
}

static struct kprobe sgib = { .symbol_name = "chsc_sgib", .pre_handler = accept_sgib };

/*
 * One PQAP of a guest, as kvm would see it after an interception; a write to "pqap" carries it out
 * and fills in the answer in the writer's own memory. vm.h has the same structure.
 */
struct apsim_pqap {
	s32 vcpu_fd;		/* in: of KVM_CREATE_VCPU, in the writing process */
	u32 problem_state;	/* in: not 0: the guest is in problem state */
	u64 gr0, gr1, gr2;	/* in: general registers; gr1 also out */
	u32 without;		/* in: what kvm shall not find this time */
	s32 ret;		/* out: of kvm: 0 handled, -EOPNOTSUPP left to user space */
	u32 pgm;		/* out: program interruption injected, or 0 */
	u32 cc;			/* out: condition code */
};

#define WITHOUT_AP 1		/* the host's AP instructions */
#define WITHOUT_GISA 2		/* the VM's interruption area, though its CPUs know of it */

typedef int intercept_fn(struct kvm_vcpu *vcpu);

/* Has kvm handle it, with the host or the VM deprived as asked for. */
static int handle(intercept_fn *handle_b2, struct kvm_vcpu *vcpu, u32 without)
{
	struct kvm_s390_gisa_interrupt *gi = &vcpu->kvm->arch.gisa_int;
	struct kvm_s390_gisa *gisa;
	static DEFINE_MUTEX(one_at_a_time);
	int ret;

	mutex_lock(&one_at_a_time);
	gisa = gi->origin;
	if (without & WITHOUT_GISA)
		gi->origin = NULL;
	if (without & WITHOUT_AP)
		WRITE_ONCE(deprived, current);
	ret = handle_b2(vcpu);
	WRITE_ONCE(deprived, NULL);
	gi->origin = gisa;
	mutex_unlock(&one_at_a_time);
	return ret;
}

/* Puts the CPU into the state after an interception of PQAP, and has kvm handle it. */
static void intercept(intercept_fn *handle_b2, struct kvm_vcpu *vcpu, struct apsim_pqap *req)
{
	struct kvm_s390_local_interrupt *li = &vcpu->arch.local_int;
	struct kvm_s390_sie_block *sie = vcpu->arch.sie_block;
	u64 *gprs = vcpu->run->s.regs.gprs;

	mutex_lock(&vcpu->mutex);
	gprs[0] = req->gr0;
	gprs[1] = req->gr1;
	gprs[2] = req->gr2;
	sie->icptcode = ICPT_INST;
	sie->ipa = OP_PQAP;
	sie->ipb = 0;
	if (req->problem_state)
		sie->gpsw.mask |= PSW_MASK_PSTATE;
	else
		sie->gpsw.mask &= ~PSW_MASK_PSTATE;
	li->irq.pgm.code = 0;
	clear_bit(IRQ_PEND_PROG, &li->pending_irqs);
	req->ret = handle(handle_b2, vcpu, req->without);
	req->pgm = test_bit(IRQ_PEND_PROG, &li->pending_irqs) ? li->irq.pgm.code : 0;
	req->cc = sie->gpsw.mask >> 44 & 3;
	req->gr1 = gprs[1];
	mutex_unlock(&vcpu->mutex);
}

/*
 * kvm's interception of opcodes 0xb2.. is not exported: a probe, which is never armed, tells where
 * it is, and notices if kvm is unloaded.
 */
static int pqap_open(struct inode *inode, struct file *file)
{
	struct kprobe *where = kzalloc(sizeof(*where), GFP_KERNEL);
	int rc;

	if (!where)
		return -ENOMEM;
	where->symbol_name = "kvm_s390_handle_b2";
	where->flags = KPROBE_FLAG_DISABLED;
	rc = register_kprobe(where);
	if (rc)
		kfree(where);
	else
		file->private_data = where;
	return rc;
}

static int pqap_release(struct inode *inode, struct file *file)
{
	unregister_kprobe(file->private_data);
	kfree(file->private_data);
	return 0;
}

static ssize_t pqap_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct kprobe *where = file->private_data;
	struct apsim_pqap req;
	struct file *cpu;
	int rc = 0;

	if (len != sizeof(req))
		return -EINVAL;
	if (copy_from_user(&req, buf, len))
		return -EFAULT;
	cpu = fget(req.vcpu_fd);
	if (!cpu)
		return -EBADF;
	/* "kvm-vcpu:N" is what kvm calls it; any other file would be taken for a CPU */
	if (kprobe_gone(where) || strncmp(cpu->f_path.dentry->d_name.name, "kvm-vcpu", 8))
		rc = -EBADF;
	else
		intercept((intercept_fn *)where->addr, cpu->private_data, &req);
	fput(cpu);
	if (rc)
		return rc;
	return copy_to_user((void __user *)buf, &req, len) ? -EFAULT : len;
}

static const struct file_operations pqap_fops = {
	.owner = THIS_MODULE,
	.open = pqap_open,
	.write = pqap_write,
	.release = pqap_release,
};

/* Carries out "WHAT N on|off". Returns 0 or -EINVAL. */
static int change(const char *what, unsigned int n, bool on)
{
	if (!strcmp(what, "plug")) {
		mask_set(apm, n, on);
		if (!on)	/* a new card does not begin with its predecessor's interrupts */
			memset(irq_on[n], 0, sizeof(irq_on[n]));
	} else if (!strcmp(what, "config")) {
		adapters[n].deconfigured = !on;
	} else if (!strcmp(what, "chkstop")) {
		adapters[n].checkstopped = on;
	} else if (!strcmp(what, "domain")) {
		mask_set(aqm, n, on);
		mask_set(adm, n, on);
	} else {
		return -EINVAL;
	}
	return 0;
}

static ssize_t ctl_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char line[64], what[16], state[8];
	unsigned int n, dom, limit;
	unsigned long flags;
	bool irq, on;
	int rc = 0;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = 0;
	if (sscanf(line, "apxa %7s", state) == 1) {
		if (strcmp(state, "on") && strcmp(state, "off"))
			return -EINVAL;
		WRITE_ONCE(apxa, !strcmp(state, "on"));
		return len;
	}
	irq = sscanf(line, "irq %x.%x %7s", &n, &dom, state) == 3 && dom <= max_domain;
	if (!irq && sscanf(line, "%15s %i %7s", what, &n, state) != 3)
		return -EINVAL;
	on = !strcmp(state, "on");
	limit = !irq && !strcmp(what, "domain") ? max_domain : max_adapter;
	if (n > limit || (!on && strcmp(state, "off")))
		return -EINVAL;
	spin_lock_irqsave(&lock, flags);
	if (irq)
		irq_on[n][dom] = on;
	else
		rc = change(what, n, on);
	spin_unlock_irqrestore(&lock, flags);
	return rc ?: len;
}

static const struct file_operations ctl_fops = { .owner = THIS_MODULE, .write = ctl_write };

static struct dentry *dir;

/* The mode of an adapter, by its letter among modes. */
static u32 __init facility_of(unsigned int adapter)
{
	size_t count = strlen(modes);
	char letter = count ? modes[adapter % count] : 'C';

	return letter == 'P' ? FACILITY_EP11 : letter == 'A' ? FACILITY_ACCELERATOR : FACILITY_CCA;
}

static int __init apsim_init(void)
{
	unsigned int i;
	int rc;

	if (max_adapter >= MAX_ID || max_domain >= MAX_ID || cards > max_adapter + 1 ||
	    domains < 1 || domains > max_domain + 1)
		return -EINVAL;
	for (i = 0; i < MAX_ID; i++) {
		adapters[i].type = i % 2 ? TYPE_CEX7 : TYPE_CEX8;
		adapters[i].facilities = FACILITIES | facility_of(i);
		mask_set(apm, i, i < cards);
		mask_set(aqm, i, i < domains);
		mask_set(adm, i, i < domains);
	}
	rc = register_kprobe(&sgib);
	if (rc)
		return rc;
	__set_facility(12, stfle_fac_list);	/* QCI */
	__set_facility(15, stfle_fac_list);	/* TAPQ with the T bit */
	__set_facility(65, stfle_fac_list);	/* AQIC */
	sclp.has_sief2 = 1;			/* without it kvm does not load */
	css_general_characteristics.aiv = 1;	/* adapter interruption virtualization */
	register_die_notifier(&illegal_op);
	dir = debugfs_create_dir("apsim", NULL);
	debugfs_create_file("ctl", 0200, dir, NULL, &ctl_fops);
	debugfs_create_file("pqap", 0200, dir, NULL, &pqap_fops);
	return 0;
}

/* The drivers above hold no reference to this module: unload them first. */
static void __exit apsim_exit(void)
{
	debugfs_remove(dir);
	unregister_die_notifier(&illegal_op);
	unregister_kprobe(&sgib);
}

module_init(apsim_init);
module_exit(apsim_exit);
MODULE_DESCRIPTION("Simulated AP hardware");
MODULE_LICENSE("GPL");
