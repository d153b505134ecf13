/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/boot.h"
#include "daemon/kernel/queue.h"
#include "daemon/kernel/sysfs.h"

/* A maximum id, or -1 where the kernel does not tell it (before 5.4). */
static int read_maximum(struct sysfs_dir *bus, const char *name)
{
	int64_t number;

	return sysfs_read_number(bus, name, 0, APQN_IDS - 1, &number) < 0 ? -1 : (int)number;
}

/* "not supported" in one of them means that the machine has no QCI: none is known then. */
static bool read_configured(struct sysfs_dir *bus, struct matrix *ret_matrix)
{
	return sysfs_read_mask(bus, "ap_adapter_mask", &ret_matrix->adapters) == 0 &&
	       sysfs_read_mask(bus, "ap_usage_domain_mask", &ret_matrix->domains) == 0 &&
	       sysfs_read_mask(bus, "ap_control_domain_mask", &ret_matrix->control_domains) == 0;
}

/* All queues are alike in this, so the first one tells; without any it does not matter. */
static bool any_queue_has_override(struct sysfs_dir *bus)
{
	CLEANUP(closedirp) DIR *directory = opendir(SYSFS_BUS "/devices");
	struct dirent *entry;
	int r = directory ? 0 : -errno;

	while (directory && (r = io_next_entry(directory, &entry)) > 0) {
		struct apqn apqn;

		if (apqn_parse(entry->d_name, &apqn) == 0) {
			r = queue_has_override(apqn);
			break;
		}
	}
	if (r < 0)
		sysfs_note(bus, -r);
	return r > 0;
}

/* How the host looks after its own queues; a kernel that does not tell is no failure. */
static void read_polling(struct sysfs_dir *bus, struct observed_host *host)
{
	int64_t timeout;
	bool thread;

	if (sysfs_read_flag(bus, "poll_thread", &thread) == 0)
		host->poll_thread = thread;
	if (sysfs_read_number(bus, "poll_timeout", 0, INT64_MAX, &timeout) == 0)
		host->poll_timeout = timeout;
}

static int read_bus(struct observed_host *host)
{
	CLEANUP_CLOSE int bus = sysfs_open(SYSFS_BUS);
	struct sysfs_dir dir = { .fd = bus };
	char text[64];
	int r;

	if (bus == -ENOENT)
		return 0;
	if (bus < 0)
		return bus;
	r = sysfs_read_mask(&dir, "apmask", &host->apmask);
	if (r == 0)
		r = sysfs_read_mask(&dir, "aqmask", &host->aqmask);
	if (r < 0)
		return r == -ENOENT ? 0 : r;	/* the bus is on its way out */
	host->ap_bus = true;
	host->max_adapter = read_maximum(&dir, "ap_max_adapter_id");
	host->max_domain = read_maximum(&dir, "ap_max_domain_id");
	host->configured_known = read_configured(&dir, &host->configured);
	if (!host->configured_known)
		host->configured = (struct matrix){ 0 };
	/* a machine without QCI has "-" in the place of words */
	if (sysfs_read(&dir, "features", host->bus_features, sizeof(host->bus_features)) < 0 ||
	    strcmp(host->bus_features, "-") == 0)
		host->bus_features[0] = '\0';
	if (sysfs_read(&dir, "bindings", text, sizeof(text)) > 0)
		host->bindings_complete = strstr(text, "(complete)");
	(void)!sysfs_read_flag(&dir, "ap_interrupts", &host->interrupts);
	read_polling(&dir, host);
	host->has_override = any_queue_has_override(&dir);
	return dir.failure;
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	while (*words) {
		size_t n = strcspn(words, " ");

		if (n == length && strncmp(words, word, n) == 0)
			return true;
		words += n + strspn(words + n, " ");
	}
	return false;
}

/*
 * Returns true if depmod lists no module vfio_ap for this kernel.  Returns false without depmod's
 * list.  A driver that is built in has its parent device, so the caller does not ask then.
 */
static bool has_no_module(const char *release)
{
	CLEANUP(fclosep) FILE *file = NULL;
	CLEANUP_FREE char *line = NULL;
	char path[128];
	size_t size = 0;
	bool found = false;

	snprintf(path, sizeof(path), "/lib/modules/%s/modules.dep", release);
	file = fopen(path, "re");
	if (!file)
		return false;
	while (!found && getline(&line, &size, file) > 0) {
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, "/vfio_ap.ko") != NULL;
	}
	return !found && feof(file);
}

static int read_parent(struct observed_host *host)
{
	CLEANUP_CLOSE int parent = sysfs_open(SYSFS_PARENT);
	struct sysfs_dir dir = { .fd = parent };

	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return parent;
	host->passthrough = sysfs_has(&dir, "mdev_supported_types/" SYSFS_TYPE);
	if (sysfs_read(&dir, "features", host->passthrough_features,
		       sizeof(host->passthrough_features)) < 0)
		host->passthrough_features[0] = '\0';
	host->has_ap_config = has_word(host->passthrough_features, "ap_config");
	return dir.failure;
}

static int read_gisa(struct observed_host *host)
{
	CLEANUP_CLOSE int parameters = sysfs_open(SYSFS_KVM);
	struct sysfs_dir dir = { .fd = parameters };
	char text[4];

	if (parameters < 0)
		sysfs_note(&dir, -parameters);
	else if (sysfs_read(&dir, "use_gisa", text, sizeof(text)) >= 0)
		host->gisa = strcmp(text, "Y") == 0;
	return dir.failure;
}

static int read_boot(struct observed_host *host)
{
	struct boot_masks masks;
	int r = boot_read(&masks);

	if (r < 0)
		return r;
	host->has_boot_apmask = masks.has_apmask;
	host->has_boot_aqmask = masks.has_aqmask;
	host->boot_apmask = masks.apmask;
	host->boot_aqmask = masks.aqmask;
	return 0;
}

int host_read(struct observed_host *ret_host)
{
	struct observed_host host = {
		.max_adapter = -1,
		.max_domain = -1,
		.poll_thread = -1,
		.poll_timeout = JSON_INT_NULL,
		.facility65 = -1,
		.gisa = -1,
	};
	struct utsname name;
	int r;

	if (uname(&name) < 0)
		return -errno;
	snprintf(host.kernel, sizeof(host.kernel), "%s", name.release);
	r = read_bus(&host);
	if (r < 0)
		return r;
	r = read_parent(&host);
	if (r < 0)
		return r;
	host.no_module = !host.passthrough && has_no_module(host.kernel);
	r = read_boot(&host);
	if (r < 0)
		return r;
	r = read_gisa(&host);
	if (r < 0)
		return r;
	*ret_host = host;
	return 0;
}

/* How many of the ids 0 to max are not in the host's mask; an unknown maximum is the largest. */
static unsigned int free_ids(const struct mask *host_ids, int max, unsigned int *ret_all)
{
	unsigned int n = 0;

	*ret_all = max < 0 ? APQN_IDS : (unsigned int)max + 1;
	for (unsigned int id = 0; id < *ret_all; id++)
		n += !mask_test(host_ids, id);
	return n;
}

unsigned int host_largest_matrix(const struct observed_host *host)
{
	unsigned int adapters, domains;
	unsigned int free_adapters = free_ids(&host->apmask, host->max_adapter, &adapters);
	unsigned int free_domains = free_ids(&host->aqmask, host->max_domain, &domains);
	unsigned int by_adapter = free_adapters * domains, by_domain = adapters * free_domains;

	/*
	 * If one of a device's adapters has its apmask bit set, all its domains must have
	 * theirs clear: so either all its adapters are free, or all its domains.
	 */
	return by_adapter > by_domain ? by_adapter : by_domain;
}
