/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pqap-proof - compares common/pqap.c with KVM: each combination that the table knows is issued as
 * a PQAP of a guest, through the kernel's own interception
 *
 *	pqap-proof UUID GROUP AA.DDDD...
 *
 * UUID is a device, GROUP the number of its /dev/vfio/GROUP, the others are queues that differ in
 * what matters; what they are is read from sysfs. Makes a VM for each CPU model, with and without
 * APXA (of apsim) and interruption area (kvm.use_gisa), has it issue all PQAPs before and after it
 * opens the device, and prints a line for each row of the table, and differences in words.
 *
 * Exit status: 0 the two agree, and each row was met that can be met in the lab; 1 otherwise;
 * 2 wrong arguments.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/macro.h"
#include "common/pqap.h"
#include "tests/lab/vm.h"

#define MAX_QUEUES 32
#define SHOWN 3			/* differences that are printed of a row; all are counted */

struct queue {
	struct apqn apqn;
	char name[APQN_TEXT_SIZE];
	bool in_device, bound, configured, operational;
};

/* What all VMs have in common; those are processes of their own. */
struct proof {
	const char *uuid, *group;
	struct queue queues[MAX_QUEUES];
	unsigned int queue_count;
	unsigned long rows[PQAP_ROWS + 1];	/* how many combinations came to that row */
	unsigned long differences[PQAP_ROWS + 1];
};

/* One VM, and how far it is. */
struct trial {
	struct proof *proof;
	struct vm vm;
	struct vm_model model;
	bool apxa, aiv, attached;
	const struct queue *queue;
	bool enabled_now;	/* whether the interrupts of that queue are on */
};

static const char *const row_names[] = {
	[PQAP_ROW_HOST_WITHOUT_AP] = "host without AP instructions",
	[PQAP_ROW_NOT_INTERPRETED] = "AP not interpreted",
	[PQAP_ROW_OTHER_FUNCTION] = "function other than AQIC",
	[PQAP_ROW_PROBLEM_STATE] = "problem state",
	[PQAP_ROW_RESERVED_BITS] = "reserved bits",
	[PQAP_ROW_T_BIT] = "T bit without facility 15",
	[PQAP_ROW_ID_TOO_HIGH] = "high id without APXA",
	[PQAP_ROW_NO_FACILITY65] = "no facility 65",
	[PQAP_ROW_NO_DEVICE] = "no device attached",
	[PQAP_ROW_NO_AIV] = "no AIV",
	[PQAP_ROW_NOT_IN_DEVICE] = "queue not in the device",
	[PQAP_ROW_NOT_BOUND] = "queue not bound",
	[PQAP_ROW_NIB_BAD] = "bad notification byte",
	[PQAP_ROW_NIB_NOT_SHARED] = "notification byte not shared",
	[PQAP_ROW_NO_GISA] = "no interruption area",
	[PQAP_ROW_DECONFIGURED] = "adapter deconfigured",
	[PQAP_ROW_CHECKSTOPPED] = "adapter checkstopped",
	[PQAP_ROW_ALREADY_ON] = "enable, already on",
	[PQAP_ROW_ALREADY_OFF] = "disable, already off",
	[PQAP_ROW_SWITCHED_ON] = "enable",
	[PQAP_ROW_SWITCHED_OFF] = "disable",
};

/* Reads up to size - 1 bytes of a file; returns false if there is no such file. */
static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0 && errno == ENOENT)
		return false;
	MUST(fd);
	got = MUST(read(fd, text, size - 1));
	text[got] = '\0';
	close(fd);
	return true;
}

static void write_text(const char *path, const char *text)
{
	int fd = MUST(open(path, O_WRONLY | O_CLOEXEC));

	MUST(write(fd, text, strlen(text)));
	close(fd);
}

/* Finds out what sysfs tells of a queue. */
static struct queue look_at(const char *uuid, struct apqn apqn)
{
	struct queue queue = { .apqn = apqn };
	char path[128], text[4096], driver[128];
	ssize_t length;

	apqn_format(apqn, queue.name);
	snprintf(path, sizeof(path), "/sys/devices/vfio_ap/matrix/%s/matrix", uuid);
	MUST(read_text(path, text, sizeof(text)) ? 0 : -1);
	queue.in_device = strstr(text, queue.name);
	snprintf(path, sizeof(path), "/sys/bus/ap/devices/%s/driver", queue.name);
	length = readlink(path, driver, sizeof(driver) - 1);
	driver[length < 0 ? 0 : length] = '\0';
	queue.bound = length > 0 && !strcmp(strrchr(driver, '/'), "/vfio_ap");
	snprintf(path, sizeof(path), "/sys/devices/ap/card%02x/config", apqn.adapter);
	queue.configured = read_text(path, text, sizeof(text)) && text[0] == '1';
	snprintf(path, sizeof(path), "/sys/devices/ap/card%02x/chkstop", apqn.adapter);
	queue.operational = read_text(path, text, sizeof(text)) && text[0] == '0';
	return queue;
}

/* Prints a case in words: all that is not as in pqap_all_well. */
static void describe(const struct pqap_case *c)
{
	static const struct {
		size_t member;
		const char *words;
	} members[] = {
		{ offsetof(struct pqap_case, problem_state), "from problem state" },
		{ offsetof(struct pqap_case, t_bit), "T bit" },
		{ offsetof(struct pqap_case, reserved_bits), "reserved bits" },
		{ offsetof(struct pqap_case, host_ap), "host without AP instructions" },
		{ offsetof(struct pqap_case, interpreted), "AP not interpreted" },
		{ offsetof(struct pqap_case, facility15), "no facility 15" },
		{ offsetof(struct pqap_case, facility65), "no facility 65" },
		{ offsetof(struct pqap_case, apxa), "no APXA" },
		{ offsetof(struct pqap_case, aiv), "no AIV" },
		{ offsetof(struct pqap_case, attached), "no device attached" },
		{ offsetof(struct pqap_case, in_device), "queue not in the device" },
		{ offsetof(struct pqap_case, bound), "queue not bound" },
		{ offsetof(struct pqap_case, configured), "adapter deconfigured" },
		{ offsetof(struct pqap_case, operational), "adapter checkstopped" },
		{ offsetof(struct pqap_case, enabled_now), "interrupts on already" },
		{ offsetof(struct pqap_case, nib_good), "bad notification byte" },
		{ offsetof(struct pqap_case, gisa), "no interruption area" },
	};
	char text[APQN_TEXT_SIZE];

	printf("function %u, %s %s", c->function, c->enable ? "enable" : "disable",
	       apqn_format(c->apqn, text));
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		bool well = *(const bool *)((const char *)&pqap_all_well + members[i].member);

		if (*(const bool *)((const char *)c + members[i].member) != well)
			printf(", %s", members[i].words);
	}
}

/* Whether what came of it is what was foreseen. */
static bool same(const struct pqap_result *expected, const struct vm_pqap *before,
		 const struct vm_pqap *after)
{
	if (expected->outcome == PQAP_USERSPACE)
		return after->ret == -EOPNOTSUPP && !after->pgm && after->gr1 == before->gr1;
	if (after->ret)
		return false;
	if (expected->outcome == PQAP_EXCEPTION)
		return after->pgm == expected->code && after->gr1 == before->gr1;
	if (after->pgm || (int)after->cc != expected->cc)
		return false;
	/* KVM's own status word lands in the other half of GR1: see pqap_decide() */
	if (expected->row == PQAP_ROW_NO_DEVICE)
		return vm_response_code(after->gr1 >> 32) == expected->code &&
		       (uint32_t)after->gr1 == (uint32_t)before->gr1;
	return vm_response_code(after->gr1) == expected->code && after->gr1 >> 32 == 0;
}

/* Whether the host sees the interrupts of the trial's queue on, as it must after row. */
static bool host_agrees(const struct trial *trial, enum pqap_row row)
{
	bool on = row == PQAP_ROW_ALREADY_ON || row == PQAP_ROW_SWITCHED_ON;
	char path[128], text[64];

	if (row < PQAP_ROW_ALREADY_ON)
		return true;
	snprintf(path, sizeof(path), "/sys/bus/ap/devices/%s/interrupt", trial->queue->name);
	return read_text(path, text, sizeof(text)) &&
	       !strcmp(text, on ? "Interrupts enabled.\n" : "Interrupts disabled.\n");
}

/* Issues one PQAP, and compares what comes of it with what pqap_decide() says. */
static void compare(struct trial *trial, const struct pqap_case *c, const struct vm_pqap *pqap)
{
	struct pqap_result expected = pqap_decide(c);
	struct vm_pqap after = *pqap;

	vm_pqap(&trial->vm, &after);
	trial->proof->rows[expected.row]++;
	if (expected.row == PQAP_ROW_SWITCHED_ON || expected.row == PQAP_ROW_SWITCHED_OFF)
		trial->enabled_now = c->enable;
	if (same(&expected, pqap, &after) && host_agrees(trial, expected.row))
		return;
	if (trial->proof->differences[expected.row]++ >= SHOWN)
		return;
	printf("DIFFERENCE: ");
	describe(c);
	printf("\n  KVM: ret %d, program interruption %u, cc %u, GR1 %016llx (was %016llx)\n",
	       after.ret, after.pgm, after.cc, (unsigned long long)after.gr1,
	       (unsigned long long)pqap->gr1);
	printf("  pqap.c: row %d, %s: %s, code %u, cc %d%s\n", expected.row,
	       row_names[expected.row], pqap_outcome_names[expected.outcome], expected.code,
	       expected.cc,
	       host_agrees(trial, expected.row) ? "" : "; \"interrupt\" does not agree");
}

/* Switches the interrupts of the trial's queue on or off behind everybody's back. */
static void set_interrupts(struct trial *trial, bool on)
{
	char command[64];

	snprintf(command, sizeof(command), "irq %s %s", trial->queue->name, on ? "on" : "off");
	write_text("/sys/kernel/debug/apsim/ctl", command);
	trial->enabled_now = on;
}

/* In which PQAPs of a VM differ, as digits of a number, the last one of the most weight. */
enum digit { PROBLEM, RESERVED, T_BIT, ENABLE, NIB, WITHOUT, ENABLED_NOW, DIGITS };

/* How many values each has. */
static const unsigned int values[DIGITS] = {
	[PROBLEM] = 2, [RESERVED] = 2, [T_BIT] = 2, [ENABLE] = 2,
	[NIB] = 4, [WITHOUT] = 3, [ENABLED_NOW] = 2,
};

static const uint64_t nibs[] = { VM_NIB, 0, VM_NIB_UNMAPPED, VM_NIB_OUTSIDE };	/* one is good */
static const uint32_t withouts[] = { 0, VM_WITHOUT_AP, VM_WITHOUT_GISA };

/* That function for the trial's queue, as far as it does not depend on the single PQAP. */
static struct pqap_case basic_case(const struct trial *trial, unsigned int function)
{
	const struct queue *queue = trial->queue;

	return (struct pqap_case){
		.function = function,
		.apqn = queue->apqn,
		.host_ap = true,
		.interpreted = trial->model.interpreted,
		.facility15 = trial->model.facility15,
		.facility65 = trial->model.facility65,
		.apxa = trial->apxa,
		.aiv = trial->aiv,
		.attached = trial->attached,
		.in_device = queue->in_device,
		.bound = queue->bound,
		.configured = queue->configured,
		.operational = queue->operational,
		.nib_good = true,
		.nib_shared = true,
		.gisa = trial->aiv,
	};
}

/* Makes the case and the PQAP what the digits say. number: of this PQAP among its like. */
static void vary(struct pqap_case *c, struct vm_pqap *pqap, const unsigned int d[static DIGITS],
		 unsigned int number)
{
	c->enabled_now = d[ENABLED_NOW];
	c->problem_state = d[PROBLEM];
	pqap->problem_state = d[PROBLEM];
	c->reserved_bits = d[RESERVED];
	if (c->reserved_bits)	/* another one each time */
		pqap->gr0 |= 1ull << (16 + number % 7);
	c->t_bit = d[T_BIT];
	if (c->t_bit)
		pqap->gr0 |= VM_GR0_T_BIT;
	c->enable = d[ENABLE];
	if (c->enable)
		pqap->gr1 |= VM_GR1_ENABLE;
	c->nib_good = d[NIB] == 0;
	pqap->gr2 = nibs[d[NIB]];
	pqap->without = withouts[d[WITHOUT]];
	c->host_ap = pqap->without != VM_WITHOUT_AP;
	c->gisa = c->gisa && pqap->without != VM_WITHOUT_GISA;
}

/* Issues PQAPs of that function for the trial's queue in all ways there are. */
static void try_function(struct trial *trial, unsigned int function)
{
	for (unsigned int number = 0;; number++) {
		struct vm_pqap pqap = { .gr0 = vm_gr0(function, trial->queue->apqn), .gr1 = 3 };
		struct pqap_case c = basic_case(trial, function);
		unsigned int d[DIGITS], rest = number;

		for (unsigned int i = 0; i < DIGITS; i++) {
			d[i] = rest % values[i];
			rest /= values[i];
		}
		if (rest)
			return;
		if (trial->enabled_now != d[ENABLED_NOW])
			set_interrupts(trial, d[ENABLED_NOW]);
		vary(&c, &pqap, d, number);
		compare(trial, &c, &pqap);
	}
}

/* The guest switches interrupts on, twice, and off, twice, and nobody else interferes. */
static void try_twice(struct trial *trial)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct vm_pqap pqap = { .gr0 = vm_gr0(PQAP_AQIC, trial->queue->apqn), .gr1 = 3 };
		struct pqap_case c = basic_case(trial, PQAP_AQIC);

		c.enabled_now = trial->enabled_now;
		c.enable = i < 2;
		if (c.enable)
			pqap.gr1 |= VM_GR1_ENABLE;
		pqap.gr2 = VM_NIB;
		compare(trial, &c, &pqap);
	}
}

/* All functions for the first queue, AQIC for each. */
static void try_all(struct trial *trial)
{
	for (unsigned int i = 0; i < trial->proof->queue_count; i++) {
		trial->queue = &trial->proof->queues[i];
		set_interrupts(trial, false);
		try_twice(trial);
		for (unsigned int function = 0; function < 10; function++) {
			if (i == 0 || function == PQAP_AQIC)
				try_function(trial, function);
		}
		set_interrupts(trial, false);
	}
}

/* A VM's whole life, in a process of its own. */
static void run_vm(struct proof *proof, struct vm_model model, bool apxa, bool aiv)
{
	struct trial trial = { .proof = proof, .model = model, .apxa = apxa, .aiv = aiv };

	trial.vm = vm_create(&model);
	try_all(&trial);
	vm_open_device(&trial.vm, proof->uuid, proof->group);
	trial.attached = true;
	try_all(&trial);
}

/* Runs a VM of each model, on a host as told. Returns false if a step failed, which was printed. */
static bool run_models(struct proof *proof, bool apxa, bool aiv)
{
	for (unsigned int bits = 0; bits < 8; bits++) {
		struct vm_model model = { bits & 1, bits & 2, bits & 4 };
		int status;
		pid_t pid = MUST(fork());

		if (pid == 0) {
			run_vm(proof, model, apxa, aiv);
			exit(0);
		}
		MUST(waitpid(pid, &status, 0));
		if (status != 0)
			return false;
	}
	return true;
}

/* Prints what was tried. Returns whether all is well. */
static bool report(const struct proof *proof)
{
	unsigned long total = 0, differences = 0;
	bool complete = true;

	for (unsigned int row = 1; row <= PQAP_ROWS; row++) {
		/* no secure guests in the lab */
		bool possible = row != PQAP_ROW_NIB_NOT_SHARED;

		printf("row %2u %-30s %7lu combinations%s\n", row, row_names[row], proof->rows[row],
		       possible ? "" : " (not possible in the lab: needs Secure Execution)");
		if (possible && !proof->rows[row])
			complete = false;
		total += proof->rows[row];
		differences += proof->differences[row];
	}
	printf("%lu combinations, %lu differences\n", total, differences);
	if (!complete)
		puts("FAILED: a row was never met");
	return complete && differences == 0;
}

int main(int argc, char **argv)
{
	struct proof *proof = mmap(NULL, sizeof(*proof), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	bool ok = true;

	MUST(proof == MAP_FAILED ? -1 : 0);
	for (int i = 3; i < argc && i - 3 < MAX_QUEUES; i++) {
		struct apqn apqn;

		if (apqn_parse(argv[i], &apqn) < 0)
			break;
		proof->queues[proof->queue_count++] = look_at(argv[1], apqn);
	}
	if (argc < 4 || proof->queue_count != (unsigned int)argc - 3) {
		fputs("usage: pqap-proof UUID GROUP AA.DDDD...\n", stderr);
		return 2;
	}
	proof->uuid = argv[1];
	proof->group = argv[2];
	setlinebuf(stdout);
	for (unsigned int host = 0; ok && host < 4; host++) {
		bool apxa = host & 1, aiv = host & 2;

		write_text("/sys/kernel/debug/apsim/ctl", apxa ? "apxa on" : "apxa off");
		write_text("/sys/module/kvm/parameters/use_gisa", aiv ? "Y" : "N");
		ok = run_models(proof, apxa, aiv);
	}
	write_text("/sys/kernel/debug/apsim/ctl", "apxa on");
	write_text("/sys/module/kvm/parameters/use_gisa", "Y");
	return report(proof) && ok ? 0 : 1;
}
