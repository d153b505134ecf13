/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/verbs.h"

#include "cli/options.h"
#include "common/macro.h"

#define BIT(name) OPTION_BIT(OPTION_##name)
#define MATRIX_OPTIONS (BIT(ADAPTERS) | BIT(DOMAINS) | BIT(CONTROL_DOMAINS))
#define BOTH_SCOPES                                                              \
	"Without --live and --definition both are changed: the definition, and\n" \
	"the kernel if the device is started."
#define SETTINGS_OPTIONS (BIT(NAME) | BIT(AUTO) | BIT(MANUAL) | BIT(INTERRUPTS))

/* What reserve and release have in common. */
#define WISH_ARGS "[--adapters LIST] [--domains LIST] [--queues LIST] [OPTION...]"
#define WISH_OPTIONS                                                                  \
	(BIT(ADAPTERS) | BIT(DOMAINS) | BIT(QUEUES) | BIT(MASKS) | BIT(OVERRIDES) |   \
	 BIT(DRY_RUN) | BIT(VERBOSE))
#define WISH_DETAILS                                                            \
	"--adapters alone: all their queues; --domains alone: their queues on\n" \
	"all adapters; both: where they cross; --queues: single ones.\n"

#define TAKES_DEVICE .arguments_min = 1, .arguments_max = 1

static const struct verb items[] = {
	{
		.name = "status",
		.args = "[--check]",
		.help = "show the host: passthrough, ownership, interrupts, problems",
		.example = "  apqctl status\n"
			   "  apqctl status --check --quiet || mail -s 'AP queues' root",
		.details = "With --check the exit status is 4 if the host or a device has a problem.",
		.options = BIT(CHECK),
		.fn = verb_status,
	},
	{
		.name = "list",
		.args = "[--problems] [--state STATE] [--full]",
		.help = "list devices",
		.details = "QUEUES: how many of the assigned queues the guest gets, or would get.\n"
			   "VM: the virtual machine that has the device open.\n"
			   "PROBLEMS: codes; 'apqctl show DEVICE' shows the sentences.",
		.options = BIT(FULL) | BIT(NO_HEADINGS) | BIT(COLUMNS) | BIT(STATE) | BIT(PROBLEMS),
		.columns = "DEVICE, NAME, STATE, START, ADAPTERS, DOMAINS, QUEUES, VM, PROBLEMS",
		.example = "  apqctl list --problems\n"
			   "  apqctl list -n -o NAME,STATE",
		.fn = verb_list,
	},
	{
		.name = "show",
		.args = "DEVICE [--qemu|--libvirt|--libvirt-cpu]",
		.help = "tell everything about one device and its queues",
		.details = "INTERRUPT: whether the guest has them on; of a queue that is the\n"
			   "host's, whether its driver has.\n"
			   "--qemu, --libvirt and --libvirt-cpu print only the text for the VMM. Pass it\n"
			   "to QEMU, to 'virsh attach-device', and to 'virsh edit'.",
		.options = BIT(QEMU) | BIT(LIBVIRT) | BIT(LIBVIRT_CPU),
		.example = "  apqctl show web1\n"
			   "  apqctl show web1 --libvirt >hostdev.xml",
		.fn = verb_show,
		TAKES_DEVICE,
	},
	{
		.name = "cards",
		.args = "",
		.help = "list the cards of the AP bus",
		.options = BIT(NO_HEADINGS) | BIT(COLUMNS),
		.columns = "CARD, TYPE, MODE, STATUS, REQUESTS, HWTYPE, QDEPTH, FUNCTIONS",
		.example = "  apqctl cards",
		.fn = verb_cards,
	},
	{
		.name = "queues",
		.args = "[--adapters LIST] [--domains LIST] [--queues LIST] [--device DEVICE]",
		.help = "list the queues of the AP bus and who has them",
		.details = "OWNER: host, device (see DEVICE), or none (free for devices).\n"
			   "INTERRUPT: whether the guest has them on; of a queue that is the\n"
			   "host's, whether its driver has.",
		.options = BIT(ADAPTERS) | BIT(DOMAINS) | BIT(QUEUES) | BIT(DEVICE) | BIT(FULL) |
			   BIT(NO_HEADINGS) | BIT(COLUMNS),
		.columns = "QUEUE, OWNER, DRIVER, STATUS, INTERRUPT, DEVICE",
		.example = "  apqctl queues --adapters 4 --domains 0x47\n"
			   "  apqctl queues --device web1",
		.fn = verb_queues,
	},
	{
		.name = "matrix",
		.args = "",
		.help = "draw adapters against domains: who has which queue",
		.details = "As wide as the terminal, or COLUMNS, or 80 columns; a wide host is\n"
			   "drawn in blocks.",
		.example = "  apqctl matrix",
		.fn = verb_matrix,
	},
	{
		.id = VERB_DEFINE,
		.name = "define",
		.args = "[NAME|UUID] --adapters LIST --domains LIST [OPTION...]",
		.help = "write a definition; the kernel is not touched, unless by --start",
		.details = "An argument that is no UUID is the name. Without UUID a new one is made.\n"
			   "Without options the device is started manually, takes any interrupts, and\n"
			   "has no control domains.\n"
			   "With --start it is started too, and with --reserve first gets its queues\n"
			   "from the host: all of it is done, or nothing.",
		.options = MATRIX_OPTIONS | BIT(QUEUES) | SETTINGS_OPTIONS | BIT(START) | BIT(RESERVE) |
			   BIT(FORCE) | BIT(DRY_RUN) | BIT(VERBOSE),
		.arguments_max = 1,
		.example = "  apqctl define --name web1 --adapters 4,6 --domains 0x47",
		.fn = verb_define,
	},
	{
		.name = "undefine",
		.args = "DEVICE...|--all [--dry-run]",
		.help = "remove a definition; a started device stays started",
		.options = BIT(ALL) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl undefine web1",
		.fn = verb_undefine,
		.arguments_min = 1,
		.arguments_max = VERB_ARGUMENTS_ANY,
	},
	{
		.name = "start",
		.args = "DEVICE...|--all [--reserve] [--force] [--dry-run]",
		.help = "make the kernel follow the definition",
		.details = "A device that is started already is changed to what is defined.\n"
			   "--reserve takes its queues from the host first, as 'apqctl reserve';\n"
			   "if the start is then refused, they are given back.\n"
			   "--force is needed if a running guest would lose queues by that, or\n"
			   "the host its last working queue of a mode.",
		.options = BIT(RESERVE) | BIT(FORCE) | BIT(ALL) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl start web1 --reserve --dry-run\n"
			   "  apqctl start web1 web2",
		.fn = verb_start,
		.arguments_min = 1,
		.arguments_max = VERB_ARGUMENTS_ANY,
	},
	{
		.name = "stop",
		.args = "DEVICE...|--all [--force] [--dry-run]",
		.help = "remove a device from the kernel; its definition stays",
		.details = "A device that a guest uses is stopped only with --force, and then\n"
			   "the kernel may wait until the guest has ended.",
		.options = BIT(FORCE) | BIT(ALL) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl stop web1\n"
			   "  apqctl stop --all",
		.fn = verb_stop,
		.arguments_min = 1,
		.arguments_max = VERB_ARGUMENTS_ANY,
	},
	{
		.id = VERB_ASSIGN,
		.name = "assign",
		.args = "DEVICE [--adapters LIST] [--domains LIST] [OPTION...]",
		.help = "give a device more adapters, domains or control domains",
		.details = BOTH_SCOPES "\n--reserve takes the queues from the host first; --force is needed if\n"
				       "the host would lose its last working queue of a mode.",
		.options = MATRIX_OPTIONS | BIT(QUEUES) | BIT(RESERVE) | BIT(LIVE) |
			   BIT(DEFINITION) | BIT(FORCE) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl assign web1 --adapters 6 --reserve\n"
			   "  apqctl assign web1 --queues 04.0048,06.0048",
		.fn = verb_assign,
		TAKES_DEVICE,
	},
	{
		.id = VERB_UNASSIGN,
		.name = "unassign",
		.args = "DEVICE [--adapters LIST] [--domains LIST] [OPTION...]",
		.help = "take adapters, domains or control domains from a device",
		.details = BOTH_SCOPES "\n--force is needed if a running guest loses queues.\n"
			   "Adapters and domains go whole, with all their queues. If both are given,\n"
			   "--whole confirms that; --queues takes single queues if they can go alone.",
		.options = MATRIX_OPTIONS | BIT(QUEUES) | BIT(WHOLE) | BIT(LIVE) | BIT(DEFINITION) | BIT(FORCE) |
			   BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl unassign web1 --domains 0x48",
		.fn = verb_unassign,
		TAKES_DEVICE,
	},
	{
		.name = "modify",
		.args = "DEVICE [--name NAME] [--auto|--manual] [OPTION...]",
		.help = "change a device's name, start or interrupts policy",
		.details = "--adopt makes the definition follow what the kernel has now;\n"
			   "'apqctl start' is the other way round.",
		.options = SETTINGS_OPTIONS | BIT(ADOPT) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl modify web1 --auto\n"
			   "  apqctl modify web1 --adopt",
		.fn = verb_modify,
		TAKES_DEVICE,
	},
	{
		.id = VERB_RESERVE,
		.name = "reserve",
		.args = WISH_ARGS,
		.help = "take queues from the host's drivers, for guests",
		.details = WISH_DETAILS
			   "It is kept in /etc/apqd/host.json and holds from every start of apqd.\n"
			   "Masks know whole adapters and domains only: what they take besides is\n"
			   "shown. By default the mechanism already in use is kept; --masks or\n"
			   "--overrides alone moves all that is reserved to it.\n"
			   "--force is needed if the host would lose its last working queue of a\n"
			   "mode (accelerator, CCA, EP11).",
		.options = WISH_OPTIONS | BIT(FORCE),
		.example = "  apqctl reserve --adapters 4,6 --domains 0x47 --dry-run\n"
			   "  apqctl reserve --queues 04.0047,06.0047",
		.fn = verb_reserve,
	},
	{
		.id = VERB_RELEASE,
		.name = "release",
		.args = "[--all] [--adapters LIST] [--domains LIST] [--queues LIST] [OPTION...]",
		.help = "give reserved queues back to the host's drivers",
		.details = WISH_DETAILS "--all: all that is reserved.\n"
					"A queue that a device has stays with it, and is refused.",
		.options = WISH_OPTIONS | BIT(ALL),
		.example = "  apqctl release --queues 04.0047",
		.fn = verb_release,
	},
	{
		.name = "import",
		.args = "[--force] [--dry-run]",
		.help = "take the masks that chzdev sets at boot over, as what is reserved",
		.details = "What chzdev's rule 41-ap.rules takes from the host is reserved by the masks\n"
			   "from then on, beside what is reserved already. The rule itself stays; how to\n"
			   "remove it is told. --force is needed as for reserve.",
		.options = BIT(FORCE) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl import --dry-run",
		.fn = verb_import,
	},
	{
		.name = "export",
		.args = "",
		.help = "print all that is defined, as a document for apply",
		.details = "The host policy, what is reserved, and every definition, as JSON: to keep, to\n"
			   "change, and to apply here or elsewhere.",
		.example = "  apqctl export >ap.json",
		.fn = verb_export,
	},
	{
		.id = VERB_APPLY,
		.name = "apply",
		.args = "FILE|- [--prune] [--force] [--revision REVISION] [--dry-run]",
		.help = "make everything as a document says, as one change",
		.details = "All of it is done, or nothing. Devices of the document are defined as it says;\n"
			   "those that are started, or start automatically, get in the kernel what they are\n"
			   "defined with. --prune also takes away what is not in it: definitions with their\n"
			   "devices, and other reservations. --dry-run shows the difference and the steps,\n"
			   "and prints the command that does just that, and nothing if the host has changed\n"
			   "meanwhile.",
		.options = BIT(PRUNE) | BIT(FORCE) | BIT(REVISION) | BIT(DRY_RUN) | BIT(VERBOSE),
		.arguments_min = 1,
		.arguments_max = 1,
		.example = "  apqctl apply ap.json --dry-run\n"
			   "  apqctl export | apqctl apply -",
		.fn = verb_apply,
	},
	{
		.name = "edit",
		.args = "[DEVICE] [--prune] [--force] [--dry-run]",
		.help = "edit what is defined, or one device, in your editor",
		.details = "VISUAL, EDITOR or vi gets the document of export, or that of DEVICE alone. When\n"
			   "the editor ends, the document is applied as one change, unless the host has\n"
			   "changed since. If apqd refuses the document, the text is kept in a file.\n"
			   "--prune also removes what is missing in the document, as for apply.",
		.options = BIT(PRUNE) | BIT(FORCE) | BIT(DRY_RUN) | BIT(VERBOSE),
		.arguments_max = 1,
		.example = "  apqctl edit web1\n"
			   "  EDITOR='emacs -nw' apqctl edit --dry-run",
		.fn = verb_edit,
	},
	{
		.name = "policy",
		.args = "[--enforce on|off] [--ownership masks|overrides|observe] [OPTION...]",
		.help = "show or set by what apqd reserves, and whether it undoes drift",
		.details = "Without options it shows what /etc/apqd/host.json says. Reserved queues stay\n"
			   "reserved and move to the ownership that is given.\n"
			   "--force is needed as for reserve.",
		.options = BIT(ENFORCE) | BIT(OWNERSHIP) | BIT(FORCE) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl policy\n"
			   "  apqctl policy --enforce on --dry-run",
		.fn = verb_policy,
	},
	{
		.name = "interrupts",
		.args = "[--gisa on|off] [--poll-thread on|off] [OPTION...]",
		.help = "show or set the host's side of interrupts",
		.details = "Without options it shows what the kernel has and what is wanted.\n"
			   "What is set is kept in /etc/apqd/host.json. --gisa is about guests,\n"
			   "the two others are about the host's own queues.",
		.options = BIT(GISA) | BIT(POLL_THREAD) | BIT(POLL_TIMEOUT) | BIT(DRY_RUN) | BIT(VERBOSE),
		.example = "  apqctl interrupts\n"
			   "  apqctl interrupts --gisa on --poll-timeout 250us",
		.fn = verb_interrupts,
	},
	{
		.name = "explain",
		.args = "[DEVICE] [--pqap FC --queue AA.DDDD [OPTION...]]",
		.help = "show why a guest has its queues or not",
		.details = "Without --pqap, check each link from the machine to the device's guest.\n"
			   "With it, show what a guest gets when it issues that instruction now.\n"
			   "A broken link is an answer and no failure: the exit status is 0.",
		.options = BIT(PQAP) | BIT(QUEUE) | BIT(PROBLEM_STATE) | BIT(TIME_BIT) |
			   BIT(RESERVED_BITS) | BIT(BAD_ADDRESS) | BIT(DISABLE) | BIT(WITHOUT),
		.arguments_max = 1,
		.example = "  apqctl explain web1\n"
			   "  apqctl explain web1 --pqap 3 --queue 04.0047",
		.fn = verb_explain,
	},
	{
		.name = "reload",
		.args = "",
		.help = "have apqd read the definitions and the host policy again",
		.details = "Changes of these files are noticed without it; it ends when they have\n"
			   "been read.",
		.example = "  apqctl reload",
		.fn = verb_reload,
	},
	{
		.name = "monitor",
		.args = "[--initial]",
		.help = "tell every change as it happens, a line each",
		.details = "Ends by Ctrl-C. If apqd is restarted, it waits, and then tells what\n"
			   "changed in the meantime. With --json every line is one event.",
		.options = BIT(INITIAL),
		.json_lines = true,
		.example = "  apqctl monitor\n"
			   "  apqctl monitor --initial --json",
		.fn = verb_monitor,
	},
	{
		.name = "metrics",
		.args = "[--format FORMAT] [--output FILE]",
		.help = "print what there is and was done as numbers, for monitoring",
		.details = "Counters begin when apqd starts. For the textfile collector of Prometheus'\n"
			   "node_exporter take --format prometheus, and --output with a name that\n"
			   "ends in .prom; apqd-metrics.timer does so every minute.",
		.options = BIT(FORMAT) | BIT(OUTPUT),
		.example = "  apqctl metrics --format prometheus --output /var/lib/node_exporter/apqd.prom",
		.fn = verb_metrics,
	},
	{
		.name = "bridge",
		.args = "",
		.help = "connect standard input and output with apqd; the far end of --host",
		.details = "It ends when apqd closes the connection, which it also does when it has\n"
			   "answered all and standard input has ended.",
		.fn = verb_bridge,
	},
	{
		.name = "wait",
		.args = "[DEVICE...] [--timeout TIME]",
		.help = "wait until devices are started, and their guests get all of it",
		.details = "Without DEVICE, wait for all that start automatically; if there are none,\n"
			   "it succeeds. A device is ready when it is started as it is defined, and\n"
			   "nothing of that is kept from its guest. When the time is over, wait names\n"
			   "what is missing, and why; the exit status is 1.",
		.options = BIT(TIMEOUT),
		.arguments_max = VERB_ARGUMENTS_ANY,
		.example = "  apqctl wait web1 --timeout 2min",
		.fn = verb_wait,
	},
	{
		.name = "help",
		.args = "[VERB]",
		.help = "show how apqctl or a verb is used",
		.arguments_max = 1,
		.fn = verb_help,
	},
};

const struct verb_table all_verbs = { items, ARRAY_SIZE(items) };
