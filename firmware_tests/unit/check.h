/* cmocka, which wants these before it. */
#ifndef MENDLITE_CHECK_H
#define MENDLITE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* The others first. */
#include <cmocka.h>

#define RUN(tests) cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)

#endif
