/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

const struct option_letter option_letters[OPTION_LETTERS] = {
	{ 'H', OPTION_HOST },	     { 'j', OPTION_JSON },    { 'q', OPTION_QUIET },
	{ 'h', OPTION_HELP },	     { '?', OPTION_HELP },    { 'V', OPTION_VERSION },
	{ 'n', OPTION_NO_HEADINGS }, { 'o', OPTION_COLUMNS }, { 'o', OPTION_OUTPUT },
	{ 'a', OPTION_ALL },
};

static const struct {
	const char *name;
	const char *value;	/* what its argument is; NULL where it takes none */
	const char *help;
} table[OPTIONS] = {
	[OPTION_SOCKET] = { "socket", "PATH",
			    "where apqd listens, instead of APQD_SOCKET" },
	[OPTION_HOST] = { "host", "USER@HOST", "on another machine, reached by ssh" },
	[OPTION_JSON] = { "json", NULL, "print what the interface returns, for programs" },
	[OPTION_COLOR] = { "color", "WHEN", "auto (the default), always or never" },
	[OPTION_QUIET] = { "quiet", NULL, "print errors and warnings only" },
	[OPTION_HELP] = { "help", NULL, "show how apqctl or the verb is used" },
	[OPTION_VERSION] = { "version", NULL, "show the version" },
	[OPTION_ADAPTERS] = { "adapters", "LIST", "adapters, for example 4,6,0x10-0x12" },
	[OPTION_DOMAINS] = { "domains", "LIST", "usage domains" },
	[OPTION_CONTROL_DOMAINS] = { "control-domains", "LIST",
				     "control domains (none by default)" },
	[OPTION_DEVICE] = { "device", "DEVICE", "only the queues of this device" },
	[OPTION_QUEUES] = { "queues", "LIST", "single queues, for example 04.0010,05.0012-0014" },
	[OPTION_NAME] = { "name", "NAME", "a name that stands for the UUID" },
	[OPTION_AUTO] = { "auto", NULL, "start it with apqd, and when its adapters appear" },
	[OPTION_MANUAL] = { "manual", NULL, "start it only by 'apqctl start' (the default)" },
	[OPTION_INTERRUPTS] = { "interrupts", "POLICY", "any (the default), required or polled" },
	[OPTION_START] = { "start", NULL, "start it too; if that is refused, nothing is left" },
	[OPTION_LIVE] = { "live", NULL, "only in the kernel, not in the definition" },
	[OPTION_DEFINITION] = { "definition", NULL, "only in the definition, not in the kernel" },
	[OPTION_ADOPT] = { "adopt", NULL, "make the definition follow what the kernel has now" },
	[OPTION_WHOLE] = { "whole", NULL,
			   "take adapters and domains with all their queues" },
	[OPTION_RESERVE] = { "reserve", NULL, "first take from the host what it needs" },
	[OPTION_FORCE] = { "force", NULL, "proceed even if a guest loses queues, or the host its last of a mode" },
	[OPTION_PRUNE] = { "prune", NULL, "also take away what is not in the document" },
	[OPTION_REVISION] = { "revision", "REVISION",
			      "refuse if the host has changed since this revision" },
	[OPTION_MASKS] = { "masks", NULL, "by apmask and aqmask, even if overrides are in use" },
	[OPTION_OVERRIDES] = { "overrides", NULL,
			       "by driver_override of each queue (from Linux 6.19)" },
	[OPTION_ENFORCE] = { "enforce", "on|off", "whether apqd undoes drift without asking" },
	[OPTION_OWNERSHIP] = { "ownership", "masks|overrides|observe",
			       "by what apqd reserves; with observe it never does" },
	[OPTION_GISA] = { "gisa", "on|off", "whether KVM may forward interrupts (kvm.use_gisa)" },
	[OPTION_POLL_THREAD] = { "poll-thread", "on|off",
				 "whether a kernel thread polls the host's queues" },
	[OPTION_POLL_TIMEOUT] = { "poll-timeout", "TIME",
				  "time between two looks at the host's queues: 250us" },
	[OPTION_DRY_RUN] = { "dry-run", NULL, "print the steps and touch nothing" },
	[OPTION_QEMU] = { "qemu", NULL, "print the options for QEMU's command line" },
	[OPTION_LIBVIRT] = { "libvirt", NULL, "print the element <hostdev> for libvirt" },
	[OPTION_LIBVIRT_CPU] = { "libvirt-cpu", NULL, "print the element <cpu> for libvirt" },
	[OPTION_PQAP] = { "pqap", "FC", "this function code, 0 to 255; 3 is AQIC" },
	[OPTION_QUEUE] = { "queue", "AA.DDDD", "for this queue" },
	[OPTION_PROBLEM_STATE] = { "problem-state", NULL, "issued by a program, not the kernel" },
	[OPTION_TIME_BIT] = { "time-bit", NULL, "with the T bit set (bit 40 of GR0)" },
	[OPTION_RESERVED_BITS] = { "reserved-bits", NULL,
				   "with one of the bits 41 to 47 of GR0 set" },
	[OPTION_BAD_ADDRESS] = { "bad-address", NULL,
				 "with a notification byte outside the guest's memory" },
	[OPTION_DISABLE] = { "disable", NULL, "AQIC that switches interrupts off, not on" },
	[OPTION_WITHOUT] = { "without", "LIST",
			     "lacking: ap, apqci, apft, apqi, apxa, aiv or gisa" },
	[OPTION_FULL] = { "full", NULL, "print whole UUIDs" },
	[OPTION_NO_HEADINGS] = { "no-headings", NULL, "omit the line of headings" },
	[OPTION_COLUMNS] = { "columns", "LIST", "print these columns, in this order" },
	[OPTION_CHECK] = { "check", NULL, "exit with status 4 if there is a problem" },
	[OPTION_ALL] = { "all", NULL, "all devices; with release, all that is reserved" },
	[OPTION_INITIAL] = { "initial", NULL, "print the present state too, not only changes" },
	[OPTION_TIMEOUT] = { "timeout", "TIME",
			     "at most so long: 90s, 2min (the default), infinity" },
	[OPTION_FORMAT] = { "format", "FORMAT",
			    "openmetrics (the default) or prometheus" },
	[OPTION_VERBOSE] = { "verbose", NULL, "with --dry-run: print each write to the kernel too" },
	[OPTION_STATE] = { "state", "STATE", "only devices that are defined, started or inUse" },
	[OPTION_PROBLEMS] = { "problems", NULL, "only devices with problems" },
	[OPTION_OUTPUT] = { "output", "FILE", "replace FILE as a whole, instead of printing" },
};

struct option_text option_text(enum option_id id)
{
	struct option_text text = { table[id].name, table[id].value, table[id].help, '\0' };

	for (size_t i = 0; i < OPTION_LETTERS && !text.letter; i++)
		if (option_letters[i].id == id)
			text.letter = option_letters[i].letter;
	return text;
}
