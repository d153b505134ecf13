/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon/report/explain.c and its links: a chain that holds, each way to break it, some at once.
 */
#include "daemon/report/explain.h"
#include "tests/unit/check.h"
#include "tests/unit/explain-ways.h"

static struct explanation explanation;

static void done(void)
{
	explanation_done(&explanation);
	observed_done(&observed);
	desired_done(&desired);
}

/* The states as a word: o ok, b broken, u unknown, one letter a link. */
static const char *states(void)
{
	static char word[LINKS + 1];

	for (size_t i = 0; i < LINKS; i++)
		word[i] = link_state_names[explanation.links[i].state][0];
	return word;
}

/* What holds of every answer. */
static void check_shape(void)
{
	for (size_t i = 0; i < LINKS; i++) {
		const struct chain_link *link = &explanation.links[i];
		size_t length = link->message ? strlen(link->message) : 0;

		CHECK(length > 10 && length < 2000);
		CHECK(link->message[length - 1] == '.');
		CHECK(link->state != LINK_BROKEN || link->remedy);
		CHECK(link->state != LINK_OK || !link->remedy);
		CHECK(!link->remedy || link->remedy[strlen(link->remedy) - 1] == '.');
		CHECK(link->state == LINK_BROKEN || queue_set_is_empty(&link->queues));
	}
}

static void explain(void)
{
	struct uuid uuid = uuid_of(1);

	explanation_done(&explanation);
	CHECK_INT(explain_device(&observed, &desired, &uuid, &explanation), 0);
	check_shape();
}

static const struct {
	const char *name;
	void (*break_it)(void);
	const char *states;  /* of all links */
	enum link_kind link; /* the one that the rest is about */
	const char *message; /* parts, separated by '|' */
	const char *remedy;  /* NULL: none */
	const char *queues;  /* as queue_set_list() */
} cases[] = {
	{ "nothing", NULL, "ooooooo", LINK_GUEST, "process 4711 (qemu) has it|4 queues reach", NULL,
	  "" },
	{ "the LPAR loses an adapter", lose_adapter, "bouoboo", LINK_CONFIGURED,
	  "does not have adapter 05.",
	  "'echo 1 > /sys/bus/ap/scans'|'apqctl unassign web1 --adapters 0x05 --force'",
	  "05.0001-0002" },
	{ "its guest loses the adapter", lose_adapter, "bouoboo", LINK_EFFECTIVE,
	  "Adapter 05 is kept from the guest, because the LPAR does not have it.",
	  "Fix 'configured'", "05.0001-0002" },
	{ "the LPAR loses a domain", lose_domain, "bouoboo", LINK_CONFIGURED,
	  "does not have domain 0002.|does not have control domain 0001.",
	  "unassign web1 --domains 0x0002|unassign web1 --control-domains 0x0001", "05.0002,06.0002" },
	{ "its guest loses the domain", lose_domain, "bouoboo", LINK_EFFECTIVE,
	  "Domain 0002 is kept from the guest, because the LPAR does not have it.",
	  "Fix 'configured'", "" },
	{ "the LPAR loses a control domain", lose_control_domain, "boooooo", LINK_CONFIGURED,
	  "does not have control domain 0001.", "--control-domains 0x0001", "" },
	{ "a card is not found", lose_card, "bouoboo", LINK_CONFIGURED,
	  "found no card of adapter 06.", "'echo 1 > /sys/bus/ap/scans'|dmesg", "06.0001-0002" },
	{ "a queue is not found", lose_one_queue, "bouoboo", LINK_CONFIGURED,
	  "has not found queue 06.0002,", "'echo 1 > /sys/bus/ap/scans'", "06.0002" },
	{ "a queue that is not found filters", lose_one_queue, "bouoboo", LINK_EFFECTIVE,
	  "Adapter 06 is kept from the guest with all its queues|queue 06.0002 (missing)",
	  "Fix 'configured'", "06.0002" },
	{ "a queue that is not found waits", lose_one_queue, "bouoboo", LINK_BOUND,
	  "Cannot check queue 06.0002 until the lines above", NULL, "" },
	{ "an adapter is deconfigured", deconfigure, "boooboo", LINK_CONFIGURED,
	  "Adapter 05 is deconfigured", "'chzcrypt --config-on 05'", "05.0001-0002" },
	{ "a deconfigured adapter in the guest", deconfigure, "boooboo", LINK_EFFECTIVE,
	  "Adapter 05 reaches the guest, but it does not work.", "Fix 'configured'", "" },
	{ "an adapter is checkstopped", checkstop, "boooboo", LINK_CONFIGURED,
	  "Adapter 06 is checkstopped", "'chzcrypt --config-off 06'|'chzcrypt --config-on 06'",
	  "06.0001-0002" },
	{ "a card is checkstopped", checkstop_card, "boooboo", LINK_CONFIGURED,
	  "Adapter 06 is checkstopped", "'chzcrypt --config-off 06'", "06.0001-0002" },
	{ "ids that the machine cannot have", above_maximum, "bbubuuu", LINK_CONFIGURED,
	  "no adapter 40: the highest is 3f.|not have adapter 3f.|no domain 0055: the highest is 0054.|no control domain 0055",
	  "web1 --adapters 0x40'|web1 --domains 0x0055'|web1 --control-domains 0x0055'",
	  "05.0055,3f.0001,3f.0055,40.0001,40.0055" },
	{ "the host takes queues back by the masks", take_back_by_masks, "obuoboo", LINK_RELEASED,
	  "own queues 05.0001-0002: apmask has the adapter and aqmask the domain.|!reserved",
	  "'apqctl reserve --queues 05.0001-0002'", "05.0001-0002" },
	{ "what the host took filters", take_back_by_masks, "obuoboo", LINK_EFFECTIVE,
	  "Adapter 05 is kept|queues 05.0001-0002 (the host's drivers own that)",
	  "'apqctl reserve --queues 05.0001-0002'", "05.0001-0002" },
	{ "the host takes a queue back by an override", take_back_by_override, "obuoboo",
	  LINK_RELEASED, "own queue 06.0002: another program has set driver_override",
	  "'apqctl reserve --queues 06.0002'", "06.0002" },
	{ "an override is taken away", lose_override, "obuoboo", LINK_RELEASED,
	  "own queue 06.0002: no driver_override has given that to vfio_ap.",
	  "'apqctl reserve --queues 06.0002'", "06.0002" },
	{ "an override that nobody followed", override_not_followed, "obuoboo", LINK_RELEASED,
	  "own queue 06.0002: no driver_override has given", "'apqctl reserve --queues 06.0002'",
	  "06.0002" },
	{ "an override without a driver", override_without_driver, "ooboboo", LINK_BOUND,
	  "do not own queue 06.0002,", "'echo 06.0002 > /sys/bus/ap/drivers_probe'", "06.0002" },
	{ "an override without a driver filters", override_without_driver, "ooboboo",
	  LINK_EFFECTIVE, "queue 06.0002 (bound to no driver",
	  "'echo 06.0002 > /sys/bus/ap/drivers_probe'", "06.0002" },
	{ "overrides, and a queue is away", lose_queue_of_overrides, "buuoboo", LINK_RELEASED,
	  "Cannot check queue 06.0002 until 'configured'", NULL, "" },
	{ "the host owns everything", own_everything, "obubuuu", LINK_RELEASED,
	  "own queues 05.0001-0002, 06.0001-0002",
	  "'apqctl reserve --queues 05.0001-0002,06.0001-0002'", "05.0001-0002,06.0001-0002" },
	{ "the host owns everything: to start", own_everything, "obubuuu", LINK_ASSIGNED,
	  "defined, but not started.", "'apqctl start web1 --reserve'", "" },
	{ "ownership is observed only", own_and_observe, "obubuuu", LINK_RELEASED, "own queues",
	  "\"observe\"|/etc/apqd/host.json|!'apqctl reserve", "05.0001-0002,06.0001-0002" },
	{ "what is reserved was given back", own_what_is_reserved, "obuoboo", LINK_RELEASED,
	  "has it reserved, so somebody has given it back",
	  "'apqctl reserve --queues 05.0001-0002'", "05.0001-0002" },
	{ "the policy cannot be used", own_with_bad_policy, "obubuuu", LINK_RELEASED, "own queues",
	  "Fix /etc/apqd/host.json first|'apqctl status'|!'apqctl reserve", "05.0001-0002,06.0001-0002" },
	{ "a queue is unbound by hand", unbind, "ooboboo", LINK_BOUND,
	  "do not own queue 06.0002, but vfio_ap does not have",
	  "'echo 06.0002 > /sys/bus/ap/drivers_probe'", "06.0002" },
	{ "an unbound queue filters its adapter", unbind, "ooboboo", LINK_EFFECTIVE,
	  "Adapter 06 is kept from the guest with all its queues|its queue 06.0002 (bound to no driver",
	  "'echo 06.0002 > /sys/bus/ap/drivers_probe'", "06.0002" },
	{ "queues in other hands", bind_elsewhere, "ooboboo", LINK_BOUND,
	  "do not own queues 05.0001-0002,",
	  "'for queue in 05.0001 05.0002; do echo $queue > /sys/bus/ap/devices/$queue/driver/unbind; "
	  "echo $queue > /sys/bus/ap/drivers_probe; done'",
	  "05.0001-0002" },
	{ "a card is too old", old_card, "ooboboo", LINK_BOUND,
	  "of queues 05.0001-0002 are too old: vfio_ap takes CEX4", "'apqctl cards'",
	  "05.0001-0002" },
	{ "vfio_ap is not loaded", unload_vfio_ap, "oobuuuu", LINK_BOUND, "vfio_ap is not loaded",
	  "'modprobe vfio_ap'", "" },
	{ "vfio_ap is not loaded: no device", unload_vfio_ap, "oobuuuu", LINK_ASSIGNED,
	  "until vfio_ap has its queues", "'apqctl start web1'", "" },
	{ "there is no AP bus", unload_ap, "buuuuuu", LINK_CONFIGURED, "There is no AP bus",
	  "'modprobe ap'", "" },
	{ "another device has a queue", give_to_another, "ooobuuu", LINK_ASSIGNED,
	  "not started.|Queue 05.0001: in device web2 (00000000-0000-0000-0000-000000000002), which a guest uses",
	  "'apqctl stop web2'|'apqctl start web1'.", "05.0001" },
	{ "it failed to start", fail_to_start, "ooobuuu", LINK_ASSIGNED,
	  "not started.|the kernel refused it.", "'apqctl start web1'.", "" },
	{ "it was stopped on request", stop_on_request, "ooobuuu", LINK_ASSIGNED,
	  "stopped on request", "'apqctl start web1'.", "" },
	{ "another program removed it", stop_by_other, "ooobuuu", LINK_ASSIGNED,
	  "Another program removed", "'apqctl start web1'.", "" },
	{ "it is not as defined", drift, "ooobooo", LINK_ASSIGNED,
	  "the kernel has adapters 05-06 domains 0001", "'apqctl start web1'|'apqctl modify web1 --adopt'",
	  "05.0002,06.0002" },
	{ "it lost a queue to another device", drift_to_another, "ooobooo", LINK_ASSIGNED,
	  "Queue 06.0002: in device 00000000-0000-0000-0000-000000000002.",
	  "'apqctl stop 00000000-0000-0000-0000-000000000002'|'apqctl start web1'",
	  "05.0002,06.0002" },
	{ "it is going away", leave, "ooobooo", LINK_ASSIGNED, "being removed",
	  "'apqctl start web1'", "" },
	{ "its matrix cannot be read", hide_matrix, "ooouuou", LINK_ASSIGNED, "can list",
	  "'apqctl stop web1' and 'apqctl start web1'", "" },
	{ "nothing of it is known", hide_all, "uuuuuou", LINK_CONFIGURED, "queues that the device is to have are not known",
	  NULL, "" },
	{ "its definition is bad", spoil_definition, "uuubuuu", LINK_ASSIGNED,
	  "The file /x cannot be used.", "'apqctl undefine 00000000-0000-0000-0000-000000000001'",
	  "" },
	{ "it has no queues", define_nothing, "ooobuou", LINK_ASSIGNED, "The device has no queues",
	  "'apqctl assign web1 --adapters LIST --domains LIST'", "" },
	{ "a reset failed", fail_reset, "ooooboo", LINK_EFFECTIVE,
	  "Adapter 06 is kept from the guest, though|reset",
	  "'for queue in 06.0001 06.0002; do echo $queue > /sys/bus/ap/devices/$queue/driver/unbind;",
	  "" },
	{ "no guest runs", end_guest, "ooooouu", LINK_GUEST, "No guest has the device open.",
	  "'apqctl show web1 --libvirt'", "" },
	{ "no guest runs: interrupts", end_guest, "ooooouu", LINK_INTERRUPTS,
	  "The host can forward interrupts", NULL, "" },
	{ "use_gisa is off", gisa_off, "oooooob", LINK_INTERRUPTS,
	  "use_gisa is off|operation exception", "'apqctl interrupts --gisa on'",
	  "05.0001-0002,06.0001-0002" },
	{ "use_gisa was switched off later", gisa_off_later, "oooooob", LINK_INTERRUPTS,
	  "on for queues 05.0001-0002, 06.0001-0002, but the next one|use_gisa is off",
	  "'apqctl interrupts --gisa on'", "" },
	{ "use_gisa is off, and required", gisa_off_required, "ooobuub", LINK_INTERRUPTS,
	  "requires interrupts, so it cannot be started",
	  "'apqctl interrupts --gisa on'|'apqctl modify web1 --interrupts any'", "" },
	{ "kvm is not loaded", unload_kvm, "oooooub", LINK_INTERRUPTS, "kvm is not loaded",
	  "'modprobe kvm'", "" },
	{ "no facility 65, any", no_facility_any, "ooooooo", LINK_INTERRUPTS,
	  "facility 65|the policy any allows", NULL, "" },
	{ "no facility 65, required", no_facility_required, "oooooob", LINK_INTERRUPTS,
	  "facility 65|requires interrupts.", "apqi=on|'apqctl modify web1 --interrupts any'",
	  "05.0001-0002,06.0001-0002" },
	{ "facility 65 could not be asked", facility_not_asked, "ooooouu", LINK_INTERRUPTS,
	  "could not be asked", "/dev/kvm", "" },
	{ "the guest polls, any", poll_any, "ooooooo", LINK_INTERRUPTS,
	  "on for queue 05.0001.|polls queues 05.0002, 06.0001-0002|lacks apqi|any allows", NULL,
	  "" },
	{ "the guest polls, required", poll_required, "oooooob", LINK_INTERRUPTS,
	  "lacks apqi|requires interrupts", "apqi=on|'apqctl show web1 --libvirt-cpu'",
	  "05.0002,06.0001-0002" },
	{ "polled, and the guest has them on", polled_with_interrupts, "oooooob", LINK_INTERRUPTS,
	  "is polled, but its guest has interrupts on for queue 06.0002.",
	  "apqi=off|'apqctl modify web1 --interrupts any'", "06.0002" },
	{ "polled, and the guest polls", polled_well, "ooooooo", LINK_INTERRUPTS,
	  "as the policy polled wants", NULL, "" },
	{ "polled, and no guest runs", polled_without_guest, "ooooouu", LINK_INTERRUPTS,
	  "asks nothing of the host", NULL, "" },
	{ "interrupts cannot be read", interrupts_unreadable, "oooooou", LINK_INTERRUPTS,
	  "It cannot be read of some queues: 4.", NULL, "" },
	/* Several at once: each link tells its own fault, whatever is wrong before it. */
	{ "three links at once", break_three, "bbbobob", LINK_CONFIGURED,
	  "Adapter 05 is deconfigured", "config-on 05", "05.0001-0002" },
	{ "three at once: released", break_three, "bbbobob", LINK_RELEASED,
	  "own queue 05.0001:", "reserve --queues 05.0001'", "05.0001" },
	{ "three at once: bound", break_three, "bbbobob", LINK_BOUND, "do not own queue 06.0002,",
	  "'echo 06.0002 > /sys/bus/ap/drivers_probe'", "06.0002" },
	{ "three at once: effective", break_three, "bbbobob", LINK_EFFECTIVE,
	  "queue 05.0001 (the host's|queue 06.0002 (bound to no driver",
	  "reserve --queues 05.0001'|'echo 06.0002 >", "05.0001,06.0002" },
	{ "three at once: interrupts", break_three, "bbbobob", LINK_INTERRUPTS, "use_gisa is off",
	  "'apqctl interrupts --gisa on'", "" },
	{ "a conflict, and the host's", conflict_of_owned, "obubuuu", LINK_ASSIGNED,
	  "in device web2", "--reserve", "05.0001" },
};

/* Each of the parts must be in text, or with '!' before it must not. */
static void check_parts(const char *text, const char *parts)
{
	char *copy = strdup(parts), *rest = copy, *part;

	while ((part = strsep(&rest, "|")) != NULL)
		if (part[0] == '!')
			CHECK(!strstr(text, part + 1));
		else
			CHECK_HAS(text, part);
	free(copy);
}

static void test_cases(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct chain_link *link = &explanation.links[cases[i].link];
		CLEANUP_FREE char *queues = NULL;

		check_test = cases[i].name;
		start();
		if (cases[i].break_it)
			cases[i].break_it();
		explain();
		CHECK_STR(states(), cases[i].states);
		check_parts(link->message, cases[i].message);
		CHECK_INT(link->remedy != NULL, cases[i].remedy != NULL);
		if (cases[i].remedy)
			check_parts(link->remedy, cases[i].remedy);
		queues = queue_set_list(&link->queues);
		CHECK_STR(queues, cases[i].queues);
		done();
	}
}

int main(void)
{
	RUN(test_cases);
	return 0;
}
