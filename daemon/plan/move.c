/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/plan/move.h"

bool move_is_same(const struct move *way)
{
	return way->device && matrix_equal(&way->from, &way->to);
}
