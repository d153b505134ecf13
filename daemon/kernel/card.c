/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/card.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "daemon/kernel/sysfs.h"

/* Bits of ap_functions (struct ap_tapq_hwinfo in arch/s390/include/asm/ap.h). */
#define FUNCTION_CCA 0x10000000u
#define FUNCTION_ACCELERATOR 0x08000000u
#define FUNCTION_EP11 0x04000000u

/* hwtype 10 is the CEX4, and each generation since has the next number (ap_bus.h). */
#define HARDWARE_TYPE_CEX4 10

/* In the order in which the kernel's own drivers decide (zcrypt_cex4_card_probe()). */
static enum card_mode mode_of(const char *functions)
{
	unsigned long bits = strtoul(functions, NULL, 16);

	if (bits & FUNCTION_ACCELERATOR)
		return CARD_ACCELERATOR;
	if (bits & FUNCTION_CCA)
		return CARD_CCA;
	if (bits & FUNCTION_EP11)
		return CARD_EP11;
	return CARD_UNKNOWN;
}

/* What zcrypt would print as the type, for a card that it does not have. */
static void compose_type(struct observed_card *card)
{
	static const char *const letter[] = {
		[CARD_UNKNOWN] = "", [CARD_ACCELERATOR] = "A", [CARD_CCA] = "C", [CARD_EP11] = "P",
	};
	uint8_t type = card->hardware_type;	/* as TAPQ tells it, in a byte */

	if (type >= HARDWARE_TYPE_CEX4)
		snprintf(card->type, sizeof(card->type), "CEX%d%s", type - HARDWARE_TYPE_CEX4 + 4,
			 letter[card->mode]);
	else
		snprintf(card->type, sizeof(card->type), "type %d", type);
}

/* Opens the card's directory; returns as sysfs_open(). */
static int card_open(unsigned int adapter)
{
	char path[sizeof(SYSFS_AP "/cardXX") + 8];

	snprintf(path, sizeof(path), SYSFS_AP "/card%02x", adapter);
	return sysfs_open(path);
}

int card_read(unsigned int adapter, struct observed_card *ret_card)
{
	struct observed_card card = {
		.adapter = adapter,
		.configured = true,	/* before 5.10 the kernel has no others */
		.online = -1,
		.max_message_size = JSON_INT_NULL,
		.requests = JSON_INT_NULL,
	};
	CLEANUP_CLOSE int fd = card_open(adapter);
	struct sysfs_dir dir = { .fd = fd };
	bool online;
	int r;

	if (fd < 0)
		return fd;
	r = sysfs_read_number(&dir, "hwtype", 0, 255, &card.hardware_type);
	if (r < 0)
		return r;
	r = sysfs_read(&dir, "ap_functions", card.functions, sizeof(card.functions));
	if (r < 0)
		return r;
	r = sysfs_read_number(&dir, "depth", 0, INT32_MAX, &card.depth);
	if (r < 0)
		return r;
	card.mode = mode_of(card.functions);
	/* the rest depends on the kernel's age and on the driver: what fails stays not told */
	(void)!sysfs_read_flag(&dir, "config", &card.configured);
	(void)!sysfs_read_flag(&dir, "chkstop", &card.checkstopped);
	(void)!sysfs_read_number(&dir, "max_msg_size", 0, INT64_MAX, &card.max_message_size);
	(void)!sysfs_read_number(&dir, "request_count", 0, INT64_MAX, &card.requests);
	if (sysfs_read_flag(&dir, "online", &online) == 0)
		card.online = online;
	if (sysfs_read(&dir, "type", card.type, sizeof(card.type)) <= 0)
		compose_type(&card);
	if (dir.failure < 0)
		return dir.failure;
	*ret_card = card;
	return 0;
}

int card_read_queues(unsigned int adapter, struct mask *ret_domains)
{
	CLEANUP_CLOSE int fd = card_open(adapter);
	CLEANUP(closedirp) DIR *stream = NULL;
	struct mask domains = { 0 };
	struct dirent *entry;
	int r;

	if (fd < 0)
		return fd;
	stream = fdopendir(fd);
	if (!stream)
		return -errno;
	fd = -1;	/* the stream's now */
	while ((r = io_next_entry(stream, &entry)) > 0) {
		struct apqn apqn;

		if (apqn_parse(entry->d_name, &apqn) == 0 && apqn.adapter == adapter)
			mask_set(&domains, apqn.domain);
	}
	if (r < 0)
		return r;
	*ret_domains = domains;
	return 0;
}
