/* The service manager's notification protocol: one datagram an event. */
#ifndef CMD_NOTIFY_H
#define CMD_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STATUS=...": sent to $NOTIFY_SOCKET; nothing happens without one. */
void notify(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Milliseconds between signs of life that the manager wants ($WATCHDOG_USEC); 0: none. */
uint64_t notify_watchdog_ms(void);

#endif
