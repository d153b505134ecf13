/* SPDX-License-Identifier: GPL-2.0-or-later */
/* More and less for a device: assign and unassign. */
#include <errno.h>
#include <stdio.h>

#include "cli/call.h"
#include "cli/change.h"
#include "cli/crossing.h"
#include "cli/device.h"
#include "cli/output.h"
#include "cli/reserved.h"
#include "cli/verbs.h"
#include "cli/usage.h"
#include "common/json.h"

/* Prints the matrix that the device has now, in the kernel and on the disk. */
static void print_result(const struct device *device)
{
	if (!device->is_active || !device->is_defined ||
	    matrix_equal(&device->active, &device->definition)) {
		fputs("now it has ", stdout);
		change_print_matrix(device_matrix(device));
		fputs(device->is_active ? device->is_defined ? "" : " (in the kernel only)" :
					  " (it is not started)", stdout);
	} else {
		fputs("the kernel has ", stdout);
		change_print_matrix(&device->active);
		fputs(", the definition ", stdout);
		change_print_matrix(&device->definition);
	}
	puts(".");
}

/*
 * Returns the option, with a blank in front, that gives an advised command the scope of this one;
 * "" for none.
 */
static const char *scope_option(const struct options *options)
{
	return option_given(options, OPTION_LIVE) ? " --live" :
	       option_given(options, OPTION_DEFINITION) ? " --definition" : "";
}

/* The matrices of a device that the command line is about: the definition, the kernel's, or both. */
static size_t find_matrices(const struct options *options, const struct device *device,
			    const struct matrix *ret_matrices[static 2])
{
	size_t count = 0;

	if (device->is_defined && !option_given(options, OPTION_LIVE))
		ret_matrices[count++] = &device->definition;
	if (device->is_active && !option_given(options, OPTION_DEFINITION) &&
	    !device_is_unreadable(device))
		ret_matrices[count++] = &device->active;
	return count;
}

/* Single queues cannot be given without those that come with them. */
static int refuse_gain(const struct options *options, const struct device *device,
		       const struct matrix *more, const struct queue_set *gain)
{
	CLEANUP_FREE char *names = crossing_names(gain), *list = crossing_options(more);

	if (!names || !list)
		return call_broken(-ENOMEM);
	return options_mistake(options->verb,
			       "A device has every queue where its adapters and domains cross, so "
			       "'%s' would also get %s. Run 'apqctl assign %s %s%s' if that is meant.",
			       device_label(device), names, device_label(device), list,
			       scope_option(options));
}

/*
 * Adds to *matrix the adapters and domains that give the device the queues of --queues.  Returns
 * EXIT_STATUS_DONE, or another exit status after a message.
 */
static int read_assigned(const struct options *options, const struct device *device,
			 struct matrix *matrix)
{
	struct matrix around = crossing_around(&options->queues);
	const struct matrix *has[2];
	size_t count = find_matrices(options, device, has);

	for (size_t i = 0; i < count; i++) {
		struct queue_set gain = crossing_gain(has[i], &around, &options->queues);

		if (!queue_set_is_empty(&gain))
			return refuse_gain(options, device, &around, &gain);
	}
	*matrix = matrix_or(matrix, &around);
	return EXIT_STATUS_DONE;
}

/* Single queues cannot be taken where no whole adapter or domain has just them. */
static int refuse_loss(const struct options *options, const struct device *device,
		       const struct matrix *has)
{
	struct matrix around = crossing_around(&options->queues);
	struct matrix rows = { .adapters = mask_and(&around.adapters, &has->adapters) };
	struct matrix columns = { .domains = mask_and(&around.domains, &has->domains) };
	struct queue_set of_rows = crossing_loss(has, &rows), of_columns = crossing_loss(has, &columns);
	CLEANUP_FREE char *rows_list = crossing_options(&rows);
	CLEANUP_FREE char *columns_list = crossing_options(&columns);
	CLEANUP_FREE char *rows_names = crossing_names(&of_rows);
	CLEANUP_FREE char *columns_names = crossing_names(&of_columns);
	const char *label = device_label(device), *scope = scope_option(options);

	if (!rows_list || !columns_list || !rows_names || !columns_names)
		return call_broken(-ENOMEM);
	return options_mistake(options->verb,
			       "A device has every queue where its adapters and domains cross, so "
			       "'%s' cannot lose just these. Run 'apqctl unassign %s %s%s', by which "
			       "it loses %s, or 'apqctl unassign %s %s%s', by which it loses %s.",
			       label, label, rows_list, scope, rows_names, label, columns_list, scope,
			       columns_names);
}

/*
 * Finds the adapters and domains to unassign, so that exactly the queues of --queues go.  Returns
 * EXIT_STATUS_DONE, or another exit status after a message.
 */
static int read_unassigned(const struct options *options, const struct device *device,
			   struct matrix *matrix)
{
	struct matrix gone[2] = { 0 };
	const struct matrix *has[2];
	size_t count = find_matrices(options, device, has);

	for (size_t i = 0; i < count; i++)
		if (!crossing_take(has[i], &options->queues, &gone[i]))
			return refuse_loss(options, device, has[i]);
	if (count == 2 && !matrix_equal(&gone[0], &gone[1]))
		return options_mistake(options->verb,
				       "The kernel and the definition of '%s' have these queues by "
				       "different adapters or domains: give --live or --definition.",
				       device_label(device));
	*matrix = matrix_or(matrix, &gone[0]);
	return EXIT_STATUS_DONE;
}

/* Both whole, of a device that does not lose everything by that: some would expect less. */
static int refuse_both(const struct options *options, const struct device *device,
		       const struct matrix *has, const struct matrix *gone)
{
	struct matrix all = { gone->adapters, gone->domains, options->matrix.control_domains };
	struct queue_set loss = crossing_loss(has, gone), crossing = crossing_queues(gone);
	CLEANUP_FREE char *lost = crossing_names(&loss), *crossed = crossing_names(&crossing);
	CLEANUP_FREE char *list = crossing_options(&all), *exact = NULL;
	const char *label = device_label(device), *scope = scope_option(options);
	struct matrix alone;

	if (crossing_take(has, &crossing, &alone) && !matrix_is_empty(&alone)) {
		alone.control_domains = all.control_domains;
		exact = crossing_options(&alone);
	}
	if (!lost || !crossed || !list)
		return call_broken(-ENOMEM);
	if (queue_set_is_empty(&crossing))
		return options_mistake(options->verb,
				       "Adapters and domains go whole: '%s' would lose %s, and it has "
				       "no queue where they cross. Run 'apqctl unassign %s %s%s "
				       "--whole' if that is meant.", label, lost, label, list, scope);
	if (exact)
		return options_mistake(options->verb,
				       "Adapters and domains go whole: '%s' would lose %s, not only %s "
				       "where they cross. Run 'apqctl unassign %s %s' for these, or "
				       "'apqctl unassign %s %s --whole' for all.",
				       label, lost, crossed, label, exact, label, list);
	return options_mistake(options->verb,
			       "Adapters and domains go whole: '%s' would lose %s, not only %s where "
			       "they cross, which cannot go alone. Run 'apqctl unassign %s %s%s "
			       "--whole' if that is meant.", label, lost, crossed, label, list, scope);
}

/*
 * With --adapters and --domains together, other verbs mean the queues where they cross.  Unassign
 * removes more than these queues, unless everything goes, so the user must choose by an option.
 */
static int check_both(const struct options *options, const struct device *device)
{
	const struct matrix *has[2];
	size_t count = find_matrices(options, device, has);

	for (size_t i = 0; i < count; i++) {
		struct matrix gone = {
			.adapters = mask_and(&has[i]->adapters, &options->matrix.adapters),
			.domains = mask_and(&has[i]->domains, &options->matrix.domains),
		};
		bool is_all = mask_equal(&gone.adapters, &has[i]->adapters) &&
			      mask_equal(&gone.domains, &has[i]->domains);

		if (!is_all && !matrix_is_empty(&gone))
			return refuse_both(options, device, has[i], &gone);
	}
	return EXIT_STATUS_DONE;
}

/*
 * Finds the matrix to assign or unassign.  If it depends on the present matrix of the device, asks
 * apqd for that matrix.
 */
static int read_matrix(struct run *run, bool is_assign, struct matrix *ret_matrix)
{
	const struct options *options = run->options;
	bool has_queues = option_given(options, OPTION_QUEUES);
	bool has_both = !is_assign && !mask_is_empty(&options->matrix.adapters) &&
			!mask_is_empty(&options->matrix.domains);
	CLEANUP_REPLY struct reply reply = { 0 };
	struct matrix matrix = options->matrix;
	struct device device;
	int r;

	if (matrix_is_empty(&matrix) && !has_queues)
		return options_mistake(options->verb,
				       "'apqctl %s' needs to know what: give --adapters, --domains, "
				       "--control-domains or --queues with a list.",
				       options->verb->name);
	if (has_queues || (has_both && !option_given(options, OPTION_WHOLE))) {
		r = change_find_device(run, options->arguments[0], &reply, &device);
		if (r == EXIT_STATUS_DONE && has_queues)
			r = is_assign ? read_assigned(options, &device, &matrix) :
					read_unassigned(options, &device, &matrix);
		else if (r == EXIT_STATUS_DONE)
			r = check_both(options, &device);
		if (r != EXIT_STATUS_DONE)
			return r;
	}
	*ret_matrix = matrix;
	return EXIT_STATUS_DONE;
}

static int call_method(struct run *run, const char *method, const struct matrix *matrix,
		       struct reply *ret_reply)
{
	const struct options *options = run->options;
	CLEANUP_JSON struct json_object *parameters = call_device_parameters(options->arguments[0]);
	int r = json_add(parameters, "matrix", json_from_matrix(matrix));

	if (r == 0 && option_given(options, OPTION_LIVE))
		r = json_add_string(parameters, "scope", "live");
	if (r == 0 && option_given(options, OPTION_DEFINITION))
		r = json_add_string(parameters, "scope", "definition");
	if (r < 0 || change_add_flag(parameters, "force", options, OPTION_FORCE) < 0 ||
	    change_add_flag(parameters, "reserve", options, OPTION_RESERVE) < 0 ||
	    change_add_flag(parameters, "dryRun", options, OPTION_DRY_RUN) < 0)
		return call_broken(-ENOMEM);
	return call(run, method, TAKE_PTR(parameters), CLIENT_NO_TIMEOUT, ret_reply);
}

/* Assign and Unassign differ in their method and in words only. */
static int change_matrix(struct run *run, const char *method, const char *done, const char *same)
{
	bool is_assign = run->options->verb->id == VERB_ASSIGN;
	CLEANUP_REPLY struct reply reply = { 0 };
	struct matrix matrix;
	struct device device;
	int r = read_matrix(run, is_assign, &matrix);

	if (r == EXIT_STATUS_DONE)
		r = call_method(run, method, &matrix, &reply);
	if (r != EXIT_STATUS_DONE)
		return r;
	r = change_read_device(&reply, &device);
	if (r < 0)
		return call_failed(run, r);
	if (change_report(run, &reply, device_label(&device), same)) {
		change_print_label(device_label(&device));
		printf(" %s ", done);
		change_print_matrix(&matrix);
		fputs("; ", stdout);
		print_result(&device);
		change_print_shortage(&device);
	}
	reserved_print_taken(run, &reply);
	return EXIT_STATUS_DONE;
}

int verb_assign(struct run *run)
{
	return change_matrix(run, "Assign", "was given", "has all of that");
}

int verb_unassign(struct run *run)
{
	return change_matrix(run, "Unassign", "has lost", "has none of that");
}
