/* What every unit test begins with: cmocka, and the order its headers want. */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka comes after them */
#include <cmocka.h>

#include "base/str.h"

/* The slice equals the C string; says both if not. */
#define assert_str(s, z)                                                                           \
	do {                                                                                       \
		struct str s_ = (s), z_ = str_c(z);                                                \
		if (!str_eq(s_, z_))                                                               \
			fail_msg("%s:%d: got \"%.*s\", expected \"%s\"", __FILE__, __LINE__,       \
				 STR_ARG(s_), (z));                                                \
	} while (0)

#endif
