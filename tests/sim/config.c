/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/sim/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/apqn.h"
#include "common/parse.h"

/* What daemon/kernel/kernel.h asks of a body; apqd-simctl init has the same ones. */
const struct kernel_option kernel_options[] = {
	{ "cards", "N", "simulated adapters, 0 to N-1 (default 4)" },
	{ "domains", "N", "simulated domains, 0 to N-1 (default 8)" },
	{ "max-adapter", "N", "highest adapter that the simulated machine can have (default 255)" },
	{ "max-domain", "N", "highest domain that the simulated machine can have (default 255)" },
	{ "modes", "LETTERS", "modes of the adapters in turn: C CCA, P EP11, A accelerator (default C)" },
	{ "kernel", "VERSION", "whose rules hold: 6.12 or 7.2 (default 7.2)" },
	{ "without", "LIST",
	  "what is missing: ap_config,override,hotplug,qci,passthrough,module,ap_bus,interrupts" },
	{ "boot-apmask", "MASK", "ap.apmask= of the simulated kernel's command line" },
	{ "boot-aqmask", "MASK", "ap.aqmask= of it; without + or - in hexadecimal" },
	{ NULL, NULL, NULL },
};

struct sim_config sim_config_default(void)
{
	return (struct sim_config){
		.cards = 4,
		.domains = 8,
		.max_adapter = APQN_IDS - 1,
		.max_domain = APQN_IDS - 1,
		.modes = "C",
		.kernel = "7.2",
		.mask_rules_per_axis = true,
		.has_override = true,
		.has_ap_config = true,
		.has_hotplug = true,
		.has_ap_bus = true,
		.has_passthrough = true,
		.has_module = true,
		.has_qci = true,
		.has_interrupts = true,
	};
}

static PRINTF_LIKE(2, 3) int refuse(char **ret_message, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(ret_message, format, arguments) < 0)
		*ret_message = NULL;
	va_end(arguments);
	return -EINVAL;
}

static int set_number(const char *name, const char *value, uint32_t max, uint32_t *ret_number,
		      char **ret_message)
{
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || number > max)
		return refuse(ret_message, "--%s \"%s\" is not a number from 0 to %u.", name, value,
			      max);
	*ret_number = number;
	return 0;
}

static int set_kernel(struct sim_config *config, const char *value, char **ret_message)
{
	bool new_rules = strcmp(value, "7.2") == 0;

	if (!new_rules && strcmp(value, "6.12") != 0)
		return refuse(ret_message, "--kernel \"%s\" is not known: use 6.12 or 7.2.", value);
	strcpy(config->kernel, new_rules ? "7.2" : "6.12");
	config->mask_rules_per_axis = new_rules;
	config->has_override &= new_rules;
	return 0;
}

static int set_without(struct sim_config *config, const char *value, char **ret_message)
{
	struct {
		const char *name;
		bool *has;
	} features[] = {
		{ "ap_config", &config->has_ap_config },
		{ "override", &config->has_override },
		{ "hotplug", &config->has_hotplug },
		{ "qci", &config->has_qci },
		{ "passthrough", &config->has_passthrough },
		{ "module", &config->has_module },
		{ "ap_bus", &config->has_ap_bus },
		{ "interrupts", &config->has_interrupts },
	};

	while (*value) {
		size_t length = strcspn(value, ",");
		size_t i = 0;

		while (i < ARRAY_SIZE(features) && (strlen(features[i].name) != length ||
						    strncmp(features[i].name, value, length) != 0))
			i++;
		if (i == ARRAY_SIZE(features))
			return refuse(ret_message,
				      "--without \"%.*s\" is not known: use a comma separated list "
				      "of ap_config, override, hotplug, qci, passthrough, "
				      "module, ap_bus and interrupts.",
				      (int)length, value);
		*features[i].has = false;
		value += length;
		value += *value == ',';
	}
	return 0;
}

static int set_modes(struct sim_config *config, const char *value, char **ret_message)
{
	size_t length = strlen(value);

	if (length < 1 || length >= sizeof(config->modes) || strspn(value, "CPA") != length)
		return refuse(ret_message,
			      "--modes takes one to three of the letters C, P and A, not \"%s\".",
			      value);
	memcpy(config->modes, value, length + 1);
	return 0;
}

/* As ap_perms_init(): what cannot be read, or is relative, is so to a mask that is empty. */
static int set_boot_mask(const char *value, bool *ret_has_mask, struct mask *ret_mask)
{
	struct mask none = { 0 };

	*ret_has_mask = true;
	if (parse_mask(value, &none, ret_mask) < 0)
		*ret_mask = none;
	return 0;
}

int sim_config_set(struct sim_config *config, const char *name, const char *value,
		   char **ret_message)
{
	if (value && strcmp(name, "cards") == 0)
		return set_number(name, value, APQN_IDS, &config->cards, ret_message);
	if (value && strcmp(name, "domains") == 0)
		return set_number(name, value, APQN_IDS, &config->domains, ret_message);
	if (value && strcmp(name, "max-adapter") == 0)
		return set_number(name, value, APQN_IDS - 1, &config->max_adapter, ret_message);
	if (value && strcmp(name, "max-domain") == 0)
		return set_number(name, value, APQN_IDS - 1, &config->max_domain, ret_message);
	if (value && strcmp(name, "modes") == 0)
		return set_modes(config, value, ret_message);
	if (value && strcmp(name, "kernel") == 0)
		return set_kernel(config, value, ret_message);
	if (value && strcmp(name, "without") == 0)
		return set_without(config, value, ret_message);
	if (value && strcmp(name, "boot-apmask") == 0)
		return set_boot_mask(value, &config->boot.has_apmask, &config->boot.apmask);
	if (value && strcmp(name, "boot-aqmask") == 0)
		return set_boot_mask(value, &config->boot.has_aqmask, &config->boot.aqmask);
	return refuse(ret_message, "--%s is no option of the simulated kernel, or lacks its value.",
		      name);
}

static bool same_boot(const struct boot_masks *a, const struct boot_masks *b)
{
	return a->has_apmask == b->has_apmask && mask_equal(&a->apmask, &b->apmask) &&
	       a->has_aqmask == b->has_aqmask && mask_equal(&a->aqmask, &b->aqmask);
}

bool sim_config_equal(const struct sim_config *a, const struct sim_config *b)
{
	return a->cards == b->cards && a->domains == b->domains &&
	       a->max_adapter == b->max_adapter && a->max_domain == b->max_domain &&
	       strcmp(a->modes, b->modes) == 0 && strcmp(a->kernel, b->kernel) == 0 &&
	       a->has_override == b->has_override && a->has_ap_config == b->has_ap_config &&
	       a->has_hotplug == b->has_hotplug && a->has_ap_bus == b->has_ap_bus &&
	       a->has_passthrough == b->has_passthrough && a->has_module == b->has_module && a->has_qci == b->has_qci &&
	       a->has_interrupts == b->has_interrupts && same_boot(&a->boot, &b->boot);
}

int sim_config_check(const struct sim_config *config, char **ret_message)
{
	if (config->cards <= config->max_adapter + 1 && config->domains <= config->max_domain + 1)
		return 0;
	return refuse(ret_message,
		      "%u cards and %u domains do not fit a machine whose highest adapter is %u "
		      "and highest domain %u.",
		      config->cards, config->domains, config->max_adapter, config->max_domain);
}
